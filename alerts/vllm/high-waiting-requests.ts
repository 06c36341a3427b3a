import { engine } from "../../metrics/engine/index.ts";
import { by, gt, not, print, sum, type ContextOptions } from "../../metrics/promql/index.ts";
import { Board } from "../boards.ts";
import { Severity, type AlertRule } from "../types.ts";

/** Requests that may wait for one replica before somebody should know. */
export const HIGH_WAITING_REQUESTS = 100;

const ofReplica = by("namespace", "pod", "model_name", "team", "owner");
const waiting = engine.numRequestsWaiting.where({ model_name: not("") });

/**
 * Many requests wait for one replica.
 *
 * Per replica, not per model: the time that a new request will wait grows with the queue in front of it, which is the
 * replica's, so the threshold means the same for a fleet of any size. A sum over the model would fire for 50 healthy
 * replicas with three requests each, and an average would hide the one replica that a router overloads. Alertmanager
 * groups by model, so a model of which all replicas are full is one message.
 *
 * Summed over `engine`: a replica with data parallel exposes one series for each of its engines.
 *
 * `model_name!=""` leaves out the production-stack router, which re-exports the gauge of each replica under the same
 * name, with a label `server` and without `model_name`; counted too, each queue would be there twice.
 *
 * Absent series (several API servers or data parallel, before the first request) mean that nothing waits.
 */
export const highWaitingRequests = (context: ContextOptions = {}): AlertRule => ({
  alert: "HighWaitingRequests",
  expr: print(gt(sum(waiting, ofReplica), HIGH_WAITING_REQUESTS), context),
  dashboard: { uid: Board.queue, variables: ["namespace", "model_name", "pod"] },
  for: "2m",
  severity: Severity.Warning,
  labels: { component: "engine" },
  annotations: {
    summary: `{{ $value | printf "%.0f" }} requests wait for {{ $labels.model_name }} in {{ $labels.pod }}.`,
    description:
      `More than ${String(HIGH_WAITING_REQUESTS)} requests have been waiting for the replica {{ $labels.namespace }}/` +
      "{{ $labels.pod }} of {{ $labels.model_name }} for two minutes. New requests queue behind them, so time to first " +
      "token rises until load falls or capacity is added.",
  },
});
