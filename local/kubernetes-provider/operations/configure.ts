/** Configuration of the provider: its arguments, the environment's defaults, and what a change of them means. */

import { ApiClient, type ClientSettings } from "../cluster/client.ts";
import { Discovery } from "../cluster/discovery.ts";
import { messageOf } from "../cluster/errors.ts";
import { Informers } from "../cluster/informer.ts";
import { loadKubeconfig, selectCluster } from "../cluster/kubeconfig.ts";
import { deepEqual } from "../diff/merge-patch.ts";
import type { Host } from "../host.ts";
import { Session, type Settings } from "../session.ts";
import { COMPUTED, isObject, type Json, type PropertyMap, withoutSecrets } from "../values/property.ts";

/** Arguments by name; all but plain strings are JSON. */
export type Arguments = Readonly<Record<string, string>>;

const prefix = "kubernetes:config:";

/** Arguments from the engine's configuration variables. */
export function argumentsOf(variables: Iterable<readonly [string, string]>): Arguments {
  return Object.fromEntries(
    [...variables]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value]),
  );
}

/** An on-off argument, else its environment variable, else the default. */
function flag(args: Arguments, name: string, variable: string, byDefault = false): boolean {
  const value = args[name] ?? process.env[variable];
  return value === undefined ? byDefault : value === "true";
}

/**
 * Settings from the arguments and the environment.
 *
 * @throws if client-side apply is asked for, which this provider doesn't have
 */
export function settingsOf(args: Arguments): Settings {
  if (!flag(args, "enableServerSideApply", "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY", true)) {
    throw new Error(
      '"enableServerSideApply: false" needs the official Kubernetes provider; the local one always applies',
    );
  }
  return {
    mutability: {
      configMaps: flag(args, "enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE"),
      secrets: flag(args, "enableSecretMutable", "PULUMI_K8S_ENABLE_SECRET_MUTABLE"),
    },
    enablePatchForce: flag(args, "enablePatchForce", "PULUMI_K8S_ENABLE_PATCH_FORCE"),
    upsertExistingObjects: flag(args, "upsertExistingObjects", "PULUMI_K8S_UPSERT_EXISTING_OBJECTS"),
    deleteUnreachable: flag(args, "deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE"),
    skipUpdateUnreachable: flag(args, "skipUpdateUnreachable", "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE"),
    suppressHelmHookWarnings: flag(
      args,
      "suppressHelmHookWarnings",
      "PULUMI_K8S_SUPPRESS_HELM_HOOK_WARNINGS",
    ),
  };
}

/**
 * Request limits from the argument `kubeClientSettings` and the environment.
 *
 * @throws if a value is no positive number
 */
export function clientSettingsOf(args: Arguments): ClientSettings {
  const given = parseJsonObject("kubeClientSettings", args["kubeClientSettings"]);
  const limit = (name: "burst" | "qps" | "timeout"): number | undefined => {
    const variable = `PULUMI_K8S_CLIENT_${name.toUpperCase()}`;
    const value = given[name] ?? process.env[variable];
    if (value === undefined || value === "") {
      return undefined;
    }
    if (!(Number(value) > 0)) {
      throw new Error(
        `kubeClientSettings.${name} (or ${variable}) is ${JSON.stringify(value)}: give a positive number`,
      );
    }
    return Number(value);
  };
  const [burst, qps, timeout] = [limit("burst"), limit("qps"), limit("timeout")];
  return {
    ...(burst === undefined ? {} : { burst }),
    ...(qps === undefined ? {} : { qps }),
    ...(timeout === undefined ? {} : { timeout }),
  };
}

function parseJsonObject(name: string, text: string | undefined): Record<string, unknown> {
  if (text === undefined || text === "") {
    return {};
  }
  try {
    const parsed: unknown = JSON.parse(text);
    if (isObject(parsed)) {
      return parsed;
    }
  } catch {
    // Reported below: the parser's own words don't name the argument.
  }
  throw new Error(`provider argument "${name}" is not a JSON object: ${text}`);
}

/**
 * Configures the provider. A cluster that can't be reached is no error yet: previews and deletes from the state may do
 * without one.
 */
export async function configure(args: Arguments, host: Host, signal: AbortSignal): Promise<Session> {
  if ((args["renderYamlToDirectory"] ?? "") !== "") {
    throw new Error('"renderYamlToDirectory" needs the official Kubernetes provider');
  }
  const settings = settingsOf(args);
  const clientSettings = clientSettingsOf(args);
  let namespace = args["namespace"] ?? "";
  try {
    const cluster = selectCluster(args);
    namespace = cluster.namespace;
    const client = new ApiClient(cluster, clientSettings);
    const discovery = new Discovery(client);
    await discovery.load();
    const connection = { client, discovery, informers: new Informers(client) };
    return new Session({ settings, host, namespace, signal, connection, unreachable: undefined });
  } catch (error) {
    const unreachable = messageOf(error);
    return new Session({ settings, host, namespace, signal, connection: undefined, unreachable });
  }
}

/** A problem with an argument of the provider. */
export interface ArgumentFailure {
  readonly property: string;
  readonly reason: string;
}

/** Checks the provider's inputs for arguments that it can't obey. */
export function checkConfig(news: PropertyMap): ArgumentFailure[] {
  const failures: ArgumentFailure[] = [];
  const given = (property: string): Json => withoutSecrets(news[property] ?? null);
  if (typeof given("renderYamlToDirectory") === "string" && given("renderYamlToDirectory") !== "") {
    failures.push({ property: "renderYamlToDirectory", reason: "needs the official Kubernetes provider" });
  }
  if (given("enableServerSideApply") === "false" || given("enableServerSideApply") === false) {
    failures.push({
      property: "enableServerSideApply",
      reason: "client-side apply needs the official Kubernetes provider",
    });
  }
  return failures;
}

/** What a change of the provider's inputs means. */
export interface ConfigDiff {
  readonly changed: boolean;
  readonly diffs: readonly string[];
  /** Inputs that replace the provider and with it all its resources. */
  readonly replaces: readonly string[];
}

/**
 * Compares inputs of the provider. It is replaced when it turns to another cluster: when `clusterIdentifier` changes, or,
 * without one, when the cluster that the kubeconfig's context points to does. An unknown kubeconfig counts as another.
 *
 * @throws if a kubeconfig can't be parsed
 */
export function diffConfig(olds: PropertyMap, news: PropertyMap): ConfigDiff {
  const [before, after] = [plainInputs(olds), plainInputs(news)];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const diffs = keys.filter((key) => !deepEqual(before[key], after[key])).sort();
  if (diffs.length === 0) {
    return { changed: false, diffs, replaces: [] };
  }
  const identifier = [before["clusterIdentifier"], after["clusterIdentifier"]];
  const identified = identifier[1] !== undefined && identifier[1] !== null;
  if (identified && deepEqual(identifier[0], identifier[1])) {
    return { changed: true, diffs, replaces: [] };
  }
  const replaces: string[] = identified && identifier[0] !== undefined ? ["clusterIdentifier"] : [];
  const clusterKeys = ["kubeconfig", "context", "cluster"];
  const unknown = clusterKeys.find((key) => after[key] === COMPUTED);
  if (unknown !== undefined) {
    return { changed: true, diffs: [unknown], replaces: [...replaces, unknown] };
  }
  const [oldCluster, newCluster] = [activeCluster(before), activeCluster(after)];
  if (oldCluster !== undefined && newCluster !== undefined && !deepEqual(oldCluster, newCluster)) {
    replaces.push(...clusterKeys.filter((key) => diffs.includes(key)));
  }
  return { changed: true, diffs, replaces };
}

function plainInputs(properties: PropertyMap): Record<string, Json> {
  return Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, withoutSecrets(value)]));
}

/** Settings of the cluster that the inputs select; undefined if they don't select one by themselves. */
function activeCluster(inputs: Readonly<Record<string, Json>>): unknown {
  const kubeconfig = inputs["kubeconfig"];
  const text = isObject(kubeconfig) ? JSON.stringify(kubeconfig) : kubeconfig;
  if (typeof text !== "string" || text === "") {
    return undefined;
  }
  const { config } = loadKubeconfig(text);
  const contextName = typeof inputs["context"] === "string" ? inputs["context"] : config.getCurrentContext();
  const context = config.getContextObject(contextName);
  const clusterName = typeof inputs["cluster"] === "string" ? inputs["cluster"] : context?.cluster;
  const cluster = clusterName === undefined || context === null ? null : config.getCluster(clusterName);
  if (cluster === null) {
    return undefined;
  }
  // The name is a label of the file, not part of what the cluster is.
  return { ...cluster, name: "" };
}
