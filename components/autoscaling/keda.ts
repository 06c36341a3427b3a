/** The objects of KEDA for a model. */
import type { ScaledObjectSpec, ScaleTrigger, TriggerAuthenticationSpec } from "../crds/keda.ts";
import { PrometheusAuthKind, type KedaScalerArgs, type PrometheusAuthArgs } from "./args.ts";
import type { AutoscalerPlan } from "./plan.ts";

/** ScaledObject: each signal a trigger with the target 1, because queries answer in replicas. */
export function scaledObjectSpec(
  plan: AutoscalerPlan,
  prometheusUrl: string,
  auth: PrometheusAuthKind | undefined,
): ScaledObjectSpec {
  const isToZero = plan.minReplicas === 0;
  return {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: plan.deployment },
    pollingInterval: plan.pollingSeconds,
    // Both only concern the way to zero and from it; between other numbers the autoscaler's behaviour rules.
    ...(isToZero ? { cooldownPeriod: plan.idleSeconds, initialCooldownPeriod: plan.idleSeconds } : {}),
    minReplicaCount: plan.minReplicas,
    maxReplicaCount: plan.maxReplicas,
    // When Prometheus can't be asked, what runs goes on running.
    fallback: {
      failureThreshold: plan.failureThreshold,
      replicas: Math.max(1, plan.minReplicas),
      behavior: "currentReplicas",
    },
    advanced: {
      // Named like the model, so that alerts on autoscalers name it.
      horizontalPodAutoscalerConfig: { name: plan.deployment, behavior: plan.behavior },
    },
    triggers: plan.queries.map(({ name, query }): ScaleTrigger => ({
      type: "prometheus",
      name,
      metricType: "AverageValue",
      metadata: {
        serverAddress: prometheusUrl,
        query,
        threshold: "1",
        activationThreshold: "0",
        // An answer without an element is an error, never a zero.
        ignoreNullValues: "false",
        ...(auth === undefined ? {} : { authModes: auth }),
      },
      ...(auth === undefined ? {} : { authenticationRef: { name: plan.deployment } }),
    })),
  };
}

/** TriggerAuthentication for Prometheus. */
export function triggerAuthenticationSpec(auth: PrometheusAuthArgs): TriggerAuthenticationSpec {
  const given =
    auth.kind === PrometheusAuthKind.Bearer
      ? { bearerToken: auth.token }
      : { username: auth.username, password: auth.password };
  return {
    secretTargetRef: Object.entries(given).flatMap(([parameter, secret]) =>
      secret === undefined ? [] : [{ parameter, name: secret.name, key: secret.key }],
    ),
  };
}

/** The kind of authentication, if there is one. */
export function authKindOf(keda: KedaScalerArgs | undefined): PrometheusAuthKind | undefined {
  return keda?.auth?.kind;
}
