import type { V1Pod, V1Service } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";

import { clusterNames } from "../../../local/node/names.ts";
import { backends, endpointSlice } from "../../../local/node/service-proxy.ts";
import { parsePublication } from "../../../local/node/services.ts";

const pod = (
  name: string,
  ip: string,
  ready = true,
  labels: Record<string, string> = { app: "a" },
): V1Pod => ({
  metadata: { name, namespace: "n", labels, uid: `uid-${name}` },
  spec: { containers: [{ name: "c", ports: [{ name: "web", containerPort: 9090 }] }] },
  status: { podIP: ip, conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
});
const service = (over: NonNullable<V1Service["spec"]> = {}): V1Service => ({
  metadata: { name: "s", namespace: "n", uid: "u", labels: { team: "x" } },
  spec: {
    clusterIP: "127.11.0.3",
    selector: { app: "a" },
    ports: [{ port: 80, targetPort: "web", name: "http" }],
    ...over,
  },
});

describe("backends", () => {
  const port = { port: 80, targetPort: "web" };

  it("are the ready pods that the selector matches, at the port that is named", () => {
    const pods = [
      pod("a", "127.10.0.2"),
      pod("b", "127.10.0.3", false),
      pod("c", "127.10.0.4", true, { app: "z" }),
    ];
    expect(backends(service(), port, pods)).toEqual([{ host: "127.10.0.2", port: 9090 }]);
  });

  it("are none for a Service without selector", () => {
    expect(backends(service({ selector: {} }), port, [pod("a", "127.10.0.2")])).toEqual([]);
  });
});

describe("endpointSlice", () => {
  it("names every pod with its readiness, in a stable order", () => {
    const slice = endpointSlice(service(), [pod("b", "127.10.0.3", false), pod("a", "127.10.0.2")]);
    expect(slice?.addressType).toBe("FQDN");
    expect(slice?.ports).toEqual([{ name: "http", port: 9090, protocol: "TCP" }]);
    expect(slice?.endpoints?.map(({ addresses, conditions }) => [addresses[0], conditions?.ready])).toEqual([
      ["127.10.0.2", true],
      ["127.10.0.3", false],
    ]);
    expect(slice?.metadata?.labels).toMatchObject({ "kubernetes.io/service-name": "s", team: "x" });
  });

  it("is not made for a Service without selector", () => {
    expect(endpointSlice(service({ selector: {} }), [])).toBeUndefined();
  });
});

describe("clusterNames", () => {
  it("gives a Service's address, a headless one's first ready pod and a StatefulSet's pods", () => {
    const member: V1Pod = pod("db-0", "127.10.0.9");
    member.spec = { containers: [], hostname: "db-0", subdomain: "h" };
    const headless: V1Service = {
      ...service({ clusterIP: "None" }),
      metadata: { name: "h", namespace: "n" },
    };
    const names = clusterNames([service(), headless], [pod("x", "127.10.0.8", false), member], "n");
    expect(names.get("s.n.svc")).toBe("127.11.0.3");
    expect(names.get("h.n.svc")).toBe("127.10.0.9");
    expect(names.get("db-0.h.n.svc")).toBe("127.10.0.9");
    expect(names.get("db-0.h")).toBe("127.10.0.9");
    expect(clusterNames([headless], [member], "other").get("db-0.h")).toBeUndefined();
  });
});

describe("parsePublication", () => {
  it("takes PORT=NAMESPACE/SERVICE:PORT and nothing else", () => {
    expect(parsePublication("9090=monitoring/prometheus:web")).toEqual({
      port: 9090,
      service: "monitoring/prometheus",
      servicePort: "web",
    });
    expect(() => parsePublication("monitoring/prometheus:web")).toThrow('got "monitoring/prometheus:web"');
  });
});
