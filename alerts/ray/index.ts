/** Alerts on Ray Serve: its nodes, controller, applications, deployments and proxies. */
import { target } from "../../metrics/monitoring/index.ts";
import { serve } from "../../metrics/ray/index.ts";
import {
  and,
  by,
  div,
  eq,
  group,
  gt,
  gte,
  increase,
  lt,
  lte,
  max,
  not,
  print,
  rate,
  sum,
  unless,
  type Expression,
} from "../../metrics/promql/index.ts";
import { Board, type BoardLink } from "../boards.ts";
import { Severity, type AlertRule, type RuleSet } from "../types.ts";

/** Share of a deployment's requests that may fail, and how many in five minutes are more than an accident. */
export const BAD_SHARE = 0.05;
export const BAD_RATE = 5 / 300;
/** Failed health checks of a deployment in a quarter of an hour. */
export const FAILED_CHECKS = 3;

const inRay = { ray_io_cluster: not("") } as const;

function rule(
  alert: string,
  severity: Severity,
  condition: Expression,
  texts: AlertRule["annotations"],
  rest: Partial<AlertRule> = {},
): AlertRule {
  const labels = { component: "ray" };
  const dashboard = { uid: Board.ray, variables: ["namespace"] } satisfies BoardLink;
  return { alert, expr: print(condition), severity, labels, dashboard, annotations: texts, ...rest };
}

const pod = by("namespace", "ray_io_cluster", "pod", "node", "team", "owner");
const nodeDown = rule(
  "RayNodeDown",
  Severity.Warning,
  eq(max(target.up.where(inRay), pod), 0),
  {
    summary: "{{ $labels.pod }} of the Ray cluster {{ $labels.ray_io_cluster }} does not answer.",
    description:
      "A worker that is gone takes its replicas along; without its head the cluster starts nothing new.",
  },
  { for: "5m" },
);

const cluster = by("namespace", "ray_io_cluster", "team", "owner");
/** The controller runs on the head and alone tells the state of deployments. */
const controllerAbsent = rule(
  "RayServeControllerAbsent",
  Severity.Critical,
  unless(gt(max(target.up.where(inRay), cluster), 0), group(serve.deploymentStatus.where(inRay), cluster)),
  {
    summary: "Ray Serve of {{ $labels.ray_io_cluster }} reports no deployment.",
    description:
      "The head or the Serve controller is gone. Requests are served while the replicas live, but nothing is healed or scaled.",
  },
  { for: "10m" },
);

const application = by("namespace", "ray_io_cluster", "application", "team", "owner");
const applicationUnhealthy = rule(
  "RayServeApplicationUnhealthy",
  Severity.Critical,
  and(
    gt(max(serve.applicationStatus.where(inRay), application), 0),
    lte(max(serve.applicationStatus.where(inRay), application), 2),
  ),
  {
    summary:
      "{{ $labels.application }} of {{ $labels.ray_io_cluster }} is {{ if eq $value 1.0 }}not deployed{{ else }}unhealthy{{ end }}.",
    description:
      "Ray Serve can't deploy the application, or one of its deployments does not come back by itself.",
  },
  { for: "5m" },
);

const deployment = by("namespace", "ray_io_cluster", "application", "deployment", "team", "owner");
const replicasMissing = rule(
  "RayServeReplicasMissing",
  Severity.Warning,
  lt(
    sum(serve.deploymentReplicaHealthy.where(inRay), deployment),
    max(serve.autoscalingTargetReplicas.where(inRay), deployment),
  ),
  {
    summary:
      "{{ $labels.deployment }} of {{ $labels.ray_io_cluster }} has only {{ $value }} healthy replicas.",
    description: "The autoscaler asks for more: nodes are missing, or replicas fail to start.",
  },
  { for: "15m" },
);

const proxyUnhealthy = rule(
  "RayServeProxyUnhealthy",
  Severity.Critical,
  eq(
    max(
      serve.proxyStatus.where(inRay),
      by("namespace", "ray_io_cluster", "node_ip_address", "team", "owner"),
    ),
    3,
  ),
  {
    summary: "The Serve proxy on {{ $labels.node_ip_address }} of {{ $labels.ray_io_cluster }} is unhealthy.",
    description: "Requests that the load balancer sends to this node fail.",
  },
  { for: "2m" },
);

const failed = sum(rate(serve.deploymentErrorCounter.where(inRay), "5m"), deployment);
const handled = sum(rate(serve.deploymentRequestCounter.where(inRay), "5m"), deployment);
const errors = rule(
  "RayServeErrors",
  Severity.Critical,
  and(gt(div(failed, handled), BAD_SHARE), gte(failed, BAD_RATE)),
  {
    summary:
      "{{ $value | humanizePercentage }} of the requests to {{ $labels.deployment }} of {{ $labels.ray_io_cluster }} fail.",
    description: "Exceptions within the deployment; the label exception_type of the counter names them.",
  },
  { for: "5m" },
);

const checks = rule(
  "RayServeHealthChecksFailing",
  Severity.Warning,
  gte(sum(increase(serve.healthCheckFailures.where(inRay), "15m"), deployment), FAILED_CHECKS),
  {
    summary: "{{ $value | humanize }} health checks of {{ $labels.deployment }} failed within 15 minutes.",
    description: "Ray replaces replicas whose checks fail, and each new one loads the weights again.",
  },
);

/** Rules on Ray; without Ray they find nothing. */
export const rayRules: RuleSet = {
  name: "ray",
  groups: [
    {
      name: "ray-serve",
      alerts: [
        nodeDown,
        controllerAbsent,
        applicationUnhealthy,
        replicasMissing,
        proxyUnhealthy,
        errors,
        checks,
      ],
    },
  ],
};
