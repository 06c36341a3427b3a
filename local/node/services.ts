import type { V1EndpointSlice, V1Service } from "@kubernetes/client-node";

import { keyOf, statusCode, type Cluster } from "./cluster.ts";
import { backends, endpointSlice, Forwarder } from "./service-proxy.ts";

/** A fixed port on 127.0.0.1 that leads to a Service. */
export interface Publication {
  readonly port: number;
  /** `namespace/name` of the Service. */
  readonly service: string;
  /** Number or name of the Service's port. */
  readonly servicePort: string;
}

/** Parses `PORT=NAMESPACE/SERVICE:PORT`. */
export function parsePublication(text: string): Publication {
  const match = /^(\d+)=([^/]+\/[^:]+):(.+)$/.exec(text);
  if (match === null) {
    throw new Error(`--publish: got "${text}"; expected PORT=NAMESPACE/SERVICE:PORT`);
  }
  return { port: Number(match[1]), service: match[2] ?? "", servicePort: match[3] ?? "" };
}

/** Plays kube-proxy and the endpointslice controller for all Services. */
export class ServiceController {
  private readonly cluster: Cluster;
  private readonly forwarders = new Map<string, Forwarder>();
  private readonly published = new Map<string, string>();
  private scheduled = false;

  constructor(cluster: Cluster, publications: readonly Publication[]) {
    this.cluster = cluster;
    for (const { port, service, servicePort } of publications) {
      this.listen(`127.0.0.1:${String(port)}`, "127.0.0.1", port, service, servicePort);
    }
  }

  /** Looks at all Services and pods again soon; many changes at once cost one look. */
  changed(): void {
    if (!this.scheduled) {
      this.scheduled = true;
      setTimeout(() => {
        this.scheduled = false;
        this.synchronise().catch((error: unknown) => {
          console.error("services:", error instanceof Error ? error.message : error);
        });
      }, 100);
    }
  }

  /** Ends all forwarding. */
  close(): void {
    this.forwarders.forEach((forwarder) => {
      forwarder.close();
    });
    this.forwarders.clear();
  }

  private listen(key: string, host: string, port: number, service: string, servicePort: string): void {
    const choose = () => {
      const [namespace = "", name = ""] = service.split("/");
      const found = this.cluster.services.get(name, namespace);
      const wanted = found?.spec?.ports?.find(
        (candidate) => String(candidate.port) === servicePort || candidate.name === servicePort,
      );
      return found === undefined || wanted === undefined
        ? []
        : backends(found, wanted, this.cluster.pods.list(namespace));
    };
    this.forwarders.set(
      key,
      new Forwarder(host, port, choose, (error) => {
        console.error(`services: ${key} for ${service}: ${error.message}`);
        this.forwarders.delete(key);
      }),
    );
  }

  private async synchronise(): Promise<void> {
    const services = this.cluster.services.list();
    const wanted = new Set<string>();
    for (const service of services) {
      const address = service.spec?.clusterIP ?? "None";
      for (const port of service.spec?.ports ?? []) {
        const key = `${address}:${String(port.port)}`;
        if (address.startsWith("127.") && port.protocol !== "UDP" && service.spec?.selector !== undefined) {
          wanted.add(key);
          if (!this.forwarders.has(key)) {
            this.listen(key, address, port.port, keyOf(service), String(port.port));
          }
        }
      }
    }
    for (const [key, forwarder] of this.forwarders) {
      if (!wanted.has(key) && !key.startsWith("127.0.0.1:")) {
        forwarder.close();
        this.forwarders.delete(key);
      }
    }
    for (const service of services) {
      await this.publish(service);
    }
  }

  private async publish(service: V1Service): Promise<void> {
    const slice = endpointSlice(service, this.cluster.pods.list(service.metadata?.namespace));
    const key = keyOf(service);
    if (slice === undefined) {
      return;
    }
    const text = JSON.stringify(slice);
    if (this.published.get(key) === text) {
      return;
    }
    try {
      await this.write(slice);
      this.published.set(key, text);
    } catch (error) {
      // The Service or its namespace is going away; anything else shows at the next change.
      if (![403, 404].includes(statusCode(error) ?? 0)) {
        throw error;
      }
    }
  }

  private async write(slice: V1EndpointSlice): Promise<void> {
    const name = slice.metadata?.name ?? "";
    const namespace = slice.metadata?.namespace ?? "";
    try {
      await this.cluster.discovery.replaceNamespacedEndpointSlice({ name, namespace, body: slice });
    } catch (error) {
      if (statusCode(error) !== 404) {
        throw error;
      }
      await this.cluster.discovery.createNamespacedEndpointSlice({ namespace, body: slice });
    }
  }
}
