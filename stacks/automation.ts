/**
 * The stack program through Pulumi's Automation API: `make up ENV=…` without a language host plugin, a login or a
 * change in the git tree. The plain CLI runs the same program through `main.ts`.
 */
import {
  ConcurrentUpdateError,
  LocalWorkspace,
  type EngineEvent,
  type OutputMap,
  type PulumiFn,
  type Stack,
} from "@pulumi/pulumi/automation/index.js";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { pulumiCommandAt } from "./automation/command.ts";
import { errorLinesOf, UpdateError } from "./automation/errors.ts";
import { EventFollower, type ChangeCounts, type OnProgress } from "./automation/events.ts";
import { makeHome } from "./automation/home.ts";
import { fileBackendDirectory, stackLocks, type StackLock } from "./automation/locks.ts";
import { prepareWorkDirectory, type ConfigurationOverrides } from "./automation/work-directory.ts";
import { configurationOfFile } from "./config/sources.ts";
import { checkConfiguration } from "./configuration.ts";
import { environmentProgram } from "./program.ts";

export { UpdateError } from "./automation/errors.ts";
export type { ChangeCounts, OnProgress, UpdateProgress } from "./automation/events.ts";
export type { ConfigurationOverrides } from "./automation/work-directory.ts";
export { ConfigurationError } from "./config/parse.ts";

/** Name of the Pulumi project. */
export const PROJECT = "vllm-monitoring";

export interface EnvironmentOptions {
  /** Name of the environment and of its stack. */
  environment: string;
  /** Directory for the working copy of the configuration; made when missing. Holds no secret in clear. */
  workDirectory: string;
  /** The pulumi executable. */
  cliPath: string;
  /** Where the state is. Default: what `pulumi login` or PULUMI_BACKEND_URL say. A `file://` directory is made when missing. */
  backendUrl?: string;
  /** PULUMI_HOME: credentials, plugins. Made when missing, then without the CLI's debug logs. Default: the user's own. */
  pulumiHome?: string;
  /** File that holds the passphrase of the state's secrets. Default: PULUMI_CONFIG_PASSPHRASE or _FILE. */
  passphraseFile?: string;
  /** Directories put before PATH: where `pulumi-resource-kubernetes` is. With any, the CLI downloads no plugins. */
  extraPath?: readonly string[];
  /** Values that replace those of the file, by path: `receivers[0].endpoint`. */
  configOverrides?: ConfigurationOverrides;
  /** Secrets by configuration key, besides those that the file holds encrypted. They are never written to a file. */
  secrets?: Readonly<Record<string, string>>;
  /** Kubeconfig file, whatever the configuration says. */
  kubeconfig?: string;
  /** Root of the project. Default: this one. */
  root?: string;
  /** More environment variables for the CLI. */
  variables?: Readonly<Record<string, string>>;
  /** Called for each step that is no mere check. */
  onProgress?: OnProgress;
  /**
   * Called with every event of the engine but debug messages: in these the SDK writes whole answers of the engine, secrets
   * in clear. In all others the engine has masked them.
   */
  onEvent?: (event: EngineEvent) => void;
  /** Called with lines worth showing: a lock that was removed, a warning. */
  onMessage?: (line: string) => void;
  /** Operations at the same time. Default: the CLI's own. */
  parallel?: number;
  /** Interrupts the operation. */
  signal?: AbortSignal;
}

/** What an operation did, or with preview would do. */
export interface OperationResult extends ChangeCounts {
  durationMs: number;
  /** The stack's outputs by name; empty for preview, refresh and destroy. */
  outputs: Readonly<Record<string, unknown>>;
  warnings: readonly string[];
}

/** Shows what an update would change. @throws ConfigurationError, UpdateError */
export function preview(options: EnvironmentOptions): Promise<OperationResult> {
  return operate(options, "preview", (stack, common) => stack.preview(common));
}

/** Brings the environment up to its configuration. @throws ConfigurationError, UpdateError */
export function up(options: EnvironmentOptions): Promise<OperationResult> {
  return operate(options, "update", (stack, common) => stack.up(common), { healPending: true });
}

/** Reads the cluster's objects into the state. @throws ConfigurationError, UpdateError */
export function refresh(options: EnvironmentOptions): Promise<OperationResult> {
  // The program runs too, so that the provider has today's credentials and not those of the last update.
  return operate(options, "refresh", (stack, common) =>
    stack.refresh({ ...common, runProgram: true, clearPendingCreates: true }),
  );
}

/** Deletes every object of the environment; the stack stays, empty. @throws ConfigurationError, UpdateError */
export function destroy(options: EnvironmentOptions): Promise<OperationResult> {
  return operate(options, "destroy", (stack, common) => stack.destroy({ ...common, runProgram: true }), {
    healPending: true,
  });
}

/** Stops a running update of the stack and removes its lock. */
export async function cancel(options: EnvironmentOptions): Promise<void> {
  const { stack } = await openStack(options, () => Promise.resolve());
  await stack.cancel();
}

/** Outputs of the last update; empty when there was none. */
export async function outputs(options: EnvironmentOptions): Promise<Readonly<Record<string, unknown>>> {
  const { stack } = await openStack(options, () => Promise.resolve());
  return plainOutputs(await stack.outputs());
}

interface CommonOptions {
  onEvent: EventFollower["take"];
  color: "never";
  suppressOutputs: true;
  parallel?: number;
  signal?: AbortSignal;
}

async function operate(
  options: EnvironmentOptions,
  what: string,
  run: (stack: Stack, common: CommonOptions) => Promise<unknown>,
  { healPending = false } = {},
): Promise<OperationResult> {
  const started = Date.now();
  const root = options.root ?? join(import.meta.dirname, "..");
  const file = prepareWorkDirectory(
    options.workDirectory,
    root,
    options.environment,
    options.configOverrides,
  );
  const given = Object.keys(options.secrets ?? {});
  // Everything that can be wrong with the configuration is found here, before the CLI starts.
  const { settings, warnings } = checkConfiguration(
    configurationOfFile(file, options.environment),
    `stacks/Pulumi.${options.environment}.yaml`,
    { givenSecrets: given, root, kubeconfig: options.kubeconfig },
  );
  for (const warning of warnings) options.onMessage?.(`warning: ${warning}`);
  const program = environmentProgram({
    root,
    kubeconfig: options.kubeconfig,
    secrets: options.secrets ?? {},
  });
  const { stack, removedLocks } = await openStack(options, program);
  for (const lock of removedLocks)
    options.onMessage?.(`removed the lock of process ${String(lock.pid)}, which is gone (${lock.since})`);
  const follower = new EventFollower(options.onProgress);
  const common: CommonOptions = {
    onEvent: (event) => {
      follower.take(event);
      if (isForPeople(event)) options.onEvent?.(event);
    },
    color: "never",
    suppressOutputs: true,
    ...(options.parallel === undefined ? {} : { parallel: options.parallel }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  try {
    if (healPending) await clearPendingOperations(stack, options, common);
    const result = await run(stack, common);
    return {
      ...follower.counts,
      durationMs: Date.now() - started,
      outputs: what === "update" ? plainOutputs((result as { outputs: OutputMap }).outputs) : {},
      warnings: follower.warnings,
    };
  } catch (error) {
    throw readableError(error, `${what} of ${settings.environment}`, follower);
  }
}

/**
 * An update that was killed leaves operations in the state of which nobody knows whether they happened. A refresh
 * asks the cluster, and drops the creations that did not.
 */
async function clearPendingOperations(
  stack: Stack,
  options: EnvironmentOptions,
  common: CommonOptions,
): Promise<void> {
  if (options.backendUrl === undefined) return;
  const directory = fileBackendDirectory(options.backendUrl);
  if (directory === undefined) return;
  const file = join(directory, ".pulumi", "stacks", PROJECT, `${options.environment}.json`);
  if (!existsSync(file)) return;
  const state = JSON.parse(readFileSync(file, "utf8")) as {
    checkpoint?: { latest?: { pending_operations?: unknown[] } };
  };
  const pending = state.checkpoint?.latest?.pending_operations?.length ?? 0;
  if (pending === 0) return;
  options.onMessage?.(
    `the last update was interrupted with ${String(pending)} operations under way; asking the cluster about them`,
  );
  await stack.refresh({ ...common, onEvent: () => undefined, runProgram: true, clearPendingCreates: true });
}

async function openStack(
  options: EnvironmentOptions,
  program: PulumiFn,
): Promise<{ stack: Stack; removedLocks: StackLock[] }> {
  const { environment, workDirectory, backendUrl, pulumiHome } = options;
  const backendDirectory = backendUrl === undefined ? undefined : fileBackendDirectory(backendUrl);
  if (backendDirectory !== undefined) mkdirSync(backendDirectory, { recursive: true });
  if (pulumiHome !== undefined && !existsSync(pulumiHome)) makeHome(pulumiHome);
  const removedLocks = removeStaleLocks(options);
  const pulumiCommand = await pulumiCommandAt(options.cliPath, workDirectory);
  const workspaceOptions = {
    workDir: workDirectory,
    pulumiCommand,
    envVars: cliVariables(options),
    ...(pulumiHome === undefined ? {} : { pulumiHome }),
  };
  try {
    const stack = await LocalWorkspace.createOrSelectStack(
      { stackName: environment, projectName: PROJECT, program },
      workspaceOptions,
    );
    return { stack, removedLocks };
  } catch (error) {
    throw readableError(error, `opening the stack ${environment}`, new EventFollower(undefined));
  }
}

function removeStaleLocks({ backendUrl, environment }: EnvironmentOptions): StackLock[] {
  if (backendUrl === undefined) return [];
  const locks = stackLocks(backendUrl, PROJECT, environment);
  const held = locks.find((lock) => !lock.isStale);
  if (held !== undefined)
    throw new UpdateError(
      `the update of ${environment}`,
      [
        `another update of ${environment} is running: process ${String(held.pid)} of ${held.user} on ${held.host}, since ${held.since}; wait for it, or end it and run the command again`,
      ],
      { created: 0, updated: 0, replaced: 0, deleted: 0, same: 0 },
    );
  for (const lock of locks) rmSync(lock.file, { force: true });
  return locks;
}

function cliVariables(options: EnvironmentOptions): Record<string, string> {
  const { backendUrl, passphraseFile, extraPath = [] } = options;
  const variables: Record<string, string | undefined> = {
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // The CLI lives for seconds: less garbage collection for a little more memory saves a fifth of its time.
    GOGC: process.env["GOGC"] ?? "400",
    ...(backendUrl === undefined ? {} : { PULUMI_BACKEND_URL: backendUrl }),
    ...(passphraseFile === undefined
      ? {}
      : {
          PULUMI_CONFIG_PASSPHRASE_FILE: resolve(passphraseFile),
          // Would win over the file, even when it is empty; undefined takes it out of the child's environment.
          PULUMI_CONFIG_PASSPHRASE: undefined,
        }),
    ...(extraPath.length === 0
      ? {}
      : {
          PATH: [...extraPath, process.env["PATH"] ?? ""].join(delimiter),
          PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        }),
    ...options.variables,
  };
  // The Automation API's type knows no undefined values; it hands them to the child process as they are.
  return variables as Record<string, string>;
}

/** False for debug messages, whose severity the typings leave out. */
function isForPeople({ diagnosticEvent }: EngineEvent): boolean {
  const severities: readonly string[] = ["info", "info#err", "warning", "error"];
  return diagnosticEvent === undefined || severities.includes(diagnosticEvent.severity);
}

function plainOutputs(map: OutputMap): Record<string, unknown> {
  return Object.fromEntries(Object.entries(map).map(([name, { value }]) => [name, value as unknown]));
}

function readableError(error: unknown, what: string, follower: EventFollower): Error {
  if (error instanceof ConcurrentUpdateError)
    return new UpdateError(
      what,
      ["another update of the stack is running; wait for it, or run pulumi cancel when it is dead"],
      follower.counts,
    );
  if (error instanceof Error && error.message.includes("incorrect passphrase"))
    return new UpdateError(
      what,
      [
        "incorrect passphrase: the state was made with another one; give that one, or delete the state together with what it describes",
      ],
      follower.counts,
    );
  const lines =
    follower.errors.length > 0
      ? follower.errors
      : errorLinesOf(error instanceof Error ? error.message : String(error));
  return new UpdateError(what, lines, follower.counts);
}
