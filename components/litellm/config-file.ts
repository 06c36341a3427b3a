/** The proxy's configuration file. It names environment variables for every secret and holds none. */
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import type { GatewayModelArgs, GatewayRoutingArgs, LiteLlmGatewayArgs } from "./args.ts";
import { DEFAULT_LABELS, exclusionsFor } from "./metric-labels.ts";

/** Seconds for a whole answer, unless told otherwise. */
export const DEFAULT_REQUEST_TIMEOUT = 600;
const DEFAULT_MAX_SERIES = 5000;
/** Dollars are given for a million tokens, LiteLLM takes them for one. Rounded, so that 0.2 is 2e-7 and no more. */
function perToken(perMillion: number): number {
  return Number((perMillion / 1_000_000).toPrecision(12));
}

/** Variable that holds the key of an engine. */
export function engineKeyVariable(id: string): string {
  return `ENGINE_KEY_${id.replace(/[^A-Za-z0-9]/g, "_").toUpperCase()}`;
}

/** The file, once every endpoint is known. */
export function gatewayConfig(args: LiteLlmGatewayArgs): pulumi.Output<string> {
  const { models, routing, metrics, redis, requestTimeoutSeconds } = args;
  const known = pulumi.output({ models, routing, metrics, redis, requestTimeoutSeconds });
  return known.apply((values) => configText(values as KnownConfig, args.databaseUrlSecret !== undefined));
}

interface KnownConfig {
  models: pulumi.Unwrap<GatewayModelArgs>[];
  routing?: pulumi.Unwrap<GatewayRoutingArgs>;
  metrics?: pulumi.Unwrap<LiteLlmGatewayArgs["metrics"]>;
  redis?: pulumi.Unwrap<LiteLlmGatewayArgs["redis"]>;
  requestTimeoutSeconds?: number;
}

/** Text of the file. */
export function configText(known: KnownConfig, hasDatabase: boolean): string {
  const { metrics = {}, routing = {}, redis } = known;
  const timeout = known.requestTimeoutSeconds ?? DEFAULT_REQUEST_TIMEOUT;
  const { labels, metrics: families } = exclusionsFor(metrics.labels ?? DEFAULT_LABELS);
  const document = {
    model_list: known.models.map(modelEntry),
    litellm_settings: {
      callbacks: ["prometheus"],
      require_auth_for_metrics_endpoint: true,
      ...(labels.length === 0 ? {} : { prometheus_exclude_labels: labels }),
      ...(families.length === 0 ? {} : { prometheus_exclude_metrics: families }),
      prometheus_metrics_max_series_per_metric: metrics.maxSeriesPerMetric ?? DEFAULT_MAX_SERIES,
      request_timeout: timeout,
      telemetry: false,
    },
    router_settings: {
      // Engines of one name get requests in turn; what is behind a Service spreads by itself.
      routing_strategy: "simple-shuffle",
      num_retries: routing.retries ?? 2,
      allowed_fails: routing.allowedFailures ?? 5,
      cooldown_time: routing.cooldownSeconds ?? 30,
      timeout,
      ...(routing.fallbacks === undefined
        ? {}
        : { fallbacks: Object.entries(routing.fallbacks).map(([name, next]) => ({ [name]: next })) }),
      ...(redis === undefined ? {} : redisSettings(redis)),
    },
    general_settings: {
      master_key: "os.environ/LITELLM_MASTER_KEY",
      // Off by default: the engine would compute whole answers for clients that are gone, and they would count as served.
      cancel_on_disconnect: true,
      ...(hasDatabase ? { database_url: "os.environ/DATABASE_URL" } : {}),
    },
  };
  return stringify(document, { lineWidth: 0 });
}

function modelEntry(model: pulumi.Unwrap<GatewayModelArgs>) {
  const { id, name, endpoint, servedName = name, promptPricePerMillion, outputPricePerMillion } = model;
  return {
    model_name: name,
    litellm_params: {
      model: `hosted_vllm/${servedName}`,
      api_base: `${endpoint.replace(/\/+$/, "")}/v1`,
      // The client library insists on a key even where the engine asks for none.
      api_key: model.apiKeySecret === undefined ? "none" : `os.environ/${engineKeyVariable(id)}`,
      ...(model.timeoutSeconds === undefined
        ? {}
        : { timeout: model.timeoutSeconds, stream_timeout: model.timeoutSeconds }),
      ...(model.maxParallelRequests === undefined
        ? {}
        : { max_parallel_requests: model.maxParallelRequests }),
      ...(promptPricePerMillion === undefined
        ? {}
        : { input_cost_per_token: perToken(promptPricePerMillion) }),
      ...(outputPricePerMillion === undefined
        ? {}
        : { output_cost_per_token: perToken(outputPricePerMillion) }),
    },
    model_info: { id },
  };
}

function redisSettings(redis: NonNullable<KnownConfig["redis"]>) {
  return {
    redis_host: redis.host,
    redis_port: redis.port ?? 6379,
    ...(redis.passwordSecret === undefined ? {} : { redis_password: "os.environ/REDIS_PASSWORD" }),
  };
}
