import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import * as k8s from "@pulumi/kubernetes";
import { LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import { parse } from "yaml";
import { readFileSync } from "node:fs";

import { layout } from "../local/environment/environment.ts";
import { engineOptions, openSession, ownProviderDirectory } from "../local/cli/session.ts";
import { repositoryRoot } from "../local/toolchain/tools.ts";
import * as automation from "../stacks/automation.ts";
import { alternate, median } from "./measure.ts";
import type { Measurement } from "./report.ts";

const models = 50;
const rounds = 3;

/** The local environment's first model, as often as wanted. */
function fleet(count: number): object[] {
  const file = path.join(repositoryRoot, "stacks", "Pulumi.local.yaml");
  const { config } = parse(readFileSync(file, "utf8")) as { config: Record<string, { models: object[] }> };
  const [first] = config["vllm-monitoring:fleet"]?.models ?? [];
  return Array.from({ length: count }, (_, index) => ({
    ...first,
    name: `model-${String(index)}`,
    servedModelName: `bench/model-${String(index)}`,
    replicas: 1,
  }));
}

/**
 * What a preview of a fleet costs, against a bare program that registers as many ConfigMaps with the same provider. Both
 * start from an empty state and ask the same API server.
 */
export async function previewOfFleet(): Promise<Measurement[]> {
  const session = openSession("local");
  const directory = mkdtempSync(path.join(tmpdir(), "bench-preview-"));
  const options = engineOptions(session, {});
  const fleetOptions: automation.EnvironmentOptions = {
    ...options,
    workDirectory: path.join(directory, "fleet"),
    backendUrl: `file://${path.join(directory, "state")}`,
    configOverrides: {
      ...options.configOverrides,
      "fleet.models": fleet(models),
      "nodeGroups[0].maxSize": models,
    },
  };
  try {
    const { created } = await automation.preview(fleetOptions);
    const bare = await bareStack(directory, created - 1, layout(session.environment).kubeconfig);
    const result = await alternate(
      {
        fleet: () => automation.preview(fleetOptions),
        bare: () => bare.preview({ suppressOutputs: true }),
      },
      rounds,
    );
    const [ours, theirs] = [result["fleet"], result["bare"]].map((series) =>
      median(series?.milliseconds ?? []),
    );
    return [
      {
        what: `preview of ${String(models)} models (${String(created)} resources) / of a bare program with as many ConfigMaps`,
        value: (ours ?? NaN) / (theirs ?? NaN),
        unit: "×",
        limit: 1.5,
        details: `${((ours ?? 0) / 1000).toFixed(1)} s / ${((theirs ?? 0) / 1000).toFixed(1)} s, median of ${String(rounds)}`,
      },
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A program of nothing but ConfigMaps, about as large as a small manifest. */
async function bareStack(directory: string, count: number, kubeconfig: string) {
  const program = (): Promise<void> => {
    const provider = new k8s.Provider("kubernetes", {
      kubeconfig: readFileSync(kubeconfig, "utf8"),
      enableConfigMapMutable: true,
    });
    for (let index = 0; index < count; index++) {
      const name = `map-${String(index)}`;
      new k8s.core.v1.ConfigMap(
        name,
        { metadata: { name, namespace: "default" }, data: { a: "1" } },
        { provider },
      );
    }
    return Promise.resolve();
  };
  const options = engineOptions(openSession("local"), {});
  return await LocalWorkspace.createOrSelectStack(
    { stackName: "bare", projectName: "bare", program },
    {
      pulumiCommand: await PulumiCommand.get({ root: path.join(options.workDirectory, "cli") }),
      projectSettings: {
        name: "bare",
        runtime: "nodejs",
        backend: { url: `file://${path.join(directory)}` },
      },
      envVars: {
        PULUMI_CONFIG_PASSPHRASE: "bench",
        PULUMI_SKIP_UPDATE_CHECK: "true",
        PATH: [ownProviderDirectory, process.env["PATH"] ?? ""].join(path.delimiter),
        ...options.variables,
      },
    },
  );
}
