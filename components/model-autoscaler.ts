import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { AutoscalerKind, type ModelAutoscalerArgs } from "./autoscaling/args.ts";
import { autoscalerSpec, externalMetricRules, type ExternalMetricRule } from "./autoscaling/hpa.ts";
import { authKindOf, scaledObjectSpec, triggerAuthenticationSpec } from "./autoscaling/keda.ts";
import { claim } from "./autoscaling/owners.ts";
import { autoscalerPlan } from "./autoscaling/plan.ts";
import { RULES } from "./autoscaling/rules.ts";
import { ScaledObject, TriggerAuthentication } from "./crds/keda.ts";
import { standardLabels } from "./support/labels.ts";
import { check } from "./support/validation.ts";

export * from "./autoscaling/args.ts";
export type { ExternalMetricRule } from "./autoscaling/hpa.ts";

/**
 * Scales a model by what its engines say: with KEDA, or with a HorizontalPodAutoscaler behind prometheus-adapter. Each
 * signal's query answers with exactly one element, also when series are absent: how many replicas the load demands.
 *
 * The objects are named after the Deployment. Wrong arguments are refused before anything is registered, all at once; so is
 * a second autoscaler on the same Deployment.
 */
export class ModelAutoscaler extends pulumi.ComponentResource {
  /** Name of the HorizontalPodAutoscaler, the component's own or KEDA's. */
  readonly autoscalerName: pulumi.Output<string>;
  /** Queries by signal. */
  readonly queries: pulumi.Output<Record<string, string>>;
  /** Rules for prometheus-adapter (`externalRules`); empty with KEDA. */
  readonly externalRules: pulumi.Output<ExternalMetricRule[]>;

  constructor(name: string, args: ModelAutoscalerArgs, opts?: pulumi.ComponentResourceOptions) {
    check(`ModelAutoscaler "${name}"`, args, RULES);
    claim(name, args.namespace, args.deployment);
    super("vllm-monitoring:index:ModelAutoscaler", name, { ...args }, opts);
    const plan = pulumi.output(args).apply((known) => autoscalerPlan(known as never));
    const metadata = {
      name: args.deployment,
      namespace: args.namespace,
      labels: {
        ...standardLabels("vllm", args.deployment),
        "app.kubernetes.io/component": "autoscaler",
      },
      ...(args.annotations === undefined ? {} : { annotations: args.annotations }),
    };
    const child = { parent: this };
    const { keda } = args;
    if (args.kind === AutoscalerKind.Hpa) {
      new k8s.autoscaling.v2.HorizontalPodAutoscaler(
        `${name}-autoscaler`,
        { metadata, spec: plan.apply(autoscalerSpec) },
        child,
      );
    } else if (keda !== undefined) {
      const auth = keda.auth;
      const credentials =
        auth === undefined
          ? []
          : [
              new TriggerAuthentication(
                `${name}-prometheus`,
                { metadata, spec: triggerAuthenticationSpec(auth) },
                child,
              ),
            ];
      const spec = pulumi
        .all([plan, keda.prometheusUrl])
        .apply(([known, url]) => scaledObjectSpec(known, url.replace(/\/+$/, ""), authKindOf(keda)));
      new ScaledObject(`${name}-scaler`, { metadata, spec }, { ...child, dependsOn: credentials });
    }
    this.autoscalerName = pulumi.output(args.deployment);
    this.queries = plan.apply(({ queries }) =>
      Object.fromEntries(queries.map(({ name: signal, query }) => [signal, query])),
    );
    this.externalRules = plan.apply((known) =>
      args.kind === AutoscalerKind.Hpa ? externalMetricRules(known) : [],
    );
    this.registerOutputs({
      autoscalerName: this.autoscalerName,
      queries: this.queries,
      externalRules: this.externalRules,
    });
  }
}
