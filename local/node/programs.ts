import * as path from "node:path";

import type { V1Container } from "@kubernetes/client-node";

import { toolPath, repositoryRoot } from "../toolchain/tools.ts";
import { podResources } from "./devices.ts";

/** A program of this machine that stands for a container image. */
export interface Program {
  /** What runs when the container gives no command: the image's entry point. */
  readonly entrypoint: () => readonly string[];
  /** Arguments as they have to be so that several pods can share this machine. */
  readonly adapt?: (args: readonly string[], podIp: string) => readonly string[];
  /** Environment that only makes sense here. */
  readonly environment?: (
    podIp: string,
    mounts: ReadonlyMap<string, string>,
  ) => Readonly<Record<string, string>>;
  /** Values of the container's own variables that have to be otherwise here: a listener on all addresses, say. */
  readonly adaptVariable?: (name: string, value: string, podIp: string) => string;
}

/** Folder of the commands that stand for programs inside an image, such as `vllm`. */
export const shimDirectory = path.join(import.meta.dirname, "shims");

const service = (name: string): readonly string[] => [
  process.execPath,
  path.join(repositoryRoot, "services", name, "main.ts"),
];

/** Sets the address of a listener to the pod's: `--flag=:9093` listens on all addresses of the machine otherwise. */
function bind(args: readonly string[], podIp: string): readonly string[] {
  return args.map((argument) =>
    argument
      .replace(/^(--[a-z.-]*listen[a-z.-]*)=(?:0\.0\.0\.0|\[::\])?:(\d+)$/, `$1=${podIp}:$2`)
      .replace(/^(--[a-z.-]*)=(https?):\/\/(?:localhost|127\.0\.0\.1):/, `$1=$2://${podIp}:`),
  );
}

/** As {@link bind}, and gives a listener to a program that would take the default one. */
function bindDefault(
  flag: string,
  port: number,
): (args: readonly string[], podIp: string) => readonly string[] {
  return (args, podIp) => {
    const bound = bind(args, podIp);
    return bound.some((argument) => argument.startsWith(`${flag}=`))
      ? bound
      : [...bound, `${flag}=${podIp}:${String(port)}`];
  };
}

/** Sets the addresses of Thanos' two listeners, whose flags are called otherwise. */
function bindThanos(args: readonly string[], podIp: string): readonly string[] {
  return bind(args, podIp).map((argument) =>
    argument.replace(/^(--(?:http|grpc)-address)=(?:0\.0\.0\.0)?:(\d+)$/, `$1=${podIp}:$2`),
  );
}

/** Programs by the last part of the image's name. */
const programs: Readonly<Record<string, Program>> = {
  prometheus: {
    entrypoint: () => [toolPath("prometheus")],
    adapt: bindDefault("--web.listen-address", 9090),
  },
  alertmanager: {
    entrypoint: () => [toolPath("alertmanager")],
    adapt: bindDefault("--web.listen-address", 9093),
  },
  thanos: {
    entrypoint: () => [toolPath("thanos")],
    adapt: bindThanos,
  },
  "prometheus-operator": {
    entrypoint: () => [toolPath("prometheus-operator")],
    adapt: bindDefault("--web.listen-address", 8080),
  },
  "prometheus-config-reloader": {
    entrypoint: () => [toolPath("prometheus-config-reloader")],
    adapt: bindDefault("--listen-address", 8080),
  },
  "node-exporter": {
    entrypoint: () => [toolPath("node_exporter")],
    adapt: bindDefault("--web.listen-address", 9100),
  },
  "kube-state-metrics": {
    entrypoint: () => [toolPath("kube-state-metrics")],
    // It knows no environment variable for the kubeconfig, which the agent writes into the folder that it starts in.
    adapt: (args, podIp) => [
      ...args,
      `--host=${podIp}`,
      `--telemetry-host=${podIp}`,
      "--kubeconfig=kubeconfig",
    ],
  },
  "vllm-openai": {
    entrypoint: () => [path.join(shimDirectory, "vllm"), "serve"],
    environment: (podIp) => ({ VLLM_SIMULATOR_HOST: podIp }),
  },
  "dcgm-exporter": {
    entrypoint: () => service("dcgm-simulator"),
    environment: (_podIp, mounts) => ({ DCGM_SIMULATOR_POD_RESOURCES: mounts.get(podResources) ?? "" }),
    adaptVariable: (name, value, podIp) =>
      name === "DCGM_EXPORTER_LISTEN" ? value.replace(/^(?:0\.0\.0\.0)?:/, `${podIp}:`) : value,
  },
  "dingtalk-bridge": {
    entrypoint: () => service("dingtalk-bridge"),
    adapt: bindDefault("--listen-address", 8060),
  },
};

/** Last part of an image's name: `prometheus` of `quay.io/prometheus/prometheus:v3.13.2@sha256:…`. */
export function imageName(image: string): string {
  const withoutDigest = image.split("@")[0] ?? image;
  const last = withoutDigest.split("/").at(-1) ?? withoutDigest;
  return last.split(":")[0] ?? last;
}

/** The program that stands for an image, or undefined when this machine has none. */
export function programOf(image: string): Program | undefined {
  return programs[imageName(image)];
}

/**
 * The command to run for a container.
 *
 * A command that the container gives is looked up by its base name: `/bin/prometheus-config-reloader` is the program of
 * that image, a shell is this machine's.
 */
export function resolveCommand(program: Program, command: readonly string[] | undefined): readonly string[] {
  const [first, ...rest] = command ?? [];
  if (first === undefined) {
    return program.entrypoint();
  }
  const name = path.basename(first);
  if (["sh", "bash"].includes(name)) {
    return [`/bin/${name}`, ...rest];
  }
  if (name === "node") {
    return [process.execPath, ...rest];
  }
  const known = programs[name];
  return known === undefined ? [path.join(shimDirectory, name), ...rest] : [...known.entrypoint(), ...rest];
}

/**
 * The whole command line of a container.
 *
 * @param expand resolves variables, mount paths and names in what the container says; the programs' own paths are of this
 *   machine already, and may begin like a mount path (`/tmp`)
 */
export function commandLine(
  program: Program,
  container: Pick<V1Container, "command" | "args">,
  podIp: string,
  expand: (text: string) => string,
): readonly string[] {
  const args = (container.args ?? []).map(expand);
  return [
    ...resolveCommand(program, container.command?.map(expand)),
    ...(program.adapt?.(args, podIp) ?? args),
  ];
}
