/** What arguments a `LiteLlmGateway` refuses, rule by rule. */
import type * as pulumi from "@pulumi/pulumi";
import { parseDuration, parseQuantity } from "../support/quantity.ts";
import {
  requireDnsLabel,
  requireInteger,
  requireOneOf,
  type Report,
  type Rule,
} from "../support/validation.ts";
import { GatewayMetricsAccess, type LiteLlmGatewayArgs } from "./args.ts";
import { OWN_VARIABLES } from "./deployment.ts";
import { INGRESS_RULES } from "./ingress-rules.ts";
import { KNOWN_LABELS } from "./metric-labels.ts";
import { MODEL_RULES } from "./model-rules.ts";
import { drainSeconds, EXIT_SECONDS } from "./plan.ts";

/** Arguments with the component's name, which is the default of theirs. */
export type CheckedGateway = pulumi.Unwrap<LiteLlmGatewayArgs & { componentName: string }>;
export type GatewayRule = Rule<CheckedGateway>;

/** Pods' names add up to 17 characters to this one and end at 63. */
const MAXIMUM_NAME_LENGTH = 46;

const identityRules: GatewayRule[] = [
  (args, report) => {
    const name = args.name ?? args.componentName;
    requireDnsLabel(report, "name", name, MAXIMUM_NAME_LENGTH);
    if (/^[0-9]/.test(name)) {
      report("name", name, "must start with a letter, as a Service's name", "put a letter in front");
    }
  },
  (args, report) => {
    if (!args.namespace) report("namespace", args.namespace, "is required", "name an existing namespace");
    else requireDnsLabel(report, "namespace", args.namespace);
  },
  (args, report) => {
    const { image } = args;
    const [repository = "", digest, ...rest] = (image || "").split("@");
    if (rest.length > 0 || !/^[\w.:/-]+$/.test(repository) || /^[:/-]|[:/]$/.test(repository)) {
      report("image", image, "is no image reference", "write repository[:tag]@sha256:digest");
    } else if (digest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(digest)) {
      report("image", image, "has a malformed digest", "write @sha256: and 64 hex digits, lower case");
    } else if (digest === undefined && args.allowImageWithoutDigest !== true) {
      const remedy = "append @sha256:… of the tag, or set allowImageWithoutDigest";
      report("image", image, "has no digest, so what runs may change by itself", remedy);
    }
  },
  (args, report) => {
    requireInteger(report, "userId", args.userId, 1);
  },
];

const secretRules: GatewayRule[] = [
  (args, report) => {
    if ((args.masterKeySecret === undefined) === isGiven(args)) return;
    const remedy = "give masterKey, or name in masterKeySecret the Secret that holds it";
    report("masterKey", undefined, "or masterKeySecret, one of the two, is required", remedy);
  },
  (args, report) => {
    const key = args.masterKey;
    if (key === undefined || /^[\x21-\x7e]{16,}$/.test(key)) return;
    const remedy = "make one: sk- and 32 random letters and digits";
    report("masterKey", "(not shown)", "must have at least 16 characters and no spaces", remedy);
  },
];

/** Whether a master key is given, whatever it is: reading a pending one would put the question off. */
function isGiven(args: object): boolean {
  const property = Object.getOwnPropertyDescriptor(args, "masterKey");
  return property !== undefined && (property.get !== undefined || property.value !== undefined);
}

const numberRules: GatewayRule[] = [
  (args, report) => {
    requireInteger(report, "replicas", args.replicas, 1);
  },
  (args, report) => {
    if (args.replicas === undefined || args.autoscaling === undefined) return;
    const remedy = "leave replicas out and set autoscaling.minReplicas";
    report("replicas", args.replicas, "belongs to the autoscaler when there is one", remedy);
  },
  (args, report) => {
    requireInteger(report, "workers", args.workers, 1);
  },
  (args, report) => {
    requireInteger(report, "requestTimeoutSeconds", args.requestTimeoutSeconds, 1);
  },
  ({ autoscaling }, report) => {
    if (autoscaling === undefined) return;
    const { minReplicas = 2, maxReplicas, targetCpuPercent = 70 } = autoscaling;
    requireInteger(report, "autoscaling.minReplicas", minReplicas, 1);
    requireInteger(report, "autoscaling.maxReplicas", maxReplicas, 1);
    if (maxReplicas < minReplicas) {
      const reason = `must be at least minReplicas (${String(minReplicas)})`;
      report("autoscaling.maxReplicas", maxReplicas, reason, "raise it, or lower minReplicas");
    }
    requireInteger(report, "autoscaling.targetCpuPercent", targetCpuPercent, 1);
  },
  ({ routing }, report) => {
    requireInteger(report, "routing.retries", routing?.retries, 0);
    requireInteger(report, "routing.allowedFailures", routing?.allowedFailures, 0);
    requireInteger(report, "routing.cooldownSeconds", routing?.cooldownSeconds, 1);
  },
  ({ redis }, report) => {
    requireInteger(report, "redis.port", redis?.port, 1);
    if (redis !== undefined && !/^[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?$/.test(redis.host)) {
      report("redis.host", redis.host, "must be a host name or address", "leave out scheme and port");
    }
  },
  ({ resources }, report) => {
    for (const field of ["cpuRequest", "cpuLimit", "memory"] as const) {
      const value = resources?.[field];
      if (value === undefined || (parseQuantity(value) ?? 0) > 0) continue;
      report(`resources.${field}`, value, "must be a Kubernetes quantity above 0", "write 500m or 2Gi");
    }
  },
];

const drainRules: GatewayRule[] = [
  ({ drain }, report) => {
    requireInteger(report, "drain.preStopSeconds", drain?.preStopSeconds, 0);
    requireInteger(report, "drain.requestSeconds", drain?.requestSeconds, 1);
  },
  ({ drain }, report) => {
    const { preStopSeconds = 10, requestSeconds = 120, terminationGracePeriodSeconds: grace } = drain ?? {};
    requireInteger(report, "drain.terminationGracePeriodSeconds", grace, 1);
    const needed = drainSeconds(preStopSeconds, requestSeconds);
    if (grace === undefined || grace >= needed) return;
    const sum = `${String(preStopSeconds)} + ${String(requestSeconds)} + ${String(EXIT_SECONDS)}`;
    report(
      "drain.terminationGracePeriodSeconds",
      grace,
      `must be at least preStopSeconds + requestSeconds + exit time (${sum} = ${String(needed)})`,
      "raise it or leave it out; the kubelet would cut answers off",
    );
  },
];

const metricsRules: GatewayRule[] = [
  ({ metrics }, report) => {
    requireOneOf(report, "metrics.access", metrics?.access, GatewayMetricsAccess);
    requireInteger(report, "metrics.maxSeriesPerMetric", metrics?.maxSeriesPerMetric, 1);
    requireInteger(report, "metrics.sampleLimit", metrics?.sampleLimit, 1);
  },
  ({ metrics }, report) => {
    if (metrics?.bearerSecret === undefined || metrics.access === GatewayMetricsAccess.Bearer) return;
    const remedy = "set metrics.access to bearer, or leave the Secret out";
    report("metrics.bearerSecret", metrics.bearerSecret.name, "is not used by the separate listener", remedy);
  },
  ({ metrics }, report) => {
    metrics?.labels?.forEach((label, index) => {
      if (KNOWN_LABELS.includes(label)) return;
      const remedy = `choose from ${KNOWN_LABELS.join(", ")}`;
      report(`metrics.labels[${String(index)}]`, label, "is no label of LiteLLM's metrics", remedy);
    });
  },
  ({ metrics }, report) => {
    const { interval, timeout } = metrics ?? {};
    for (const [path, value] of Object.entries({
      "metrics.interval": interval,
      "metrics.timeout": timeout,
    })) {
      if (value === undefined || (parseDuration(value) ?? 0) > 0) continue;
      report(path, value, "must be a duration such as 15s", "write a number with its unit");
    }
    if (interval === undefined || timeout === undefined) return;
    if ((parseDuration(timeout) ?? 0) <= (parseDuration(interval) ?? 0)) return;
    report("metrics.timeout", timeout, `must be at most metrics.interval (${interval})`, "shorten it");
  },
];

const environmentRules: GatewayRule[] = [
  ({ env }, report) => {
    env?.forEach(({ name, value, secret }, index) => {
      const path = `env[${String(index)}]`;
      const remedy =
        OWN_VARIABLES[name] ?? (name.startsWith("ENGINE_KEY_") ? "set models[].apiKeySecret" : undefined);
      if (remedy !== undefined) report(`${path}.name`, name, "is set by the component", remedy);
      else if (!/^[A-Za-z_]\w*$/.test(name)) {
        report(`${path}.name`, name, "is no name of a variable", "use letters, digits and underscores");
      } else if (env.findIndex((other) => other.name === name) !== index) {
        report(`${path}.name`, name, "is there twice", "remove one of the two");
      }
      if ((value === undefined) === (secret === undefined)) {
        report(
          path,
          name,
          "must have a value or a secret, one of the two",
          "give one and leave the other out",
        );
      }
    });
  },
  (args, report) => {
    requireClients(args, report);
  },
];

function requireClients({ network }: CheckedGateway, report: Report): void {
  requireDnsLabel(report, "network.monitoringNamespace", network?.monitoringNamespace);
  network?.clients?.forEach(({ namespace }, index) => {
    requireDnsLabel(report, `network.clients[${String(index)}].namespace`, namespace);
  });
}

export const RULES: readonly GatewayRule[] = [
  ...identityRules,
  ...secretRules,
  ...MODEL_RULES,
  ...numberRules,
  ...drainRules,
  ...metricsRules,
  ...INGRESS_RULES,
  ...environmentRules,
];
