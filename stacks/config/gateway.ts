import { z } from "zod";
import { expects } from "./messages.ts";
import {
  byteQuantity,
  choice,
  cpuQuantity,
  dnsLabel,
  flag,
  imageByDigest,
  integer,
  list,
  mapping,
  secretKey,
  text,
} from "./types.ts";

const kind = <const Kind extends string>(value: Kind, description: string) =>
  z.literal(value).meta({ description });

const hosts = list(
  text(
    /^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$/,
    "a host name such as llm.example.com",
    "leave out scheme, port and path",
  ),
  "host names",
)
  .min(1, { error: expects("at least one host name") })
  .meta({ description: "Host names under which clients reach the gateway." });

const paths = list(text(/^\/[A-Za-z0-9._~/-]*$/, "an absolute path such as /v1"), "paths")
  .default(["/v1"])
  .meta({
    description: "Paths that are let through, each with all below it. Never /metrics or the administration.",
  });

const nginx = mapping(
  {
    kind: kind("nginx", "An Ingress for an NGINX controller."),
    hosts,
    paths,
    className: dnsLabel.default("nginx").meta({ description: "IngressClass." }),
    controllerNamespace: dnsLabel
      .default("ingress-nginx")
      .meta({ description: "Namespace of the controller's pods." }),
    tlsSecret: dnsLabel
      .optional()
      .meta({ description: "Secret with the hosts' certificate. Needed unless allowPlainHttp." }),
    allowPlainHttp: flag
      .default(false)
      .meta({ description: "Serve without TLS, where it ends in front of the controller." }),
  },
  "An Ingress for an NGINX controller, the community's or F5's.",
);

const gatewayApi = mapping(
  {
    kind: kind("gateway-api", "An HTTPRoute of the Gateway API."),
    hosts,
    paths,
    gateway: dnsLabel.meta({ description: "Gateway that the route attaches to." }),
    gatewayNamespace: dnsLabel
      .optional()
      .meta({ description: "Namespace of that Gateway. Default: the route's own." }),
    sectionName: dnsLabel.optional().meta({ description: "Listener of that Gateway. Default: all." }),
    dataPlaneNamespace: dnsLabel
      .optional()
      .meta({ description: "Namespace of the pods that carry the traffic. Default: that of the Gateway." }),
  },
  "An HTTPRoute for a Gateway that exists.",
);

const routing = mapping(
  {
    retries: integer(0, 20)
      .default(2)
      .meta({ description: "Further tries of a failed request, on another replica of the gateway's entry." }),
    allowedFailures: integer(1, 10_000).default(5).meta({
      description: "Failures of an engine in a minute after which it gets no requests for a while.",
    }),
    cooldownSeconds: integer(1, 3600, "seconds")
      .default(30)
      .meta({ description: "How long such an engine gets none." }),
    fallbacks: z
      .record(text(/\S/, "the name of a model"), list(text(/\S/, "the name of a model"), "names of models"), {
        error: expects("a mapping of servedModelName to the names that take over"),
      })
      .default({})
      .meta({ description: "Served names of models that take over, in order, by the one that failed." }),
  },
  "How requests are tried again.",
);

const redis = mapping(
  {
    host: text(/^[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?$/, "a host name", "leave out scheme and port").meta({
      description: "Host of the Redis.",
    }),
    port: integer(1, 65_535).default(6379).meta({ description: "Its port." }),
    passwordFromSecret: secretKey.optional().meta({
      description: "Name of the secret configuration key that holds the password. Default: none.",
    }),
  },
  "Redis in which pods share rate limits and engines that are left out. Default: each pod counts for itself.",
);

export const gatewaySchema = mapping(
  {
    namespace: dnsLabel.default("gateway").meta({ description: "Namespace of the gateway." }),
    image: imageByDigest.meta({ description: "LiteLLM image, pinned by digest." }),
    replicas: integer(1, 1000)
      .optional()
      .meta({ description: "Pods. Default 2; left out with autoscaling." }),
    autoscaling: mapping(
      {
        minReplicas: integer(1, 1000).default(2).meta({ description: "Fewest pods." }),
        maxReplicas: integer(1, 1000).meta({ description: "Most pods." }),
        targetCpuPercent: integer(1, 100, "percent")
          .default(70)
          .meta({ description: "Mean CPU of the pods, in percent of what they request." }),
      },
      "An autoscaler on CPU. Default: none.",
    ).optional(),
    workers: integer(1, 64).default(2).meta({ description: "Worker processes of a pod." }),
    requestTimeoutSeconds: integer(1, 86_400, "seconds")
      .default(600)
      .meta({ description: "Time for a whole answer." }),
    drainSeconds: integer(1, 3600, "seconds")
      .default(120)
      .meta({ description: "Time for requests in flight when a pod stops." }),
    metricsAccess: choice(["listener", "bearer"]).default("listener").meta({
      description:
        "Where Prometheus scrapes: a listener of its own that only its namespace reaches, or the gateway with the master key.",
    }),
    masterKeyFromSecret: secretKey.meta({
      description:
        "Name of the secret configuration key that holds the master key (at least 16 characters, usually sk-…).",
    }),
    databaseUrlFromSecret: secretKey.optional().meta({
      description:
        "Name of the secret configuration key that holds the URL of a PostgreSQL database, for keys, teams and budgets. Default: none.",
    }),
    routing: routing.prefault({}),
    redis: redis.optional(),
    clientNamespaces: list(dnsLabel, "namespaces")
      .default([])
      .meta({ description: "Namespaces whose pods may send requests, besides the ingress." }),
    ingress: z
      .discriminatedUnion("kind", [nginx, gatewayApi])
      .optional()
      .meta({ description: "How requests get in from outside of the cluster. Default: they don't." }),
    resources: mapping(
      {
        cpu: cpuQuantity.optional().meta({ description: "CPU request, in cores." }),
        memory: byteQuantity.optional().meta({ description: "Memory request and limit." }),
      },
      "CPU and memory of one pod. Default: the component's own, by the number of workers.",
    ).prefault({}),
  },
  "LiteLLM proxy in front of all models. Default: none.",
);

export type GatewaySettings = z.output<typeof gatewaySchema>;
