/** Changes that keep clients, or Prometheus, from what they reached before, or let them in without TLS. */

import { expect, it } from "vitest";

import type { Snapshot } from "../../../review/model/snapshot.ts";
import { reportOn } from "./reporting.ts";
import { component, object, pick, sample, set } from "./sample.ts";

const apps = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "apps" } } };
const from = ["spec", "ingress", 0, "from"];

/** The sample with a gateway that is published by a route, an ingress with a certificate, and clients of a model. */
function withGateway(): Snapshot {
  const snapshot = sample();
  snapshot.resources.push(
    ...component("LiteLlmGateway", "gateway", (parent) => [
      object("apps/v1", "Deployment", "gateway", { spec: { replicas: 2 } }, parent),
      object("v1", "Service", "gateway", { spec: { ports: [{ port: 4000 }] } }, parent),
      object(
        "gateway.networking.k8s.io/v1",
        "HTTPRoute",
        "gateway",
        {
          spec: {
            hostnames: ["llm.example.com", "chat.example.com"],
            parentRefs: [{ name: "public", sectionName: "https" }],
          },
        },
        parent,
      ),
    ]),
    object("networking.k8s.io/v1", "Ingress", "grafana", {
      spec: {
        rules: [{ host: "grafana.example.com" }],
        tls: [{ hosts: ["grafana.example.com"], secretName: "tls" }],
      },
    }),
  );
  set(pick(snapshot, "NetworkPolicy", "llama"), [...from, 1], apps);
  return snapshot;
}

interface Loss {
  plant: (head: Snapshot) => void;
  says?: string[];
  saysNot?: string[];
}

const high = "**High:** ";
const losses: Record<string, Loss> = {
  "a host that goes": {
    plant: (head) => {
      set(pick(head, "HTTPRoute", "gateway"), ["spec", "hostnames"], ["chat.example.com"]);
    },
    says: [
      `${high}Way in lost: \`HTTPRoute gateway\` no longer publishes llm.example.com`,
      "- `HTTPRoute gateway` no longer publishes llm.example.com",
    ],
    saysNot: ["Public exposure"],
  },
  "a wildcard instead of hosts": {
    plant: (head) => {
      set(pick(head, "HTTPRoute", "gateway"), ["spec", "hostnames"], ["*.example.com"]);
    },
    says: [`${high}Public exposure: \`HTTPRoute gateway\` publishes`],
    saysNot: ["Way in lost"],
  },
  "an ingress without a certificate": {
    plant: (head) => {
      set(pick(head, "Ingress", "grafana"), ["spec", "tls"], undefined);
    },
    says: [
      `${high}Without TLS: \`Ingress grafana\` clients reach it without TLS on grafana.example.com`,
      "- `Ingress grafana` clients reach it without TLS",
    ],
  },
  "plain HTTP that is no longer redirected": {
    plant: (head) => {
      set(pick(head, "Ingress", "grafana"), ["metadata", "annotations"], {
        "nginx.ingress.kubernetes.io/ssl-redirect": "false",
      });
    },
    says: [`${high}Without TLS: \`Ingress grafana\` clients reach it without TLS as well`],
  },
  "a route on another listener": {
    plant: (head) => {
      set(pick(head, "HTTPRoute", "gateway"), ["spec", "parentRefs", 0, "sectionName"], undefined);
    },
    says: [
      `${high}Without TLS: \`HTTPRoute gateway\` clients may reach it without TLS: listener https, now any`,
    ],
  },
  "a gateway that goes": {
    plant: (head) => {
      const { urn } = pick(head, "LiteLlmGateway", "gateway");
      head.resources = head.resources.filter((resource) => resource.urn !== urn && resource.parent !== urn);
    },
    says: [
      `${high}Gateway gone: \`LiteLlmGateway gateway\`; its clients lose \`gateway.vllm.svc:4000\``,
      `${high}Way in lost: \`HTTPRoute gateway\` deleted: clients of llm.example.com, chat.example.com lose it`,
    ],
  },
  "Prometheus that is cut off from every model": {
    plant: (head) => {
      set(pick(head, "NetworkPolicy", "llama"), from, [apps]);
      set(pick(head, "NetworkPolicy", "bge"), from, [apps]);
    },
    says: [
      `${high}Prometheus may no longer scrape the pods of 2 network policies: \`NetworkPolicy bge\`, \`NetworkPolicy llama\``,
    ],
    saysNot: ["may no longer reach"],
  },
  "Prometheus alone of its namespace": {
    plant: (head) => {
      set(pick(head, "NetworkPolicy", "llama"), [...from, 0, "podSelector"], {
        matchLabels: { "app.kubernetes.io/name": "prometheus" },
      });
    },
    says: ["**Medium:** Every pod of namespaces monitoring on TCP 8000 may no longer reach the pods of"],
    saysNot: ["may no longer scrape"],
  },
  "another client that is cut off": {
    plant: (head) => {
      set(pick(head, "NetworkPolicy", "llama"), [...from, 1], undefined);
    },
    says: [
      "**Medium:** Every pod of namespaces apps on TCP 8000 may no longer reach the pods of 1 network policy: `NetworkPolicy llama`",
    ],
    saysNot: ["may no longer scrape"],
  },
  "the whole cluster that is let in": {
    plant: (head) => {
      set(pick(head, "NetworkPolicy", "llama"), from, [{ namespaceSelector: {} }]);
    },
    says: [
      `${high}Public exposure: \`NetworkPolicy llama\` lets in: every pod of all namespaces on TCP 8000`,
    ],
    saysNot: ["may no longer"],
  },
  "a model that goes with its policy": {
    plant: (head) => {
      const { urn } = pick(head, "VllmDeployment", "llama");
      head.resources = head.resources.filter((resource) => resource.urn !== urn && resource.parent !== urn);
    },
    saysNot: ["may no longer"],
  },
};

it.each(Object.entries(losses))("tells %s", (_, { plant, says = [], saysNot = [] }) => {
  const head = withGateway();
  plant(head);
  const { markdown } = reportOn(withGateway(), head);
  for (const part of says) expect(markdown).toContain(part);
  for (const part of saysNot) expect(markdown).not.toContain(part);
});

it("tells a Service that can't be reached from outside any more", () => {
  const base = withGateway();
  set(pick(base, "Service", "llama"), ["spec", "type"], "LoadBalancer");
  expect(reportOn(base, withGateway()).markdown).toContain(
    `${high}Way in lost: \`Service llama\` is ClusterIP, before LoadBalancer`,
  );
});

it("tells where the pods of a policy may no longer go", () => {
  const egress = (...peers: object[]) => {
    const snapshot = withGateway();
    const llama = pick(snapshot, "NetworkPolicy", "llama");
    set(llama, ["spec", "policyTypes"], ["Ingress", "Egress"]);
    set(llama, ["spec", "egress"], [{ to: peers as never, ports: [{ port: 443 }] }]);
    return snapshot;
  };
  const { markdown } = reportOn(egress(apps, { ipBlock: { cidr: "10.0.0.0/8" } }), egress(apps));
  expect(markdown).toContain(
    "**Medium:** Addresses 10.0.0.0/8 on TCP 443 may no longer be reached by the pods of 1 network policy",
  );
});

it("tells nothing where nothing changed", () => {
  expect(reportOn(withGateway(), withGateway()).isEmpty).toBe(true);
});
