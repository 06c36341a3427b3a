/** Policies about workloads: each is violated by what it forbids and by nothing beside it. */
import { describe, expect, test } from "vitest";
import {
  deployment,
  goodContainer,
  guard,
  labels,
  monitor,
  object,
  served,
  service,
  verdicts,
} from "./resources.ts";

test("a model that is served as it should be violates nothing", () => {
  expect(verdicts(...served(service()))).toEqual([]);
});

describe("image-versions", () => {
  const digest = `sha256:${"a".repeat(64)}`;

  test.each([
    "vllm/vllm-openai:v0.33.0",
    `vllm/vllm-openai@${digest}`,
    `registry.example.com:5000/vllm/vllm-openai:latest@${digest}`,
    "registry.example.com:5000/vllm/vllm-openai:v1",
  ])("takes %s", (image) => {
    expect(verdicts(...[deployment({ image }), monitor(), guard()])).toEqual([]);
  });

  test.each([
    ["vllm/vllm-openai:latest", "has the tag latest"],
    ["vllm/vllm-openai", "names no version"],
    ["registry.example.com:5000/vllm-openai", "names no version"],
    ["vllm/vllm-openai@sha256:abc", "is no image reference"],
    ["", "is no image reference"],
  ])("refuses %j", (image, reason) => {
    expect(verdicts(deployment({ image }), monitor(), guard())).toEqual([
      `image-versions: container vllm: the image ${JSON.stringify(image)} ${reason}; write repository:tag or repository@sha256:…`,
    ]);
  });

  test.each([
    ["batch/v1:CronJob", { jobTemplate: { spec: { template: "POD" } } }],
    ["batch/v1:Job", { template: "POD" }],
    ["apps/v1:DaemonSet", { template: "POD" }],
    ["leaderworkerset.x-k8s.io/v1:LeaderWorkerSet", { leaderWorkerTemplate: { workerTemplate: "POD" } }],
    ["ray.io/v1:RayService", { rayClusterConfig: { workerGroupSpecs: [{ template: "POD" }] } }],
  ])("looks into %s", (token, spec) => {
    const pod = {
      spec: { initContainers: [{ ...goodContainer, resources: quiet, image: "busybox" }], containers: [] },
    };
    const filled = JSON.parse(JSON.stringify(spec).replace('"POD"', JSON.stringify(pod))) as object;
    expect(verdicts(object(token, { spec: filled }))).toEqual([expect.stringContaining("busybox")]);
  });

  test("looks at the images that Prometheus' operator is told", () => {
    const image = "quay.io/prometheus/prometheus:latest";
    expect(
      verdicts(object("monitoring.coreos.com/v1:Prometheus", { spec: { image, thanos: { image } } })),
    ).toEqual([expect.stringContaining("spec.image"), expect.stringContaining("spec.thanos.image")]);
  });
});

const quiet = { requests: { cpu: "1", memory: "1Gi" }, limits: { memory: "1Gi" } };

describe("container-resources", () => {
  test.each([
    [{}, "resources.requests.cpu, resources.requests.memory, resources.limits.memory"],
    [{ requests: { cpu: "1", memory: "1Gi" } }, "resources.limits.memory"],
    [{ requests: { memory: "1Gi" }, limits: { memory: "1Gi" } }, "resources.requests.cpu"],
  ])("refuses %j", (resources, missing) => {
    const pod = object("core/v1:Pod", { spec: { containers: [{ name: "c", image: "a/b:v1", resources }] } });
    expect(verdicts(pod)).toEqual([`container-resources: container c lacks ${missing}; add them`]);
  });

  test("takes a container without a limit of CPU", () => {
    expect(
      verdicts(
        object("core/v1:Pod", { spec: { containers: [{ name: "c", image: "a/b:v1", resources: quiet }] } }),
      ),
    ).toEqual([]);
  });
});

describe("monitored-pods", () => {
  test("asks nothing of a Job that runs the model's image once", () => {
    const server = deployment();
    const copied = { ...server, type: "kubernetes:batch/v1:Job" };
    expect(verdicts(server).join()).toContain("monitored-pods");
    expect(verdicts(copied).join()).not.toContain("monitored-pods");
  });

  const missing = expect.stringContaining("monitored-pods: no PodMonitor or ServiceMonitor") as unknown;

  test.each([
    ["none", []],
    ["of other labels", [monitor({ selector: { matchLabels: { app: "other" } } })]],
    ["of another namespace", [monitor({ namespaceSelector: { matchNames: ["other"] } })]],
    [
      "by expression of other values",
      [monitor({ selector: { matchExpressions: [{ key: "app", operator: "NotIn", values: ["llama"] }] } })],
    ],
    [
      "by a Service that leads elsewhere",
      [
        object("monitoring.coreos.com/v1:ServiceMonitor", { spec: { selector: { matchLabels: labels } } }),
        service({ selector: { app: "other" } }),
      ],
    ],
  ])("misses a monitor: %s", (_, others) => {
    expect(verdicts(deployment(), guard(), ...others)).toEqual([missing]);
  });

  test.each([
    ["of any namespace", [monitor({ namespaceSelector: { any: true } })]],
    [
      "by expression",
      [
        monitor({
          selector: {
            matchExpressions: [
              { key: "app", operator: "Exists" },
              { key: "x", operator: "DoesNotExist" },
            ],
          },
        }),
      ],
    ],
    [
      "through a Service",
      [
        object("monitoring.coreos.com/v1:ServiceMonitor", { spec: { selector: { matchLabels: labels } } }),
        service(),
      ],
    ],
  ])("finds one: %s", (_, others) => {
    expect(verdicts(deployment(), guard(), ...others)).toEqual([]);
  });

  test("asks for none of pods that serve no model", () => {
    const pod = { containers: [{ name: "c", image: "a/b:v1", resources: quiet }] };
    expect(
      verdicts(object("apps/v1:Deployment", { spec: { template: { metadata: { labels }, spec: pod } } })),
    ).toEqual([]);
  });

  const group = (leader: boolean) =>
    object("leaderworkerset.x-k8s.io/v1:LeaderWorkerSet", {
      spec: {
        leaderWorkerTemplate: {
          workerTemplate: { metadata: { labels }, spec: { containers: [goodContainer] } },
          ...(leader
            ? { leaderTemplate: { metadata: { labels }, spec: { containers: [goodContainer] } } }
            : {}),
        },
      },
    });

  test("of a group of nodes asks for the leader alone", () => {
    const leaders = { matchLabels: { ...labels, "leaderworkerset.sigs.k8s.io/worker-index": "0" } };
    expect(verdicts(group(true), guard(), monitor({ selector: leaders }))).toEqual([]);
    expect(verdicts(group(true), guard())).toHaveLength(1);
    expect(verdicts(group(false), guard())).toHaveLength(1);
  });

  test("takes the labels that KubeRay adds as they come", () => {
    const cluster = object("ray.io/v1:RayCluster", {
      spec: {
        workerGroupSpecs: [{ template: { metadata: { labels }, spec: { containers: [goodContainer] } } }],
      },
    });
    const workers = monitor({ selector: { matchLabels: { ...labels, "ray.io/node-type": "worker" } } });
    expect(verdicts(cluster, guard(), workers)).toEqual([]);
  });
});

describe("closed-metrics", () => {
  const only = (message: string) => [expect.stringContaining(`closed-metrics: ${message}`) as unknown];

  test.each([
    [{ type: "LoadBalancer" }, "is of type LoadBalancer and leads to Deployment thing"],
    [{ type: "NodePort" }, "is of type NodePort"],
    [{ externalIPs: ["203.0.113.7"] }, "is with external addresses"],
  ])("refuses a Service %j", (spec, message) => {
    expect(verdicts(...served(service(spec)))).toEqual(only(message));
  });

  test("takes an open Service to pods that nobody scrapes", () => {
    expect(verdicts(...served(service({ type: "LoadBalancer", selector: { app: "gateway" } })))).toEqual([]);
  });

  const ingress = (path: string, pathType = "Prefix") =>
    object("networking.k8s.io/v1:Ingress", {
      spec: { rules: [{ http: { paths: [{ path, pathType, backend: { service: { name: "llama" } } }] } }] },
    });

  test.each([
    ["/", "Prefix"],
    ["/metrics", "Prefix"],
    ["/met", "ImplementationSpecific"],
    ["/metrics", "Exact"],
  ])("refuses an Ingress of %s %s", (path, type) => {
    expect(verdicts(...served(service(), ingress(path, type)))).toEqual(
      only(`leads ${path} to Deployment thing`),
    );
  });

  test("refuses an Ingress whose default is the model", () => {
    const open = object("networking.k8s.io/v1:Ingress", {
      spec: { defaultBackend: { service: { name: "llama" } } },
    });
    expect(verdicts(...served(service(), open))).toEqual(only("leads / to"));
  });

  test("takes an Ingress of the API alone, and one to another Service", () => {
    expect(verdicts(...served(service(), ingress("/v1"), ingress("/", "Exact")))).toEqual([]);
    expect(verdicts(...served(ingress("/")))).toEqual([]);
  });

  const route = (...rules: object[]) => object("gateway.networking.k8s.io/v1:HTTPRoute", { spec: { rules } });
  const backendRefs = [{ name: "llama", port: 8000 }];
  const path = (value: string, type = "PathPrefix") => [{ path: { value, type } }];

  test("refuses a route of everything, unless /metrics ends before it", () => {
    expect(verdicts(...served(service(), route({ backendRefs })))).toEqual(only("leads / to"));
    const closed = route({ backendRefs, matches: path("/") }, { matches: path("/metrics") });
    expect(verdicts(...served(service(), closed))).toEqual([]);
    expect(verdicts(...served(service(), route({ backendRefs, matches: path("/v1") })))).toEqual([]);
  });

  test.each([
    ["without peers", { ingress: [{ ports: [{ port: 8000 }] }] }],
    ["of the internet", { ingress: [{ from: [{ ipBlock: { cidr: "0.0.0.0/0" } }] }] }],
    ["of a range with the port", { ingress: [{ ports: [{ port: 7000, endPort: 9000 }] }] }],
    ["of the port's name", { ingress: [{ ports: [{ port: "http" }] }] }],
  ])("refuses a NetworkPolicy %s", (_, spec) => {
    expect(verdicts(deployment(), monitor(), guard(spec))).toEqual(
      only("lets anybody reach Deployment thing"),
    );
  });

  test("takes a NetworkPolicy that opens another port", () => {
    expect(verdicts(...served(guard({ ingress: [{ ports: [{ port: 9000 }] }] })))).toEqual([]);
  });

  test.each([
    ["none", []],
    ["of other pods", [guard({ podSelector: { matchLabels: { app: "other" } } })]],
    ["of Egress alone", [guard({ policyTypes: ["Egress"], ingress: [] })]],
  ])("misses a NetworkPolicy: %s", (_, policies) => {
    expect(verdicts(deployment(), monitor(), ...policies)).toEqual(only("no NetworkPolicy of the stack"));
  });
});
