import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import * as path from "node:path";

import type { EnvironmentOptions } from "../../stacks/automation.ts";
import { parseConfiguration } from "../../stacks/config/parse.ts";
import type { Settings } from "../../stacks/config/settings.ts";
import { configurationOfFile } from "../../stacks/config/sources.ts";
import { secretOnce } from "../control-plane/credentials.ts";
import { robotSecrets } from "../embedded.ts";
import { apiServerUrl, layout, localEnvironment, type LocalEnvironment } from "../environment/environment.ts";
import { repositoryRoot, toolPath } from "../toolchain/tools.ts";

/** One run of a command for one environment. */
export interface Session {
  readonly environment: LocalEnvironment;
  readonly settings: Settings;
  /** Whether the cluster is the embedded one: the settings want it, and no other kubeconfig is given. */
  readonly isEmbedded: boolean;
}

/** Version of the kubernetes provider that the npm package stands for. */
function kubernetesVersion(): string {
  const file = path.join(repositoryRoot, "node_modules", "@pulumi", "kubernetes", "package.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

/**
 * Where the official kubernetes provider is installed: on PATH, or among Pulumi's plugins. Undefined when it is not.
 */
export function officialKubernetesProvider(): string | undefined {
  const executable = "pulumi-resource-kubernetes";
  const onPath = (process.env["PATH"] ?? "")
    .split(path.delimiter)
    .find((directory) => directory !== "" && existsSync(path.join(directory, executable)));
  if (onPath !== undefined) {
    return path.join(onPath, executable);
  }
  const plugins = path.join(process.env["PULUMI_HOME"] ?? path.join(homedir(), ".pulumi"), "plugins");
  const folder = `resource-kubernetes-v${kubernetesVersion()}`;
  return existsSync(plugins) && readdirSync(plugins).includes(folder)
    ? path.join(plugins, folder, executable)
    : undefined;
}

/** Folder of the launcher of our own kubernetes provider. */
export const ownProviderDirectory = path.join(repositoryRoot, "local", "kubernetes-provider");

/**
 * Reads an environment's configuration and finds out which cluster is meant.
 *
 * @throws ConfigurationError with every problem of the configuration
 */
export function openSession(name: string): Session {
  const file = path.join(repositoryRoot, "stacks", `Pulumi.${name}.yaml`);
  if (!existsSync(file)) {
    const known = readdirSync(path.join(repositoryRoot, "stacks"))
      .map((entry) => /^Pulumi\.([\w-]+)\.yaml$/.exec(entry)?.[1])
      .filter((entry) => entry !== undefined);
    throw new Error(`ENV: got "${name}"; expected one of ${known.join(", ")}, which have a file in stacks/`);
  }
  // Secrets are looked at later, when those that are made here have been made.
  const raw = configurationOfFile(file, name);
  const { settings } = parseConfiguration(raw, `stacks/Pulumi.${name}.yaml`, { requireSecrets: false });
  const given = process.env["KUBECONFIG"];
  return {
    environment: localEnvironment({ name }),
    settings,
    isEmbedded: settings.cluster.kind === "embedded" && (given === undefined || given === ""),
  };
}

const isLoopback = (url: string | undefined): boolean =>
  url !== undefined && new URL(url).hostname === "127.0.0.1";

/** What is other than in the file of an environment whose cluster is the embedded one. */
export function configurationOverrides(session: Session): Record<string, string | boolean> {
  // Another cluster has machines of its own and no kwok, which would keep simulated ones alive.
  return session.isEmbedded ? machineValues(session) : { "cluster.simulateNodes": false };
}

/** Values that only this machine knows: the ports of the embedded environment. */
function machineValues({ environment, settings }: Session): Record<string, string> {
  const at = (port: number): string => `http://127.0.0.1:${String(port)}`;
  const values: Record<string, string> = {
    "monitoring.prometheus.apiServer.host": apiServerUrl(environment),
    // Links in alerts and messages that work in the browser of this machine.
    "monitoring.prometheus.externalUrl": at(environment.ports.prometheus),
    "monitoring.alertmanager.externalUrl": at(environment.ports.alertmanager),
    ...(settings.objectStore.kind === "filesystem"
      ? { "objectStore.directory": path.join(environment.directory, "blocks") }
      : {}),
  };
  settings.receivers.forEach((receiver, index) => {
    if (receiver.kind === "dingtalk" && isLoopback(receiver.endpoint)) {
      values[`receivers[${String(index)}].endpoint`] = `${at(environment.ports.fakeRobot)}/robot/send`;
    }
  });
  return values;
}

/** The secrets that the fake robot was started with, under the names that the settings give them. */
function robotSecretValues({ environment, settings }: Session): Record<string, string> {
  const files = robotSecrets(environment);
  const values: Record<string, string> = {};
  for (const receiver of settings.receivers) {
    if (receiver.kind === "dingtalk" && isLoopback(receiver.endpoint)) {
      values[receiver.accessTokenFromSecret] = secretOnce(files.token);
      if (receiver.signingSecretFromSecret !== undefined) {
        values[receiver.signingSecretFromSecret] = secretOnce(files.signing);
      }
    }
  }
  return values;
}

/**
 * How the stack program is run for a session. An environment whose cluster is the embedded one keeps state and secrets
 * here, also when KUBECONFIG points it at another cluster; the others use the backend that the user is logged in to.
 */
export function engineOptions(
  session: Session,
  callbacks: Pick<EnvironmentOptions, "onMessage" | "onProgress" | "signal">,
): EnvironmentOptions {
  const files = layout(session.environment);
  const common: EnvironmentOptions = {
    environment: session.environment.name,
    workDirectory: path.join(files.pulumi, "work", session.environment.name),
    cliPath: toolPath("pulumi"),
    root: repositoryRoot,
    ...callbacks,
  };
  if (session.settings.cluster.kind !== "embedded") {
    return common;
  }
  const passphraseFile = path.join(files.secrets, "pulumi-passphrase");
  secretOnce(passphraseFile);
  const official = officialKubernetesProvider();
  return {
    ...common,
    backendUrl: `file://${path.join(files.pulumi, "state")}`,
    pulumiHome: process.env["PULUMI_HOME"] ?? path.join(files.pulumi, "home"),
    passphraseFile,
    extraPath: [official === undefined ? ownProviderDirectory : path.dirname(official)],
    secrets: robotSecretValues(session),
    variables: {
      // The engine writes the whole state, with the schemas of ten CRDs, before and after every object: two thirds of its
      // time. Here it writes it once at the end; after an interruption the next update takes over the objects that exist.
      PULUMI_SKIP_CHECKPOINTS: "true",
      PULUMI_EXPERIMENTAL: "true",
      GOGC: "400",
    },
    ...(session.isEmbedded ? { kubeconfig: files.kubeconfig } : {}),
    configOverrides: configurationOverrides(session),
  };
}
