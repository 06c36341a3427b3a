import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import { ModelAutoscaler } from "../components/model-autoscaler.ts";
import { standardLabels } from "../components/support/labels.ts";
import type { Settings } from "./config/settings.ts";
import { modelAutoscalerArgs } from "./mapping/autoscaling.ts";

/** ConfigMap for prometheus-adapter's chart (`rules.existing`). */
export const ADAPTER_RULES = { name: "prometheus-adapter-rules", key: "config.yaml" };

/**
 * Registers the autoscalers of the models that have one, and for those that prometheus-adapter answers its rules.
 *
 * @param optionsOf options of a model's objects, by its name
 * @param inMonitoring options of objects in the monitoring's namespace
 */
export function defineAutoscalers(
  settings: Settings,
  prometheusUrl: pulumi.Input<string>,
  optionsOf: (model: string) => pulumi.ComponentResourceOptions,
  inMonitoring: pulumi.CustomResourceOptions,
): void {
  const scalers = settings.fleet.models.flatMap((model) => {
    const args = modelAutoscalerArgs(model, settings, prometheusUrl);
    return args === undefined
      ? []
      : [{ args, scaler: new ModelAutoscaler(model.name, args, optionsOf(model.name)) }];
  });
  const adapted = scalers.filter(({ args }) => args.kind === "hpa");
  if (adapted.length === 0) return;
  const rules = pulumi
    .all(adapted.map(({ scaler }) => scaler.externalRules))
    .apply((lists) => stringify({ externalRules: lists.flat() }, { lineWidth: 0 }));
  const metadata = {
    name: ADAPTER_RULES.name,
    namespace: settings.monitoring.namespace,
    labels: standardLabels("prometheus-adapter", ADAPTER_RULES.name),
  };
  new k8s.core.v1.ConfigMap(
    ADAPTER_RULES.name,
    { metadata, data: { [ADAPTER_RULES.key]: rules } },
    inMonitoring,
  );
}
