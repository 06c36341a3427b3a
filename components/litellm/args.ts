/** Arguments of a `LiteLlmGateway`. */
import type * as pulumi from "@pulumi/pulumi";
import type { SecretKeyArgs } from "../vllm/model-args.ts";
import type { VllmClientArgs, VllmTolerationArgs } from "../vllm/pod-args.ts";
import type { GatewayIngressArgs } from "./ingress-args.ts";

type Input<T> = pulumi.Input<T>;

/** An engine that the gateway sends requests to. */
export interface GatewayModelArgs {
  /** Value of the label `model_id`; unique among the entries, so that the series of one engine stay its own. */
  id: string;
  /** Name that clients use as `model`. Entries of one name share its requests. */
  name: Input<string>;
  /** Base URL without a path, such as `VllmDeployment.endpoint`. */
  endpoint: Input<string>;
  /** Name under which the engine serves the model. Default: `name`. */
  servedName?: Input<string>;
  /** Key that the engine asks for. Default: none. */
  apiKeySecret?: SecretKeyArgs;
  /** Seconds for a whole answer. Default: `requestTimeoutSeconds` of the gateway. */
  timeoutSeconds?: Input<number>;
  /** Requests under way at once from one worker to this engine; more wait or go elsewhere. Default: no limit. */
  maxParallelRequests?: Input<number>;
  /** Dollars for a million prompt tokens. Without prices the spend of a self-hosted model stays 0. */
  promptPricePerMillion?: Input<number>;
  /** Dollars for a million generated tokens. */
  outputPricePerMillion?: Input<number>;
}

/** How requests are tried again. */
export interface GatewayRoutingArgs {
  /** Further tries of a failed request, on another engine where there is one. Default 2. */
  retries?: Input<number>;
  /** Failures of an engine in a minute after which it gets no requests for a while. Default 5. */
  allowedFailures?: Input<number>;
  /** Seconds without requests for such an engine. Default 30. */
  cooldownSeconds?: Input<number>;
  /** Names of models that take over, in order, by the name that failed. Default: none. */
  fallbacks?: Record<string, string[]>;
}

/** Where Prometheus reads the metrics. */
export const GatewayMetricsAccess = {
  /**
   * A listener of its own process on port 4001, without authentication: only Prometheus' namespace gets there, Prometheus
   * holds no key, and a scrape takes no time from the workers.
   */
  Listener: "listener",
  /** `/metrics/` of the gateway itself, with a key of it as a bearer token. */
  Bearer: "bearer",
} as const;
export type GatewayMetricsAccess = (typeof GatewayMetricsAccess)[keyof typeof GatewayMetricsAccess];

/** Metrics of the gateway. */
export interface GatewayMetricsArgs {
  /** Default `listener`. */
  access?: GatewayMetricsAccess;
  /** Secret with the bearer token, for access `bearer`. Default: the master key; with a database, give a key without rights. */
  bearerSecret?: SecretKeyArgs;
  /**
   * Labels that series may have. Default: all but those that multiply with clients (end_user, user, user_email, client_ip,
   * user_agent, hashed_api_key).
   */
  labels?: Input<Input<string>[]>;
  /** Series of one metric, over which further ones become one. A bound that holds for any label. Default 5000. */
  maxSeriesPerMetric?: Input<number>;
  /** Default: Prometheus' own (15 s in this project). A Prometheus duration. */
  interval?: Input<string>;
  /** Default: 10 s, or the interval when that is shorter. At most the interval. */
  timeout?: Input<string>;
  /** A scrape with more samples fails as a whole and shows as down. Default: no limit. */
  sampleLimit?: Input<number>;
  /** Labels of the PodMonitor, for a Prometheus that selects by label. */
  monitorLabels?: Input<Record<string, Input<string>>>;
}

/** How a pod stops: it leaves the endpoints, waits `preStopSeconds` for that to spread, then ends what runs. */
export interface GatewayDrainArgs {
  /** Default 10. */
  preStopSeconds?: Input<number>;
  /** Seconds for requests in flight (GRACEFUL_SHUTDOWN_TIMEOUT). Default 120. */
  requestSeconds?: Input<number>;
  /** Default: the sum of both and 15 seconds to exit; less than that is refused. */
  terminationGracePeriodSeconds?: Input<number>;
}

/** An autoscaler on the pods' CPU: it owns the number of replicas. */
export interface GatewayAutoscalingArgs {
  /** Default 2. */
  minReplicas?: Input<number>;
  maxReplicas: Input<number>;
  /** Mean CPU of the pods in percent of what they request. Default 70. */
  targetCpuPercent?: Input<number>;
}

/** CPU and memory of one pod, as Kubernetes quantities. */
export interface GatewayResourcesArgs {
  /** Default: half a core for each worker. */
  cpuRequest?: Input<string>;
  /** Default: none, because throttling shows as latency. */
  cpuLimit?: Input<string>;
  /** Request and limit. Default: 512 MiB and 768 MiB for each worker: an estimate, to be set by what is measured. */
  memory?: Input<string>;
}

/** Store that replicas share. */
export interface GatewayRedisArgs {
  host: Input<string>;
  /** Default 6379. */
  port?: Input<number>;
  /** Password. Default: none. */
  passwordSecret?: SecretKeyArgs;
}

/** Who may reach the gateway, besides its ingress and Prometheus. */
export interface GatewayNetworkArgs {
  /** Pods that send requests. Default: none. */
  clients?: Input<Input<VllmClientArgs>[]>;
  /** Namespace whose pods may scrape. Default `monitoring`. */
  monitoringNamespace?: Input<string>;
}

/** Which nodes the pods may run on. */
export interface GatewaySchedulingArgs {
  nodeSelector?: Input<Record<string, Input<string>>>;
  /** Default: none. */
  tolerations?: Input<Input<VllmTolerationArgs>[]>;
  priorityClassName?: Input<string>;
}

/** An environment variable: either a value or a reference to a Secret. */
export interface GatewayEnvironmentVariableArgs {
  name: string;
  value?: Input<string>;
  secret?: SecretKeyArgs;
}

/** Arguments of `LiteLlmGateway`. */
export interface LiteLlmGatewayArgs {
  /** Name of the Deployment, the Service and the rest. Default: the component's name. A DNS label of at most 46 characters. */
  name?: string;
  /** Namespace; it must exist. */
  namespace: Input<string>;
  /** Image with its digest, `ghcr.io/berriai/litellm[:tag]@sha256:…`, LiteLLM 1.109 or newer. */
  image: Input<string>;
  /** Accept an image without a digest, whose content may change under the same tag. Default false. */
  allowImageWithoutDigest?: boolean;
  /** Names of Secrets with registry credentials. */
  imagePullSecrets?: Input<Input<string>[]>;
  /** The engines, at least one. */
  models: GatewayModelArgs[];
  /** Key with all rights; the component keeps it in a Secret of its own. At least 16 characters; usually sk-… */
  masterKey?: Input<string>;
  /** Secret that holds the key already, instead of `masterKey`. */
  masterKeySecret?: SecretKeyArgs;
  /** Secret with the URL of a PostgreSQL database for keys, teams and budgets. Default: none, the master key is the only one. */
  databaseUrlSecret?: SecretKeyArgs;
  /** Store for rate limits and for engines that are left out, so that replicas share them. Default: each counts for itself. */
  redis?: GatewayRedisArgs;
  /** Pods. Default 2; left out of the Deployment when `autoscaling` is given. */
  replicas?: Input<number>;
  autoscaling?: GatewayAutoscalingArgs;
  /** Worker processes of a pod. Default 2. */
  workers?: Input<number>;
  /** Seconds for a whole answer. Default 600. */
  requestTimeoutSeconds?: Input<number>;
  routing?: GatewayRoutingArgs;
  metrics?: GatewayMetricsArgs;
  drain?: GatewayDrainArgs;
  resources?: GatewayResourcesArgs;
  network?: GatewayNetworkArgs;
  /** How requests get in from outside of the cluster. Default: they don't. */
  ingress?: GatewayIngressArgs;
  scheduling?: GatewaySchedulingArgs;
  /** User and group of the container, never root. Default 65534. */
  userId?: Input<number>;
  /** Environment variables besides the component's own, which are refused here. */
  env?: GatewayEnvironmentVariableArgs[];
  /** Annotations of every object. */
  annotations?: Input<Record<string, Input<string>>>;
  /** Labels of the pods, besides the component's own. */
  podLabels?: Input<Record<string, Input<string>>>;
}
