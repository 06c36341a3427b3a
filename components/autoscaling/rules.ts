/** What arguments a `ModelAutoscaler` refuses, rule by rule. */
import type * as pulumi from "@pulumi/pulumi";
import { requireDnsLabel, requireInteger, requireOneOf, type Rule } from "../support/validation.ts";
import { AutoscalerKind, PrometheusAuthKind, type ModelAutoscalerArgs } from "./args.ts";
import { LONGEST_WINDOW, roomFor } from "./arithmetic.ts";

export type AutoscalerRule = Rule<pulumi.Unwrap<ModelAutoscalerArgs>>;

/** KEDA and Kubernetes keep the name in a label. */
const MAXIMUM_NAME_LENGTH = 63;

const targetRules: AutoscalerRule[] = [
  (args, report) => {
    requireDnsLabel(report, "namespace", args.namespace);
    requireDnsLabel(report, "deployment", args.deployment, MAXIMUM_NAME_LENGTH);
  },
  (args, report) => {
    if (args.modelName) return;
    report("modelName", args.modelName, "is required", "give the label model_name of the model's metrics");
  },
  (args, report) => {
    requireOneOf(report, "kind", args.kind, AutoscalerKind);
  },
  ({ kind, keda }, report) => {
    if (kind === AutoscalerKind.Keda && keda === undefined) {
      report("keda", undefined, "is required by kind keda", "say at least where Prometheus is");
    }
    if (kind === AutoscalerKind.Hpa && keda !== undefined) {
      report("keda", "{…}", "is not used by kind hpa", "remove it, or change the kind");
    }
  },
];

const boundRules: AutoscalerRule[] = [
  ({ minReplicas = 1, maxReplicas }, report) => {
    requireInteger(report, "minReplicas", minReplicas, 0);
    requireInteger(report, "maxReplicas", maxReplicas, 1);
    if (maxReplicas >= Math.max(1, minReplicas)) return;
    const reason = `must be at least minReplicas (${String(minReplicas)})`;
    report("maxReplicas", maxReplicas, reason, "raise it, or lower minReplicas");
  },
  ({ minReplicas = 1, maxReplicas }, report) => {
    if (minReplicas !== maxReplicas) return;
    const reason = "equals minReplicas, so nothing would ever be scaled";
    report(
      "maxReplicas",
      maxReplicas,
      reason,
      "raise it, or give the Deployment its replicas and no autoscaler",
    );
  },
  ({ kind, minReplicas = 1, keda }, report) => {
    if (minReplicas > 0) return;
    if (kind === AutoscalerKind.Hpa) {
      const reason = "must be at least 1: a HorizontalPodAutoscaler never scales to zero";
      report("minReplicas", minReplicas, reason, "raise it, or take kind keda");
    } else if (keda !== undefined && keda.activation === undefined) {
      const reason = "is required with minReplicas 0: the model's own metrics are gone with its last replica";
      report("keda.activation", undefined, reason, "name the model as clients of the gateway do");
    }
  },
  ({ minReplicas = 1, keda }, report) => {
    if (minReplicas === 0) return;
    for (const field of ["activation", "idleSeconds"] as const) {
      if (keda?.[field] === undefined) continue;
      const remedy = "remove it, or set minReplicas to 0";
      report(
        `keda.${field}`,
        field === "idleSeconds" ? keda.idleSeconds : "{…}",
        "only concerns scaling to zero",
        remedy,
      );
    }
  },
  ({ maxReplicas, capacity }, report) => {
    if (capacity === undefined) return;
    const { gpusPerReplica, nodes } = capacity;
    requireInteger(report, "capacity.gpusPerReplica", gpusPerReplica, 1);
    const room = roomFor(gpusPerReplica, nodes);
    if (maxReplicas <= room) return;
    const groups = nodes.map(({ name }) => name).join(" or ");
    report(
      "maxReplicas",
      maxReplicas,
      `must be at most ${String(room)}: so many replicas with ${String(gpusPerReplica)} GPUs fit on the nodes at their maximum`,
      groups === "" ? "add a node group" : `lower it, or raise the maximum of ${groups}`,
    );
  },
];

const timeRules: AutoscalerRule[] = [
  ({ loadSeconds }, report) => {
    requireInteger(report, "loadSeconds", loadSeconds, 1);
    if (loadSeconds <= LONGEST_WINDOW) return;
    const reason = `must be at most ${String(LONGEST_WINDOW)}, the longest window of an autoscaler: replicas would go sooner than they load`;
    report("loadSeconds", loadSeconds, reason, "shorten the load, or leave out the autoscaler");
  },
  ({ pace, loadSeconds }, report) => {
    const down = pace?.scaleDownSeconds;
    requireInteger(report, "pace.scaleDownSeconds", down, 0);
    if (down === undefined) return;
    if (down > LONGEST_WINDOW) {
      report("pace.scaleDownSeconds", down, `must be at most ${String(LONGEST_WINDOW)}`, "lower it");
    } else if (down < loadSeconds) {
      const reason = `must be at least loadSeconds (${String(loadSeconds)}): a replica would go before its successor could have loaded`;
      report("pace.scaleDownSeconds", down, reason, "raise it, or leave it out");
    }
  },
  ({ pace }, report) => {
    const up = pace?.scaleUpSeconds;
    requireInteger(report, "pace.scaleUpSeconds", up, 0);
    if (up !== undefined && up > LONGEST_WINDOW) {
      report("pace.scaleUpSeconds", up, `must be at most ${String(LONGEST_WINDOW)}`, "lower it");
    }
  },
  ({ keda, loadSeconds }, report) => {
    requireInteger(report, "keda.pollingSeconds", keda?.pollingSeconds, 1);
    requireInteger(report, "keda.failureThreshold", keda?.failureThreshold, 1);
    const idle = keda?.idleSeconds;
    requireInteger(report, "keda.idleSeconds", idle, 1);
    if (idle === undefined || idle >= loadSeconds) return;
    const reason = `must be at least loadSeconds (${String(loadSeconds)}): the model would go sooner than it comes`;
    report("keda.idleSeconds", idle, reason, "raise it, or leave it out");
  },
];

const signalRules: AutoscalerRule[] = [
  ({ signals }, report) => {
    const given = Object.values(signals as Record<string, unknown>).filter((signal) => signal !== undefined);
    if (given.length === 0) {
      report("signals", "{}", "must hold a signal", "begin with waitingRequests: { perReplica: 5 }");
    } else if (given.length === 1 && signals.timeToFirstToken !== undefined) {
      const reason = "must not be the only signal: it lags, and without traffic it says nothing";
      report("signals.timeToFirstToken", "{…}", reason, "add waitingRequests or kvCacheUsage");
    }
  },
  ...(["waitingRequests", "runningRequests"] as const).map(
    (name): AutoscalerRule =>
      ({ signals }, report) => {
        const value = signals[name]?.perReplica;
        if (value === undefined || (Number.isFinite(value) && value > 0)) return;
        report(
          `signals.${name}.perReplica`,
          value,
          "must be a number above 0",
          "write how many requests are fine",
        );
      },
  ),
  ...(["kvCacheUsage", "gpuUtilisation"] as const).map((name): AutoscalerRule => ({ signals }, report) => {
    const value = signals[name]?.percent;
    if (value === undefined || (value > 0 && value < 100)) return;
    report(`signals.${name}.percent`, value, "must be above 0 and below 100", "write 70 for 70 %");
  }),
  ({ signals }, report) => {
    const { seconds, percentile } = signals.timeToFirstToken ?? {};
    if (seconds !== undefined && !(Number.isFinite(seconds) && seconds > 0)) {
      report("signals.timeToFirstToken.seconds", seconds, "must be a number above 0", "write the objective");
    }
    if (percentile !== undefined && !(percentile > 0 && percentile < 100)) {
      const remedy = "write 95 for the 95th";
      report("signals.timeToFirstToken.percentile", percentile, "must be above 0 and below 100", remedy);
    }
  },
];

const kedaRules: AutoscalerRule[] = [
  ({ keda }, report) => {
    const url = keda?.prometheusUrl;
    if (url === undefined) return;
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    if (
      parsed !== undefined &&
      /^https?:$/.test(parsed.protocol) &&
      parsed.username === "" &&
      parsed.search === ""
    )
      return;
    const reason = "must be an http(s) URL without credentials or query";
    report("keda.prometheusUrl", url, reason, "write http://prometheus.monitoring.svc:9090");
  },
  ({ keda }, report) => {
    const auth = keda?.auth;
    if (auth === undefined) return;
    requireOneOf(report, "keda.auth.kind", auth.kind, PrometheusAuthKind);
    const [needed, others] =
      auth.kind === PrometheusAuthKind.Bearer
        ? ([["token"], ["username", "password"]] as const)
        : ([["username", "password"], ["token"]] as const);
    for (const field of needed) {
      if (auth[field] === undefined) {
        report(`keda.auth.${field}`, undefined, `is required by kind ${auth.kind}`, "name Secret and key");
      }
    }
    for (const field of others) {
      if (auth[field] !== undefined) {
        report(`keda.auth.${field}`, "{…}", `is not used by kind ${auth.kind}`, "remove it");
      }
    }
  },
];

export const RULES: readonly AutoscalerRule[] = [
  ...targetRules,
  ...boundRules,
  ...timeRules,
  ...signalRules,
  ...kedaRules,
];
