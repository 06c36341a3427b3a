/** Symptoms that say nothing new while their cause is told. */
export interface Inhibition {
  /** Alerts, any of which is the cause. */
  cause: readonly string[];
  /** Alerts that stay silent meanwhile. */
  symptoms: readonly string[];
  /** Labels that say which thing both are about; a symptom that lacks one of them is told all the same. */
  equal: readonly string[];
}

/**
 * Only where the cause explains the symptom in full, for the same model or replica: a model without any replica up has
 * no fast answers either, and an engine that computes nothing has a queue. A cause is never less severe than its symptom.
 */
export const inhibitions: readonly Inhibition[] = [
  {
    cause: ["ModelDown"],
    symptoms: ["SloErrorBudgetBurn", "SloSignalAbsent", "ModelReplicasMissing"],
    equal: ["cluster", "namespace", "model_name"],
  },
  {
    cause: ["EngineStuck"],
    symptoms: ["HighWaitingRequests", "KvCachePressure"],
    equal: ["cluster", "namespace", "model_name", "pod"],
  },
];
