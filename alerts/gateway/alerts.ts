import { gateway } from "../../metrics/litellm/index.ts";
import {
  add,
  and,
  by,
  count,
  div,
  group,
  gt,
  gte,
  labelReplace,
  lt,
  max,
  not,
  orZeroFor,
  print,
  rate,
  sum,
  unless,
  type Expression,
} from "../../metrics/promql/index.ts";
import { Board } from "../boards.ts";
import { Severity, type AlertRule } from "../types.ts";
import { byModel } from "../vllm/recording.ts";
import { byTeam, engineFaults } from "./recording.ts";

/** Share of a model's requests that may fail in the gateway, or be answered by another model. */
export const BAD_SHARE = 0.05;
/** Share of a model's requests whose clients may hang up. */
export const DISCONNECTED_SHARE = 0.1;
/** Five in five minutes: more than an accident. */
export const BAD_RATE = 5 / 300;
/** Share of a team's budget below which it should know. */
export const BUDGET_LEFT = 0.1;
/** Processes whose series a pod may expose; dead workers whose files nobody removed count too. */
export const WORKERS = 32;

const labels = { component: "gateway" };
const perModel = by("model_name");

function rule(
  alert: string,
  severity: Severity,
  condition: Expression,
  texts: AlertRule["annotations"],
  rest: Partial<AlertRule> = {},
): AlertRule {
  const dashboard = { uid: Board.gateway };
  return { alert, expr: print(condition), severity, labels, dashboard, annotations: texts, ...rest };
}

/**
 * Of the counters, not of `litellm_deployment_state`: an outage is set on a series with another address and another name
 * than a recovery, so that it stays; a lone deployment never gets one; and a client that hangs up degrades a deployment
 * without an address for good (seen of LiteLLM 1.109.1).
 */
const deployment = by("namespace", "litellm_model_name", "model_id");
const failing = sum(rate(engineFaults, "5m"), deployment);
const succeeding = gt(sum(rate(gateway.deploymentSuccessResponses, "5m"), deployment), 0);
const ofDeployment = { ...labels, model_name: "{{ $labels.litellm_model_name }}" };

const outage = rule(
  "GatewayDeploymentOutage",
  Severity.Critical,
  unless(gte(failing, BAD_RATE), succeeding),
  {
    summary: "The gateway gets no answer from {{ $labels.model_id }} for {{ $labels.litellm_model_name }}.",
    description:
      "Every request to this deployment fails. Others carry its load, if there are any; else clients get the errors.",
  },
  { for: "2m", labels: ofDeployment },
);

const degraded = rule(
  "GatewayDeploymentDegraded",
  Severity.Warning,
  and(gt(div(failing, add(failing, succeeding)), BAD_SHARE), gte(failing, BAD_RATE)),
  {
    summary:
      "{{ $value | humanizePercentage }} of the requests to {{ $labels.model_id }} for {{ $labels.litellm_model_name }} fail.",
    description: "Retries and fallbacks may hide it from clients, who wait longer for it.",
  },
  { for: "10m", labels: ofDeployment },
);

const requests = sum(byTeam.requests, perModel);
const failed = sum(byTeam.failed, perModel);
const errors = rule(
  "GatewayErrors",
  Severity.Critical,
  and(gt(div(failed, requests), BAD_SHARE), gte(failed, BAD_RATE)),
  {
    summary:
      "{{ $value | humanizePercentage }} of the requests for {{ $labels.model_name }} fail in the gateway.",
    description:
      "Clients get a status of 500 or above, or 408: no answer in time. request_path:errors:rate5m tells whether the engine fails as well, or the gateway alone.",
  },
  { for: "5m" },
);

const gone = sum(byTeam.disconnected, perModel);
const served = group(byModel.finished, perModel);
/** Only of models that our engines serve: the engine itself counts these as success or not at all. */
const disconnects = rule(
  "ClientsDisconnecting",
  Severity.Warning,
  and(and(gt(div(gone, requests), DISCONNECTED_SHARE), gte(gone, BAD_RATE)), served),
  {
    summary:
      "The clients of {{ $value | humanizePercentage }} of the requests for {{ $labels.model_name }} hang up.",
    description:
      "They give up before the answer is complete, mostly because it comes too late; the engine's own counters show nothing of it.",
  },
  { for: "10m", dashboard: { uid: Board.gateway, variables: ["model_name"] } },
);

const asked = { requested_model: not("") } as const;
const fellBack = named(gateway.deploymentSuccessfulFallbacks);
const failedToFallBack = named(gateway.deploymentFailedFallbacks);

function named(counter: typeof gateway.deploymentFailedFallbacks) {
  const rates = labelReplace(rate(counter.where(asked), "5m"), {
    target: "model_name",
    source: "requested_model",
  });
  return sum(rates, perModel);
}

const fallbacks = rule(
  "GatewayFallbacks",
  Severity.Warning,
  and(gt(div(fellBack, requests), BAD_SHARE), gte(fellBack, BAD_RATE)),
  {
    summary:
      "{{ $value | humanizePercentage }} of the requests for {{ $labels.model_name }} are answered by another model.",
    description:
      "The model itself fails or is at its limits. Clients get answers of a model that they did not ask for.",
  },
  { for: "10m" },
);

const allFallbacks = add(orZeroFor(fellBack, failedToFallBack), failedToFallBack);
const fallbacksFailing = rule(
  "GatewayFallbacksFailing",
  Severity.Critical,
  and(gt(div(failedToFallBack, allFallbacks), BAD_SHARE), gte(failedToFallBack, BAD_RATE)),
  {
    summary: "{{ $value | humanizePercentage }} of the fallbacks of {{ $labels.model_name }} fail.",
    description: "The model fails and what should stand in for it does, too: these requests fail for good.",
  },
  { for: "5m" },
);

const team = by("namespace", "team", "team_alias");
const budget = rule(
  "GatewayTeamBudgetLow",
  Severity.Warning,
  lt(div(max(gateway.remainingTeamBudget, team), gt(max(gateway.teamMaxBudget, team), 0)), BUDGET_LEFT),
  {
    summary: "{{ $labels.team_alias }} has {{ $value | humanizePercentage }} of its budget left.",
    description: "Once it is spent the gateway refuses the team's requests.",
  },
  { for: "5m" },
);

const processes = group(gateway.deploymentState, by("namespace", "pod", "pid"));
const workerSeries = rule(
  "GatewayWorkerSeries",
  Severity.Warning,
  gt(count(processes, by("namespace", "pod")), WORKERS),
  {
    summary: "{{ $labels.namespace }}/{{ $labels.pod }} exposes series of {{ $value }} worker processes.",
    description:
      "Workers that died leave their files in PROMETHEUS_MULTIPROC_DIR, so that every gauge has stale copies and the series grow with each restart.",
  },
  { for: "15m" },
);

export const gatewayAlerts: AlertRule[] = [
  outage,
  degraded,
  errors,
  disconnects,
  fallbacks,
  fallbacksFailing,
  budget,
  workerSeries,
];
