import * as path from "node:path";

import { repositoryRoot } from "../toolchain/tools.ts";

/** Ports on 127.0.0.1 that the embedded environment listens on. */
export interface LocalPorts {
  readonly apiServer: number;
  readonly etcdClient: number;
  readonly etcdPeer: number;
  readonly kwok: number;
  readonly nodeAgent: number;
  readonly fakeRobot: number;
  readonly prometheus: number;
  readonly alertmanager: number;
}

/** Everything that tells one embedded environment from another on the same machine. */
export interface LocalEnvironment {
  /** Name of the stack, and of its configuration file `stacks/Pulumi.<name>.yaml`. */
  readonly name: string;
  /** Folder that holds all of its state; git ignores the default one. */
  readonly directory: string;
  readonly ports: LocalPorts;
  /** Loopback range from which pods get their addresses. */
  readonly podCidr: string;
  /** Loopback range from which Services get their addresses. */
  readonly serviceCidr: string;
}

const defaultPortBase = 26400;
const defaultNetwork = 10;

function integer(variable: string, fallback: number, minimum: number, maximum: number): number {
  const text = process.env[variable];
  if (text === undefined || text === "") {
    return fallback;
  }
  const value = Number(text);
  if (!Number.isInteger(value) || value < minimum || value > maximum) {
    throw new Error(
      `${variable}: got "${text}"; expected a whole number from ${String(minimum)} to ${String(maximum)}; unset it for the default ${String(fallback)}`,
    );
  }
  return value;
}

/** Options of {@link localEnvironment}; each falls back to an environment variable, then to a default. */
export interface LocalEnvironmentOptions {
  readonly name?: string;
  /** Default `VLLM_MONITORING_STATE` or `.local` in the repository. */
  readonly directory?: string;
  /** First of the ports in use; default `VLLM_MONITORING_PORT_BASE` or 26400. */
  readonly portBase?: number;
  /** Second octet of the pods' range; the next one is the Services'. Default `VLLM_MONITORING_NETWORK` or 10. */
  readonly network?: number;
}

/**
 * The embedded environment that this process is to work with.
 *
 * @throws when an environment variable holds something that is no number in its range
 */
export function localEnvironment(options: LocalEnvironmentOptions = {}): LocalEnvironment {
  const base = options.portBase ?? integer("VLLM_MONITORING_PORT_BASE", defaultPortBase, 1024, 65000);
  const network = options.network ?? integer("VLLM_MONITORING_NETWORK", defaultNetwork, 1, 253);
  const root = process.env["VLLM_MONITORING_STATE"] ?? path.join(repositoryRoot, ".local");
  return {
    name: options.name ?? "local",
    directory: path.resolve(options.directory ?? root),
    ports: {
      apiServer: base + 43,
      etcdClient: base + 79,
      etcdPeer: base + 80,
      kwok: base + 47,
      nodeAgent: base + 50,
      fakeRobot: base + 60,
      prometheus: base + 90,
      alertmanager: base + 93,
    },
    podCidr: `127.${String(network)}.0.1/16`,
    serviceCidr: `127.${String(network + 1)}.0.0/16`,
  };
}

/** Where the parts of an environment keep their files. */
export function layout(environment: LocalEnvironment) {
  const inside = (...parts: string[]): string => path.join(environment.directory, ...parts);
  return {
    /** Identity of each supervised process. */
    processes: inside("processes"),
    /** Log of each supervised process. */
    logs: inside("logs"),
    etcd: inside("etcd"),
    certificates: inside("certificates"),
    serviceAccountKey: inside("certificates", "service-account.key"),
    tokens: inside("certificates", "tokens.csv"),
    /** Kubeconfig of the cluster's administrator. */
    kubeconfig: inside("kubeconfig"),
    kubeconfigOf: (user: string): string => inside("certificates", `${user}.kubeconfig`),
    stages: inside("kwok.yaml"),
    /** Volumes, logs and process identities of the pods that run on this machine. */
    pods: inside("pods"),
    /** Generated secrets of the environment: the passphrase of the Pulumi state, the fake robot's token. */
    secrets: inside("secrets"),
    pulumi: inside("pulumi"),
    robotLog: inside("logs", "fake-robot-messages.jsonl"),
    endpoints: inside("endpoints.json"),
  } as const;
}

/** Address of the API server. */
export function apiServerUrl(environment: LocalEnvironment): string {
  return `https://127.0.0.1:${String(environment.ports.apiServer)}`;
}
