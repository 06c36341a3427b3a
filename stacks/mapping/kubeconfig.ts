import { existsSync, readFileSync } from "node:fs";
import { dirname, isAbsolute, resolve } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { parse, stringify } from "yaml";
import { lift } from "../../components/support/inputs.ts";
import { isEks, type ClusterSettings, type EksSettings } from "../config/cluster.ts";
import { ConfigurationError } from "../config/parse.ts";
import type { Problem } from "../config/problems.ts";

/** How a program reaches its cluster. */
export interface ClusterAccess {
  /**
   * Contents of a kubeconfig with the one context that is used. Holds credentials. Undefined when the stack makes the
   * cluster: {@link eksKubeconfig} writes it once its address is known.
   */
  kubeconfig: string | undefined;
  /**
   * What the provider takes for the cluster's identity. It alone decides whether another cluster is meant, so that
   * new credentials or another address never replace every object.
   */
  clusterIdentifier: string;
}

export interface AccessOptions {
  /** Directory that relative paths start from: the project's root. */
  root: string;
  /** Kubeconfig to use whatever the settings say. */
  kubeconfig?: string | undefined;
  /** Environment variables. Default: those of the process. */
  variables?: Readonly<Record<string, string | undefined>>;
}

/**
 * Access to the environment's cluster.
 *
 * @throws ConfigurationError when there is no kubeconfig, or it lacks the context
 */
export function clusterAccess(cluster: ClusterSettings, options: AccessOptions): ClusterAccess {
  if (isEks(cluster))
    return {
      kubeconfig: cluster.kind === "eks" ? eksKubeconfig(cluster, cluster) : undefined,
      clusterIdentifier: eksIdentifier(cluster),
    };
  const path = kubeconfigPath(cluster, options);
  const context = cluster.kind === "kubeconfig" ? cluster.context : undefined;
  return {
    kubeconfig: minimalKubeconfig(readFileSync(path, "utf8"), context, path),
    clusterIdentifier: cluster.name,
  };
}

type FileCluster = Exclude<ClusterSettings, EksSettings>;

function kubeconfigPath(
  cluster: FileCluster,
  { root, kubeconfig, variables = process.env }: AccessOptions,
): string {
  const fromVariable = variables["KUBECONFIG"]?.split(":").find((entry) => entry !== "" && existsSync(entry));
  const written = kubeconfig ?? cluster.kubeconfigPath ?? fromVariable ?? variables["KUBECONFIG"];
  const [remedy, what] =
    cluster.kind === "embedded"
      ? [
          "run make up first, which starts the cluster and writes it, or set KUBECONFIG or cluster.kubeconfigPath",
          "embedded",
        ]
      : ["set KUBECONFIG or cluster.kubeconfigPath", cluster.name];
  if (written === undefined || written === "")
    throw accessError({
      path: "cluster.kubeconfigPath",
      got: "nothing, and KUBECONFIG is not set",
      expected: `the kubeconfig of the ${what} cluster`,
      remedy,
    });
  const path = isAbsolute(written) ? written : resolve(root, written);
  if (!existsSync(path))
    throw accessError({
      path: "cluster.kubeconfigPath",
      got: JSON.stringify(written),
      expected: "a file that exists",
      remedy,
    });
  return path;
}

function eksIdentifier(cluster: EksSettings): string {
  return `arn:aws:eks:${cluster.region}:${cluster.accountId}:cluster/${cluster.name}`;
}

/** Where an EKS cluster's API server is and how it shows who it is. */
export interface EksAddress<Text> {
  endpoint: Text;
  certificateAuthorityData: Text;
}

/** A kubeconfig that asks the aws command for a token at each use, so that none is stored. */
export function eksKubeconfig(cluster: EksSettings, address: EksAddress<string>): string {
  const role = cluster.roleArn === undefined ? [] : ["--role-arn", cluster.roleArn];
  return renderKubeconfig(
    cluster.name,
    { server: address.endpoint, "certificate-authority-data": address.certificateAuthorityData },
    {
      exec: {
        apiVersion: "client.authentication.k8s.io/v1beta1",
        command: "aws",
        args: [
          "--region",
          cluster.region,
          "eks",
          "get-token",
          "--cluster-name",
          cluster.name,
          "--output",
          "json",
          ...role,
        ],
        interactiveMode: "Never",
      },
    },
  );
}

/** The same for a cluster whose address is known later. */
export function newEksKubeconfig(
  cluster: EksSettings,
  { endpoint, certificateAuthorityData }: EksAddress<pulumi.Input<string>>,
): pulumi.Input<string> {
  return lift(endpoint, (server) =>
    lift(certificateAuthorityData, (authority) =>
      eksKubeconfig(cluster, { endpoint: server, certificateAuthorityData: authority }),
    ),
  );
}

interface Named {
  name: string;
}
interface Kubeconfig {
  "current-context"?: string;
  contexts?: (Named & { context: { cluster: string; user: string; namespace?: string } })[];
  clusters?: (Named & { cluster: Record<string, unknown> })[];
  users?: (Named & { user: Record<string, unknown> })[];
}

/**
 * The part of a kubeconfig that one context uses, so that the state never holds the credentials of other clusters.
 * Paths of files become absolute, because the provider does not know where the kubeconfig was.
 *
 * @throws ConfigurationError when the context, its cluster or its user is not there
 */
export function minimalKubeconfig(text: string, contextName: string | undefined, path: string): string {
  const config = (parse(text) ?? {}) as Kubeconfig;
  const wanted = contextName ?? config["current-context"];
  const names = (config.contexts ?? []).map(({ name }) => name);
  const found = config.contexts?.find(({ name }) => name === wanted)?.context;
  if (found === undefined)
    throw accessError({
      path: "cluster.context",
      got:
        wanted === undefined || wanted === ""
          ? "nothing, and the kubeconfig has no current context"
          : JSON.stringify(wanted),
      expected: `a context of ${path}: ${names.length === 0 ? "it has none" : names.join(", ")}`,
      remedy: "correct cluster.context, or use another kubeconfig",
    });
  const cluster = config.clusters?.find(({ name }) => name === found.cluster)?.cluster;
  const user = config.users?.find(({ name }) => name === found.user)?.user;
  if (cluster === undefined || user === undefined) {
    const missing = cluster === undefined ? `cluster ${found.cluster}` : `user ${found.user}`;
    throw accessError({
      path: "cluster.context",
      got: JSON.stringify(wanted),
      expected: `a context whose ${missing} is in ${path}`,
      remedy: "repair the kubeconfig",
    });
  }
  const base = dirname(path);
  return renderKubeconfig(wanted ?? "", absolutePaths(cluster, base), absolutePaths(user, base));
}

const fileKeys = ["certificate-authority", "client-certificate", "client-key", "tokenFile"];

function absolutePaths(entry: Record<string, unknown>, base: string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(entry).map(([key, value]) => [
      key,
      fileKeys.includes(key) && typeof value === "string" && !isAbsolute(value)
        ? resolve(base, value)
        : value,
    ]),
  );
}

function renderKubeconfig(
  name: string,
  cluster: Record<string, unknown>,
  user: Record<string, unknown>,
): string {
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    contexts: [{ name, context: { cluster: name, user: name } }],
    clusters: [{ name, cluster }],
    users: [{ name, user }],
  });
}

function accessError(problem: Problem): ConfigurationError {
  return new ConfigurationError([problem], "the way to the cluster");
}
