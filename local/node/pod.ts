import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import * as path from "node:path";

import type { V1Container, V1Pod } from "@kubernetes/client-node";

import { terminate, type ProcessIdentity } from "../environment/processes.ts";
import { containerFile, ContainerRunner, type Invocation } from "./container.ts";
import { containerEnvironment } from "./environment.ts";
import { claimDirectory } from "./provisioner.ts";
import { commandLine, programOf, shimDirectory } from "./programs.ts";
import { expandVariables, rewriteText, type Rewriting } from "./rewrite.ts";
import type { PodRecord } from "./status.ts";
import { MissingVolumeSource, readOnlyHostPath, volumeFiles, type VolumeSources } from "./volumes.ts";
import { rewriteFile, writeVolume, type VolumeFiles } from "./volume-writer.ts";

/** Mount path of a ServiceAccount's token in every pod that has one. */
const tokenMount = "/var/run/secrets/kubernetes.io/serviceaccount";

/** What a pod needs to know of the machine and the cluster. */
export interface PodContext {
  /** Folder of all pods. */
  readonly directory: string;
  /** Folder of persistent volumes. */
  readonly claims: string;
  /** Folder of what a kubelet keeps for its own node, by node. */
  readonly nodes: string;
  readonly sources: VolumeSources;
  readonly apiServer: { readonly host: string; readonly port: number };
  /** Host names of the cluster as seen from a namespace. */
  readonly names: (namespace: string) => ReadonlyMap<string, string>;
  /** Writes a kubeconfig that uses the token file of the pod. */
  readonly writeKubeconfig: (file: string, tokenFile: string) => void;
  readonly report: (pod: V1Pod, record: PodRecord, waiting: string | undefined) => void;
}

/** Folder of a pod on this machine. */
export function podDirectory(root: string, pod: V1Pod): string {
  const { namespace = "", name = "", uid = "" } = pod.metadata ?? {};
  return path.join(root, `${namespace}_${name}_${uid}`);
}

/** Ends the processes that an earlier agent left running for a pod. */
export async function endLeftovers(directory: string): Promise<void> {
  if (!existsSync(directory)) {
    return;
  }
  for (const file of readdirSync(directory).filter((name) => name.endsWith(".process.json"))) {
    const identity = JSON.parse(readFileSync(path.join(directory, file), "utf8")) as ProcessIdentity;
    await terminate(identity, 10_000);
    rmSync(path.join(directory, file), { force: true });
  }
}

/** Runs one pod: its volumes, its init containers, then its containers side by side. */
export class PodRunner {
  pod: V1Pod;
  private readonly context: PodContext;
  private readonly directory: string;
  private readonly runners = new Map<string, ContainerRunner>();
  private initialized = false;
  private stopped = false;
  private waiting: string | undefined;
  private sourcesChanged: (() => void) | undefined;

  constructor(pod: V1Pod, context: PodContext) {
    this.pod = pod;
    this.context = context;
    this.directory = podDirectory(context.directory, pod);
  }

  /** Brings the pod up and keeps it so until {@link stop}. */
  async run(): Promise<void> {
    await endLeftovers(this.directory);
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    const spec = this.pod.spec;
    for (const container of [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]) {
      this.runners.set(container.name, this.runner(container));
    }
    await this.volumesReady();
    for (const container of spec?.initContainers ?? []) {
      const runner = this.runners.get(container.name);
      if (runner === undefined || this.isStopped()) {
        return;
      }
      if (container.restartPolicy === "Always") {
        void runner.run("Always");
      } else if ((await runner.run(spec?.restartPolicy === "Never" ? "Never" : "OnFailure")) !== 0) {
        this.changed();
        return;
      }
    }
    if (this.isStopped()) {
      return;
    }
    this.initialized = true;
    const restart = (spec?.restartPolicy ?? "Always") as "Always" | "OnFailure" | "Never";
    for (const container of spec?.containers ?? []) {
      void this.runners.get(container.name)?.run(restart);
    }
    this.changed();
  }

  /** Brings the files of volumes up to date after a Secret, a ConfigMap or a Service changed. */
  async refresh(): Promise<void> {
    this.sourcesChanged?.();
    if (this.initialized) {
      await this.writeVolumes().catch((error: unknown) => {
        // A source that was deleted leaves the files as they were, as with the kubelet.
        if (!(error instanceof MissingVolumeSource)) {
          throw error;
        }
      });
    }
  }

  /** Ends all containers within the pod's grace period. */
  async stop(graceSeconds: number): Promise<void> {
    this.stopped = true;
    this.sourcesChanged?.();
    await Promise.all([...this.runners.values()].map((runner) => runner.stop(graceSeconds * 1000)));
  }

  /** Removes everything of the pod from this machine. */
  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Images that no program of this machine stands for. */
  simulatedImages(): string[] {
    const images = [...this.runners.values()].map(({ spec }) => spec.image ?? "");
    return images.filter((image) => programOf(image) === undefined);
  }

  private isStopped(): boolean {
    return this.stopped;
  }

  private record(): PodRecord {
    const records = (containers: readonly V1Container[] | undefined) =>
      (containers ?? []).flatMap(({ name }) => this.runners.get(name)?.record() ?? []);
    return {
      initContainers: records(this.pod.spec?.initContainers),
      containers: records(this.pod.spec?.containers),
      initialized: this.initialized,
    };
  }

  /** Reports how the pod is, whether or not that is news. */
  changed(): void {
    if (!this.stopped) {
      this.context.report(this.pod, this.record(), this.waiting);
    }
  }

  private runner(container: V1Container): ContainerRunner {
    const known = [
      ...(this.pod.status?.containerStatuses ?? []),
      ...(this.pod.status?.initContainerStatuses ?? []),
    ].find(({ name }) => name === container.name);
    // A container that ran before this agent started has been started once more now.
    const restarts =
      known?.state?.running === undefined ? (known?.restartCount ?? 0) : known.restartCount + 1;
    return new ContainerRunner(
      container,
      {
        podIp: this.pod.status?.podIP ?? "",
        logFile: containerFile(this.directory, container.name, "log"),
        identityFile: containerFile(this.directory, container.name, "process.json"),
        invocation: () => this.invocation(container),
        changed: () => {
          this.changed();
        },
      },
      restarts,
    );
  }

  private volumeDirectory(name: string): string {
    const volume = this.pod.spec?.volumes?.find((one) => one.name === name);
    const hostPath =
      volume === undefined ? undefined : readOnlyHostPath(this.pod, volume, this.context.nodes);
    if (hostPath !== undefined) {
      return hostPath;
    }
    const claim = volume?.persistentVolumeClaim?.claimName;
    return claim === undefined
      ? path.join(this.directory, "volumes", name)
      : claimDirectory(this.context.claims, this.pod.metadata?.namespace ?? "", claim);
  }

  private mounts(containers: readonly V1Container[]): Map<string, string> {
    return new Map(
      containers.flatMap((container) =>
        (container.volumeMounts ?? []).map((mount) => [
          mount.mountPath.replace(/(?<=.)\/$/, ""),
          path.join(this.volumeDirectory(mount.name), mount.subPath ?? ""),
        ]),
      ),
    );
  }

  private rewriting(containers: readonly V1Container[]): Rewriting {
    return {
      paths: this.mounts(containers),
      names: this.context.names(this.pod.metadata?.namespace ?? ""),
    };
  }

  private async volumesReady(): Promise<void> {
    while (!this.stopped) {
      try {
        await this.writeVolumes();
        this.waiting = undefined;
        return;
      } catch (error) {
        // Anything but a source that is not there yet is worth a line; both are tried again, as the kubelet does.
        if (!(error instanceof MissingVolumeSource)) {
          console.error(`${this.directory}: volumes:`, error);
        }
        this.waiting = error instanceof Error ? error.message : String(error);
        this.changed();
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, 5000);
          this.sourcesChanged = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    }
  }

  private async writeVolumes(): Promise<void> {
    const spec = this.pod.spec;
    const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
    // All sources are read before the first file is written: a pod never sees some of its configuration only.
    const contents: [string, VolumeFiles | undefined][] = [];
    for (const volume of spec?.volumes ?? []) {
      // A folder of this machine itself: nothing is made in it.
      if (readOnlyHostPath(this.pod, volume, this.context.nodes) !== undefined) {
        continue;
      }
      contents.push([volume.name, await volumeFiles(this.pod, volume, this.context.sources)]);
    }
    const rewriting = this.rewriting(containers);
    for (const [name, files] of contents) {
      const directory = this.volumeDirectory(name);
      if (files === undefined) {
        mkdirSync(directory, { recursive: true });
      } else {
        writeVolume(
          directory,
          new Map([...files].map(([file, content]) => [file, rewriteFile(content, rewriting)])),
        );
      }
    }
    // In a volume of files a subPath is one of them; only in a folder it may have to be made.
    const folders = new Set(contents.flatMap(([name, files]) => (files === undefined ? [name] : [])));
    for (const mount of containers.flatMap(({ volumeMounts }) => volumeMounts ?? [])) {
      if (mount.subPath !== undefined && folders.has(mount.name)) {
        mkdirSync(path.join(this.volumeDirectory(mount.name), mount.subPath), { recursive: true });
      }
    }
  }

  private invocation(container: V1Container): Invocation | undefined {
    const program = programOf(container.image ?? "");
    if (program === undefined) {
      return undefined;
    }
    const podIp = this.pod.status?.podIP ?? "";
    const rewriting = this.rewriting([container]);
    const declared = containerEnvironment(this.pod, container, this.context.sources);
    const expand = (text: string): string => rewriteText(expandVariables(text, declared), rewriting);
    const command = commandLine(program, container, podIp, expand);
    const env: NodeJS.ProcessEnv = {
      // Node's own folder first: the commands in the shims folder run with the version that runs the agent.
      PATH: [path.dirname(process.execPath), shimDirectory, "/usr/local/bin", "/usr/bin", "/bin"].join(":"),
      HOME: this.directory,
      TMPDIR: path.join(this.directory, "tmp"),
      ...(process.env["NODE_COMPILE_CACHE"] === undefined
        ? {}
        : { NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"] }),
      KUBERNETES_SERVICE_HOST: this.context.apiServer.host,
      KUBERNETES_SERVICE_PORT: String(this.context.apiServer.port),
      ...program.environment?.(podIp, rewriting.paths),
      ...Object.fromEntries(
        [...declared].map(([name, value]) => [
          name,
          program.adaptVariable?.(name, value, podIp) ?? rewriteText(value, rewriting),
        ]),
      ),
    };
    mkdirSync(path.join(this.directory, "tmp"), { recursive: true });
    const token = rewriting.paths.get(tokenMount);
    if (token !== undefined && env["KUBECONFIG"] === undefined) {
      // Programs that would read the token at its fixed place in a container find it by this file instead.
      const kubeconfig = path.join(this.directory, "kubeconfig");
      this.context.writeKubeconfig(kubeconfig, path.join(token, "token"));
      env["KUBECONFIG"] = kubeconfig;
    }
    return { command, env, cwd: this.directory };
  }
}
