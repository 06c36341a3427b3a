import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { at, compareText, listOf, textOf, type JsonObject } from "../model/json.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { readConfiguration, type EngineConfiguration } from "./configuration.ts";
import { Masking } from "./masking.ts";
import { Monitor, type Sdk } from "./monitor.ts";
import { withLightSdk } from "./light-sdk.ts";

const PROJECT = "vllm-monitoring";

/** The one thing that this package needs of a commit's program. */
interface ProgramModule {
  environmentProgram: (options: { root: string; kubeconfig?: string }) => () => Promise<unknown>;
}

export interface RunOptions {
  /** Working tree of the program: this one, or another commit's. */
  root: string;
  environment: string;
  /** Key of the digests of secrets that are not in the configuration; see {@link Masking}. */
  maskKey?: string | undefined;
}

/**
 * Runs the program of one environment without engine, credentials, cluster or plugins.
 *
 * The SDK keeps its state for the whole process: runs go one after another.
 *
 * @throws what the program throws, such as a ConfigurationError with every problem of the configuration
 */
export async function runEnvironment(options: RunOptions): Promise<Snapshot> {
  return runConfiguration({
    ...options,
    configuration: readConfiguration(options.root, options.environment),
  });
}

/** The same with another configuration than that of the environment's file. */
export async function runConfiguration(
  options: RunOptions & { configuration: EngineConfiguration },
): Promise<Snapshot> {
  const { root, environment, maskKey, configuration } = options;
  return withKubeconfig(configuration.settings, async (kubeconfig) => {
    const { environmentProgram } = await programOf(root);
    const sdk = await sdkOf(root);
    const program = environmentProgram({ root, kubeconfig });
    return withLightSdk(sdkFileOf(root), () =>
      runProgram(program, { sdk, environment, configuration, maskKey }),
    );
  });
}

async function programOf(root: string): Promise<ProgramModule> {
  return (await import(pathToFileURL(join(root, "stacks", "program.ts")).href)) as ProgramModule;
}

/** Entry of the copy of the SDK that files of the working tree import. */
function sdkFileOf(root: string): string {
  return createRequire(join(root, "package.json")).resolve("@pulumi/pulumi");
}

/** The copy of the SDK that files of the working tree import. */
export async function sdkOf(root: string): Promise<Sdk> {
  const module = (await import(pathToFileURL(sdkFileOf(root)).href)) as { default: Sdk };
  return module.default;
}

export interface ProgramOptions {
  sdk: Sdk;
  environment: string;
  configuration: EngineConfiguration;
  maskKey?: string | undefined;
}

/** Runs a program and collects what it registers, in the order of URNs. */
export async function runProgram(
  program: () => Promise<unknown>,
  { sdk, environment, configuration, maskKey }: ProgramOptions,
): Promise<Snapshot> {
  const { placeholders, values, secretKeys, settings } = configuration;
  const masking = new Masking({ placeholders, key: maskKey });
  const monitor = new Monitor(sdk, masking, PROJECT, environment);
  const failures: unknown[] = [];
  const warnings: string[] = [];
  // The SDK reports a failed registration as an unhandled rejection.
  const listeners = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", (reason) => failures.push(reason));
  const warn = console.warn;
  console.warn = (line: unknown) => {
    warnings.push(String(line).replace(/^warning: (\[runtime\] )?/, ""));
  };
  try {
    sdk.runtime.setAllConfig(values, secretKeys);
    await monitor.install();
    await program().catch((error: unknown) => failures.unshift(error));
    await drain(sdk, monitor);
    if (failures.length > 0) throw failures[0];
    monitor.assertUniqueUrns();
  } finally {
    console.warn = warn;
    process.removeAllListeners("unhandledRejection");
    for (const listener of listeners) process.on("unhandledRejection", listener);
    sdk.runtime.setAllConfig({}, []);
  }
  return {
    environment,
    resources: monitor.resources.toSorted((a, b) => compareText(a.urn, b.urn)),
    secrets: Object.fromEntries(placeholders.map(({ key, fingerprint }) => [key, { fingerprint }])),
    nodeGroups: listOf(at(settings, "nodeGroups")) as JsonObject[],
    warnings,
    leaks: masking.leaks,
    ...(configuration.stackFile === undefined ? {} : { stackFile: configuration.stackFile }),
  };
}

/** Waits until the SDK has no call under way and a turn of the event loop brings no new one. */
async function drain(sdk: Sdk, monitor: Monitor): Promise<void> {
  let seen = -1;
  while (seen !== monitor.activity) {
    seen = monitor.activity;
    await sdk.runtime.disconnect();
    // Rejections are reported after the microtasks of a turn; a second turn lets work they started begin.
    await nextTurn();
    await nextTurn();
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A kubeconfig with nothing in it but the context that the settings name: no cluster is asked anything. */
async function withKubeconfig<T>(settings: JsonObject, use: (file: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "vllm-monitoring-render-"));
  const file = join(directory, "kubeconfig");
  const context = textOf(at(settings, "cluster", "context")) || "render";
  writeFileSync(
    file,
    JSON.stringify({
      "current-context": context,
      contexts: [{ name: context, context: { cluster: context, user: context } }],
      clusters: [{ name: context, cluster: { server: "https://cluster.invalid" } }],
      users: [{ name: context, user: {} }],
    }),
  );
  try {
    return await use(file);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
