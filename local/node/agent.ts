import { mkdirSync, readdirSync, rmSync } from "node:fs";
import * as path from "node:path";

import { PatchStrategy, setHeaderOptions, type V1Pod, type V1PodStatus } from "@kubernetes/client-node";

import { kubeconfigWithTokenFile } from "./kubeconfig.ts";
import { keyOf, statusCode, startWatches, type Cluster } from "./cluster.ts";
import { DeviceManager } from "./devices.ts";
import { clusterNames } from "./names.ts";
import { endLeftovers, PodRunner, type PodContext } from "./pod.ts";
import type { ServiceController } from "./services.ts";
import { isOverruled, podStatus, type PodRecord } from "./status.ts";
import { TokenCache } from "./tokens.ts";
import { writePrivate } from "../control-plane/credentials.ts";

/** Annotation that names the images of a pod that no program of this machine stands for. */
export const simulatedAnnotation = "local.vllm-monitoring/not-run";

/** Settings of the node agent. */
export interface NodeAgentOptions {
  readonly pods: string;
  readonly claims: string;
  /** Folder of what a kubelet keeps for its own node, by node. */
  readonly nodes: string;
  readonly apiServer: { readonly host: string; readonly port: number };
  readonly certificateAuthority: string;
}

const strategic = setHeaderOptions("Content-Type", PatchStrategy.StrategicMergePatch);
const merge = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);

const versionOf = (pod: V1Pod): number => Number(pod.metadata?.resourceVersion ?? 0);

/** What was told of a pod. */
interface Reports {
  /** Newest status that is not told yet. */
  pending?: V1PodStatus | undefined;
  /** The last one that was told, as JSON. */
  last: string;
  /** Resource version that the pod has since. */
  version: number;
  busy: boolean;
}

/** A small kubelet for all nodes: runs their pods as processes of this machine and reports how they are. */
export class NodeAgent {
  private readonly cluster: Cluster;
  private readonly options: NodeAgentOptions;
  private readonly services: ServiceController;
  private readonly tokens: TokenCache;
  private readonly devices: DeviceManager;
  private readonly runners = new Map<string, PodRunner>();
  private readonly reports = new Map<string, Reports>();
  private readonly deleting = new Set<string>();
  private stopping = false;

  constructor(cluster: Cluster, services: ServiceController, options: NodeAgentOptions) {
    this.cluster = cluster;
    this.options = options;
    this.services = services;
    this.tokens = new TokenCache(cluster.core);
    this.devices = new DeviceManager(options.nodes);
  }

  /** Starts the watches and runs whatever is or comes to be bound to a node. */
  async start(): Promise<void> {
    mkdirSync(this.options.pods, { recursive: true, mode: 0o700 });
    const { pods, services, secrets, configMaps } = this.cluster;
    pods.on("add", (pod) => {
      this.podChanged(pod);
    });
    pods.on("update", (pod) => {
      this.podChanged(pod);
    });
    pods.on("delete", (pod) => {
      this.podGone(pod);
    });
    const configuration = (object: { readonly metadata?: { readonly namespace?: string } }): void => {
      this.refresh(object.metadata?.namespace);
    };
    secrets.on("change", configuration);
    configMaps.on("change", configuration);
    services.on("change", () => {
      this.services.changed();
      this.refresh(undefined);
    });
    services.on("delete", () => {
      this.services.changed();
    });
    await startWatches(this.cluster);
    const devicesChanged = (): void => {
      this.devicesChanged();
    };
    this.cluster.nodes.on("change", devicesChanged);
    this.devicesChanged();
    await this.removeUnknown();
    this.services.changed();
    // Tokens and texts that hold addresses of pods change without an event on their sources.
    setInterval(() => {
      this.refresh(undefined);
    }, 30_000).unref();
  }

  /** Ends all containers; the pods stay in the cluster and are started again by the next agent. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.services.close();
    await Promise.all([...this.runners.values()].map((runner) => runner.stop(5)));
  }

  private readonly context = (): PodContext => ({
    directory: this.options.pods,
    claims: this.options.claims,
    nodes: this.options.nodes,
    apiServer: this.options.apiServer,
    sources: {
      configMap: (namespace, name) => this.cluster.configMaps.get(name, namespace),
      secret: (namespace, name) => this.cluster.secrets.get(name, namespace),
      token: (pod, audience, seconds) => this.tokens.get(pod, audience, seconds),
    },
    names: (namespace) => clusterNames(this.cluster.services.list(), this.cluster.pods.list(), namespace),
    writeKubeconfig: (file, tokenFile) => {
      const { host, port } = this.options.apiServer;
      writePrivate(
        file,
        kubeconfigWithTokenFile(
          `https://${host}:${String(port)}`,
          this.options.certificateAuthority,
          tokenFile,
        ),
      );
    },
    report: (pod, record, waiting) => {
      this.report(pod, record, waiting);
    },
  });

  private devicesChanged(): void {
    this.devices.update(this.cluster.nodes.list(), this.cluster.pods.list());
  }

  private podChanged(pod: V1Pod): void {
    this.services.changed();
    this.devicesChanged();
    const uid = pod.metadata?.uid ?? "";
    const runner = this.runners.get(uid);
    if (runner !== undefined) {
      runner.pod = pod;
      this.correct(pod, runner);
    }
    if (pod.metadata?.deletionTimestamp !== undefined) {
      void this.delete(pod, runner);
      return;
    }
    const ended = ["Succeeded", "Failed"].includes(pod.status?.phase ?? "");
    if (runner !== undefined || ended || this.stopping || (pod.status?.podIP ?? "") === "") {
      return;
    }
    const created = new PodRunner(pod, this.context());
    this.runners.set(uid, created);
    created.run().catch((error: unknown) => {
      console.error(`${keyOf(pod)}:`, error);
    });
    void this.annotate(pod, created.simulatedImages());
  }

  private podGone(pod: V1Pod): void {
    this.services.changed();
    this.devicesChanged();
    const uid = pod.metadata?.uid ?? "";
    const runner = this.runners.get(uid);
    this.runners.delete(uid);
    this.reports.delete(uid);
    if (runner !== undefined && !this.deleting.has(uid)) {
      void runner.stop(5).then(() => {
        runner.remove();
      });
    }
  }

  private async delete(pod: V1Pod, runner: PodRunner | undefined): Promise<void> {
    const { uid = "", name = "", namespace = "", deletionGracePeriodSeconds = 30 } = pod.metadata ?? {};
    if (this.deleting.has(uid)) {
      return;
    }
    this.deleting.add(uid);
    try {
      await runner?.stop(deletionGracePeriodSeconds);
      await this.cluster.core.deleteNamespacedPod({
        name,
        namespace,
        body: { gracePeriodSeconds: 0, preconditions: { uid } },
      });
    } catch (error) {
      if (![404, 409].includes(statusCode(error) ?? 0)) {
        console.error(`${keyOf(pod)}: could not be removed:`, error);
      }
    } finally {
      runner?.remove();
      this.deleting.delete(uid);
    }
  }

  private refresh(namespace: string | undefined): void {
    for (const runner of this.runners.values()) {
      if (namespace === undefined || runner.pod.metadata?.namespace === namespace) {
        runner.refresh().catch((error: unknown) => {
          console.error(`${keyOf(runner.pod)}: volumes:`, error);
        });
      }
    }
  }

  private async annotate(pod: V1Pod, images: readonly string[]): Promise<void> {
    if (images.length === 0) {
      return;
    }
    const { name = "", namespace = "" } = pod.metadata ?? {};
    const body = { metadata: { annotations: { [simulatedAnnotation]: images.join(",") } } };
    await this.cluster.core.patchNamespacedPod({ name, namespace, body }, merge).catch(() => undefined);
  }

  /** Reports a pod's status; while one report is under way the newest of the later ones waits. */
  private report(pod: V1Pod, record: PodRecord, waiting: string | undefined): void {
    if (this.stopping) {
      return;
    }
    const status = podStatus(pod, record, new Date());
    if (waiting !== undefined) {
      const state = { waiting: { reason: "ContainerCreating", message: waiting } };
      status.containerStatuses?.forEach((container) => {
        container.state = state;
      });
    }
    const uid = pod.metadata?.uid ?? "";
    const entry = this.reports.get(uid) ?? { last: "", version: 0, busy: false };
    entry.pending = status;
    this.reports.set(uid, entry);
    if (!entry.busy) {
      void this.flush(pod, entry);
    }
  }

  /** Tells a pod's status again when somebody else has changed it, as the kubelet does. */
  private correct(pod: V1Pod, runner: PodRunner): void {
    const entry = this.reports.get(pod.metadata?.uid ?? "");
    // A report that is under way, or waits, says what is so anyway; and what was so before the last one is no news.
    if (entry === undefined || entry.busy || entry.pending !== undefined || versionOf(pod) <= entry.version) {
      return;
    }
    if (entry.last !== "" && isOverruled(JSON.parse(entry.last) as V1PodStatus, pod.status)) {
      entry.last = "";
      runner.changed();
    }
  }

  private async flush(pod: V1Pod, entry: Reports): Promise<void> {
    const { name = "", namespace = "", uid = "" } = pod.metadata ?? {};
    entry.busy = true;
    let sent: V1PodStatus | undefined;
    try {
      while (entry.pending !== undefined) {
        const status = entry.pending;
        sent = status;
        entry.pending = undefined;
        const text = JSON.stringify(status);
        if (text !== entry.last) {
          // The uid keeps a late report of a pod from reaching its successor of the same name.
          const body = { metadata: { uid }, status };
          const told = await this.cluster.core.patchNamespacedPodStatus({ name, namespace, body }, strategic);
          entry.last = text;
          entry.version = versionOf(told);
        }
      }
    } catch (error) {
      if (![404, 409].includes(statusCode(error) ?? 0)) {
        console.error(`${keyOf(pod)}: status:`, error instanceof Error ? error.message : error);
        // The API server is away: what is so now is still to be told when it is back.
        entry.pending ??= sent;
        setTimeout(() => {
          if (!entry.busy && entry.pending !== undefined) {
            void this.flush(pod, entry);
          }
        }, 1000);
      }
    } finally {
      entry.busy = false;
    }
  }

  /** Ends and removes what is left of pods that are gone from the cluster. */
  private async removeUnknown(): Promise<void> {
    const known = new Set(this.cluster.pods.list().map((pod) => pod.metadata?.uid ?? ""));
    for (const entry of readdirSync(this.options.pods)) {
      const uid = entry.split("_").at(-1) ?? "";
      if (!known.has(uid)) {
        const directory = path.join(this.options.pods, entry);
        await endLeftovers(directory);
        rmSync(directory, { recursive: true, force: true });
      }
    }
  }
}
