/** Finding the cluster and the credentials. */

import { existsSync, readFileSync, statSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { KubeConfig } from "@kubernetes/client-node";

import { messageOf } from "./errors.ts";

/** Arguments of the provider that decide on the cluster; each may be missing. */
export interface ClusterSelection {
  /** Contents of a kubeconfig or the path of one. Default: `$KUBECONFIG`, `~/.kube/config`, or the pod's own account. */
  readonly kubeconfig?: string | undefined;
  /** Default: the current context. */
  readonly context?: string | undefined;
  /** Default: the context's. */
  readonly cluster?: string | undefined;
  /** Default: the context's, else `default`. */
  readonly namespace?: string | undefined;
}

/** A cluster that can be asked. */
export interface SelectedCluster {
  readonly config: KubeConfig;
  /** Address of the API server. */
  readonly server: string;
  /** Namespace of objects that name none. */
  readonly namespace: string;
  /** Where the address comes from, for messages. */
  readonly source: string;
}

/** A kubeconfig and where it was found. */
export interface LoadedKubeconfig {
  readonly config: KubeConfig;
  readonly source: string;
}

/**
 * Finds the cluster.
 *
 * @throws if there is no kubeconfig, if it can't be parsed, or if it lacks the wanted context, cluster or user; the
 * message names the kubeconfig and what it lacks
 */
export function selectCluster(selection: ClusterSelection): SelectedCluster {
  const { config, source } = loadKubeconfig(selection.kubeconfig);
  if (selection.context !== undefined && selection.context !== "") {
    config.setCurrentContext(selection.context);
  }
  const name = config.getCurrentContext();
  const context = config.getContextObject(name);
  if (context === null) {
    const known = config.getContexts().map((known) => `"${known.name}"`);
    const remedy = known.length === 0 ? "it defines none" : `it defines ${known.join(", ")}`;
    throw new Error(`${source}: ${name === "" ? "no current context" : `no context "${name}"`}; ${remedy}`);
  }
  const clusterName =
    selection.cluster === undefined || selection.cluster === "" ? context.cluster : selection.cluster;
  const cluster = config.getCluster(clusterName);
  if (cluster === null || cluster.server === "") {
    throw new Error(
      `${source}: context "${name}" refers to cluster "${clusterName}", which has no server address`,
    );
  }
  if (clusterName !== context.cluster) {
    const override = `${name} on ${clusterName}`;
    config.addContext({ ...context, name: override, cluster: clusterName });
    config.setCurrentContext(override);
  }
  return {
    config,
    server: cluster.server,
    namespace: firstNonEmpty(selection.namespace, context.namespace) ?? "default",
    source: `${source}, context "${name}"`,
  };
}

function firstNonEmpty(...values: (string | undefined)[]): string | undefined {
  return values.find((value) => value !== undefined && value !== "");
}

/**
 * Loads the kubeconfig that an argument names or holds, else the one of the surroundings.
 *
 * @throws if there is none or if it can't be parsed
 */
export function loadKubeconfig(pathOrContents: string | undefined): LoadedKubeconfig {
  if (pathOrContents !== undefined && pathOrContents !== "") {
    const file = expandHome(pathOrContents);
    if (isFile(file)) {
      return { config: parseFile(file), source: `kubeconfig ${file}` };
    }
    return { config: parseContents(pathOrContents), source: "kubeconfig given to the provider" };
  }
  const fromEnvironment = process.env["KUBECONFIG"] ?? "";
  const files = fromEnvironment.split(path.delimiter).filter((file) => file !== "");
  const candidates = files.length > 0 ? files : [path.join(os.homedir(), ".kube", "config")];
  const present = candidates.filter(isFile);
  if (present.length > 0) {
    const config = new KubeConfig();
    for (const file of present) {
      // The first file that names a current context decides.
      config.mergeConfig(parseFile(file), ((config as Partial<KubeConfig>).currentContext ?? "") !== "");
    }
    return { config, source: `kubeconfig ${present.join(path.delimiter)}` };
  }
  const token = "/var/run/secrets/kubernetes.io/serviceaccount/token";
  if (process.env["KUBERNETES_SERVICE_HOST"] !== undefined && existsSync(token)) {
    const config = new KubeConfig();
    config.loadFromCluster();
    return { config, source: "the pod's service account" };
  }
  throw new Error(
    `no kubeconfig: ${candidates.join(", ")} does not exist; set the provider's "kubeconfig" or the variable KUBECONFIG`,
  );
}

function expandHome(file: string): string {
  return file === "~" || file.startsWith("~/") ? path.join(os.homedir(), file.slice(1)) : file;
}

function isFile(file: string): boolean {
  try {
    return !file.includes("\n") && statSync(file).isFile();
  } catch {
    return false;
  }
}

function parse(contents: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromString(contents);
  // The library leaves out what the file leaves out, whatever its types say.
  const { contexts, clusters, currentContext } = config as Partial<KubeConfig>;
  if (contexts === undefined || clusters === undefined || clusters.length === 0) {
    throw new Error("it has no clusters and contexts");
  }
  config.currentContext = currentContext ?? "";
  return config;
}

function parseFile(file: string): KubeConfig {
  try {
    const config = parse(readFileSync(file, "utf8"));
    config.makePathsAbsolute(path.dirname(path.resolve(file)));
    return config;
  } catch (error) {
    throw new Error(`kubeconfig ${file} can't be read: ${messageOf(error)}`, { cause: error });
  }
}

function parseContents(contents: string): KubeConfig {
  try {
    return parse(contents);
  } catch (error) {
    // The contents hold credentials: say nothing of them but how they begin.
    const shown = contents.includes("\n") || contents.length > 200 ? "its contents" : `"${contents}"`;
    throw new Error(`the provider's "kubeconfig" (${shown}) is neither a file nor a kubeconfig`, {
      cause: error,
    });
  }
}
