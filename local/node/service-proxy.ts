import { createServer, connect, type Server, type Socket } from "node:net";

import type { V1EndpointSlice, V1Pod, V1Service, V1ServicePort } from "@kubernetes/client-node";

import { keyOf } from "./cluster.ts";
import { isReady, selects } from "./names.ts";

/** Address and port of a pod behind a Service. */
export interface Backend {
  readonly host: string;
  readonly port: number;
}

/** Port number of a pod that a Service's port leads to, or undefined when the pod has no such port. */
export function targetPort(pod: V1Pod, port: V1ServicePort): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === "number") {
    return target;
  }
  for (const container of pod.spec?.containers ?? []) {
    const found = container.ports?.find(({ name }) => name === target);
    if (found !== undefined) {
      return found.containerPort;
    }
  }
  return /^\d+$/.test(target) ? Number(target) : undefined;
}

/** Ready pods behind one port of a Service. */
export function backends(service: V1Service, port: V1ServicePort, pods: readonly V1Pod[]): Backend[] {
  return pods
    .filter((pod) => selects(service, pod) && isReady(pod))
    .flatMap((pod) => {
      const number = targetPort(pod, port);
      const host = pod.status?.podIP;
      return number === undefined || host === undefined ? [] : [{ host, port: number }];
    });
}

/**
 * The EndpointSlice of a Service.
 *
 * The API refuses loopback addresses of type IPv4. As host names (type FQDN) it takes them, and Prometheus' endpointslice
 * discovery uses them as they stand.
 *
 * @returns undefined for a Service without selector
 */
export function endpointSlice(service: V1Service, pods: readonly V1Pod[]): V1EndpointSlice | undefined {
  if (Object.keys(service.spec?.selector ?? {}).length === 0) {
    return undefined;
  }
  const { name = "", namespace = "", uid = "", labels = {} } = service.metadata ?? {};
  const members = pods
    .filter((pod) => selects(service, pod) && pod.status?.podIP !== undefined && pod.status.podIP !== "")
    .sort((a, b) => keyOf(a).localeCompare(keyOf(b)));
  const numbers = (port: V1ServicePort): number | undefined =>
    members.map((pod) => targetPort(pod, port)).find((number) => number !== undefined);
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: `${name}-local`,
      namespace,
      labels: {
        ...labels,
        "kubernetes.io/service-name": name,
        "endpointslice.kubernetes.io/managed-by": "node-agent.vllm-monitoring",
        ...(service.spec?.clusterIP === "None" ? { "service.kubernetes.io/headless": "" } : {}),
      },
      ownerReferences: [{ apiVersion: "v1", kind: "Service", name, uid, controller: true }],
    },
    addressType: "FQDN",
    endpoints: members.map((pod) => ({
      addresses: [pod.status?.podIP ?? ""],
      conditions: {
        ready: isReady(pod) || service.spec?.publishNotReadyAddresses === true,
        serving: isReady(pod),
        terminating: pod.metadata?.deletionTimestamp !== undefined,
      },
      ...(pod.spec?.hostname === undefined ? {} : { hostname: pod.spec.hostname }),
      ...(pod.spec?.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
      targetRef: {
        kind: "Pod",
        name: pod.metadata?.name ?? "",
        namespace,
        uid: pod.metadata?.uid ?? "",
      },
    })),
    ports: (service.spec?.ports ?? []).flatMap((port) => {
      const number = numbers(port);
      return number === undefined
        ? []
        : [{ name: port.name ?? "", port: number, protocol: port.protocol ?? "TCP" }];
    }),
  };
}

/** Forwards TCP connections from one address to the backends of a Service, in turn. */
export class Forwarder {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private turn = 0;

  /**
   * @param choose the backends at the time of a connection
   * @param failed called when the address cannot be listened on
   */
  constructor(host: string, port: number, choose: () => readonly Backend[], failed: (error: Error) => void) {
    this.server = createServer((incoming) => {
      const candidates = choose();
      const backend = candidates[this.turn++ % Math.max(candidates.length, 1)];
      if (backend === undefined) {
        incoming.destroy();
        return;
      }
      const outgoing = connect(backend);
      for (const [from, to] of [
        [incoming, outgoing],
        [outgoing, incoming],
      ] as const) {
        this.sockets.add(from);
        from.on("error", () => to.destroy());
        from.on("close", () => {
          this.sockets.delete(from);
          to.destroy();
        });
        from.pipe(to);
      }
    });
    this.server.on("error", failed);
    this.server.listen(port, host);
  }

  /** Stops listening and ends the open connections. */
  close(): void {
    this.server.close();
    this.sockets.forEach((socket) => socket.destroy());
  }
}
