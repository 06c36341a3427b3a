import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import * as k8s from "@pulumi/kubernetes";
import { LocalWorkspace, PulumiCommand, type Stack } from "@pulumi/pulumi/automation/index.js";

import { VllmDeployment } from "../components/vllm-deployment.ts";
import { engineOptions, openSession, ownProviderDirectory, type Session } from "../local/cli/session.ts";
import { layout } from "../local/environment/environment.ts";
import type { Settings } from "../stacks/config/settings.ts";
import * as automation from "../stacks/automation.ts";
import { vllmDeploymentArgs } from "../stacks/mapping/model.ts";
import { stopEmbedded } from "../local/embedded.ts";
import { prepare } from "../local/cli/up.ts";
import { alternate, median } from "./measure.ts";
import type { Measurement } from "./report.ts";

const models = 50;
const rounds = 3;

/** The local environment with its first model as often as wanted. */
function withFleet(settings: Settings, count: number): Settings {
  const [first] = settings.fleet.models;
  if (first === undefined) {
    throw new Error("the local environment has no model");
  }
  const fleet = Array.from({ length: count }, (_, index) => ({
    ...first,
    name: `model-${String(index)}`,
    servedModelName: `bench/model-${String(index)}`,
  }));
  return { ...settings, fleet: { ...settings.fleet, models: fleet } };
}

/** An inline program with a state of its own, run by the CLI and the provider of the embedded environment. */
async function inlineStack(
  session: Session,
  directory: string,
  name: string,
  register: (provider: k8s.Provider) => void,
): Promise<Stack> {
  const kubeconfig = readFileSync(layout(session.environment).kubeconfig, "utf8");
  const options = engineOptions(session, {});
  return await LocalWorkspace.createOrSelectStack(
    {
      stackName: name,
      projectName: name,
      program: () => {
        register(new k8s.Provider("kubernetes", { kubeconfig, enableConfigMapMutable: true }));
        return Promise.resolve();
      },
    },
    {
      pulumiCommand: await PulumiCommand.get({ root: path.join(options.workDirectory, "cli") }),
      projectSettings: { name, runtime: "nodejs", backend: { url: `file://${directory}` } },
      envVars: {
        ...options.variables,
        PULUMI_CONFIG_PASSPHRASE: "bench",
        PULUMI_SKIP_UPDATE_CHECK: "true",
        ...(options.pulumiHome === undefined ? {} : { PULUMI_HOME: options.pulumiHome }),
        PATH: [ownProviderDirectory, process.env["PATH"] ?? ""].join(path.delimiter),
      },
    },
  );
}

/** {@link previewOfFleet} on an environment that is started for it and stopped afterwards. */
export async function previewOnPlatform(progress: (line: string) => void): Promise<Measurement[]> {
  const session = openSession("local");
  await prepare(session, progress);
  try {
    return await previewOfFleet(session);
  } finally {
    await stopEmbedded(session.environment, progress);
  }
}

/**
 * What a preview of a fleet costs against a bare program that registers as many ConfigMaps with the same provider. Both start
 * from an empty state and ask the same API server. The whole environment, with the backbone and its CRDs, is told beside it.
 */
async function previewOfFleet(session: Session): Promise<Measurement[]> {
  const directory = mkdtempSync(path.join(tmpdir(), "bench-preview-"));
  const options = engineOptions(session, {});
  const settings = withFleet(session.settings, models);
  const environment: automation.EnvironmentOptions = {
    ...options,
    workDirectory: path.join(directory, "work"),
    backendUrl: `file://${path.join(directory, "state")}`,
    configOverrides: {
      ...options.configOverrides,
      "fleet.models": settings.fleet.models,
      "nodeGroups[0].maxSize": models,
    },
  };
  try {
    await automation.preview(options);
    const fleet = await inlineStack(session, directory, "fleet", (provider) => {
      for (const model of settings.fleet.models) {
        new VllmDeployment(model.name, vllmDeploymentArgs(model, settings), { provider });
      }
    });
    const { changeSummary } = await fleet.preview({ suppressOutputs: true });
    // The stack itself, the provider and the components are resources for the engine too.
    const resources = (changeSummary.create ?? 0) - 2;
    const bare = await inlineStack(session, directory, "bare", (provider) => {
      for (let index = 0; index < resources; index++) {
        const name = `map-${String(index)}`;
        new k8s.core.v1.ConfigMap(
          name,
          { metadata: { name, namespace: "default" }, data: { a: "1" } },
          { provider },
        );
      }
    });
    const result = await alternate(
      {
        fleet: () => fleet.preview({ suppressOutputs: true }),
        bare: () => bare.preview({ suppressOutputs: true }),
        environment: () => automation.preview(environment),
      },
      rounds,
    );
    const seconds = (name: string): number => median(result[name]?.milliseconds ?? []) / 1000;
    const ratio = (name: string, what: string, limit?: number): Measurement => ({
      what,
      value: seconds(name) / seconds("bare"),
      unit: "×",
      ...(limit === undefined ? {} : { limit }),
      details: `${seconds(name).toFixed(1)} s / ${seconds("bare").toFixed(1)} s, median of ${String(rounds)}`,
    });
    const many = `${String(models)} models (${String(resources)} resources)`;
    return [
      ratio("fleet", `preview of ${many} / of a bare program with as many ConfigMaps`, 1.5),
      ratio(
        "environment",
        "the same with the whole backbone and its CRDs (583 KB of schemas) / the bare program",
      ),
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
