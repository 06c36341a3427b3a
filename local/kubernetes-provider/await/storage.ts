/** Readiness of volumes, quotas, account tokens and kinds that a CustomResourceDefinition adds. */

import { deepEqual } from "../diff/merge-patch.ts";
import { conditionOf } from "../values/object.ts";
import { isObject, pluck, textOf } from "../values/property.ts";
import { type Readiness, type ReadinessRule, relatedNamed, type Snapshot } from "./readiness.ts";

function judgeVolume({ object }: Snapshot): Readiness {
  const phase = pluck(object, "status", "phase");
  const progress = phase === "Bound" ? "✅ PV has been bound" : "✅ PV marked available";
  return phase === "Available" || phase === "Bound"
    ? { ready: true, progress }
    : { ready: false, problems: [`PersistentVolume is in phase ${textOf(phase ?? "unknown")}`] };
}

export const volumeRule: ReadinessRule = { timeoutSeconds: 300, onRead: false, judge: judgeVolume };

/** A claim is ready when it is bound, or pending if its class binds only for a pod. */
function judgeClaim(snapshot: Snapshot): Readiness {
  const { object } = snapshot;
  const phase = pluck(object, "status", "phase");
  const className = pluck(object, "spec", "storageClassName");
  const storageClass =
    typeof className === "string" ? relatedNamed(snapshot, "StorageClass", className) : undefined;
  const bindsLate = pluck(storageClass, "volumeBindingMode") === "WaitForFirstConsumer";
  if (phase === "Bound" || (bindsLate && phase === "Pending")) {
    return {
      ready: true,
      progress: `✅ PVC is ${phase === "Bound" ? "bound" : "waiting for its first consumer"}`,
    };
  }
  const problem =
    storageClass === undefined
      ? `no storage class "${typeof className === "string" ? className : ""}" found`
      : `PersistentVolumeClaim is in phase ${textOf(phase ?? "unknown")}`;
  return { ready: false, progress: `Waiting for PVC to be bound: ${problem}`, problems: [problem] };
}

export const claimRule: ReadinessRule = {
  related: [{ apiVersion: "storage.k8s.io/v1", kind: "StorageClass" }],
  timeoutSeconds: 300,
  onRead: false,
  judge: judgeClaim,
};

function judgeQuota({ object }: Snapshot): Readiness {
  const hard = pluck(object, "spec", "hard");
  return isObject(hard) && deepEqual(hard, pluck(object, "status", "hard"))
    ? { ready: true }
    : { ready: false, problems: ["ResourceQuota's .status.hard differs from its .spec.hard"] };
}

export const quotaRule: ReadinessRule = { timeoutSeconds: 60, onRead: false, judge: judgeQuota };

function judgeSecret({ object }: Snapshot): Readiness {
  const data = pluck(object, "data");
  return object["type"] !== "kubernetes.io/service-account-token" ||
    (isObject(data) && Object.keys(data).length > 0)
    ? { ready: true }
    : { ready: false, problems: ["no token has been generated for the service account"] };
}

export const secretRule: ReadinessRule = { timeoutSeconds: 5, onRead: false, judge: judgeSecret };

function judgeDefinition({ object }: Snapshot): Readiness {
  if (conditionOf(object, "Established")?.["status"] === "True") {
    return { ready: true };
  }
  const refused = conditionOf(object, "NamesAccepted");
  const problem = refused?.["status"] === "False" ? `: ${textOf(refused["message"])}` : "";
  return { ready: false, problems: [`CustomResourceDefinition is not established${problem}`] };
}

export const definitionRule: ReadinessRule = { timeoutSeconds: 60, onRead: false, judge: judgeDefinition };
