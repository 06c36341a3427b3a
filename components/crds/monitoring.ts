import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import type { PrometheusRuleSpec } from "./monitoring/rule-types.ts";
import type { PodMonitorSpec, ProbeSpec, ServiceMonitorSpec } from "./monitoring/scrape-types.ts";
import type {
  AlertmanagerConfigSpec,
  AlertmanagerSpec,
  PrometheusAgentSpec,
  PrometheusSpec,
  ScrapeConfigSpec,
  ThanosRulerSpec,
} from "./monitoring/server-types.ts";

export * from "./monitoring/rule-types.ts";
export * from "./monitoring/scrape-types.ts";
export * from "./monitoring/server-types.ts";

/**
 * Typed custom resources of the Prometheus operator.
 *
 * Each class only names its apiVersion and kind, so its token (for example
 * `kubernetes:monitoring.coreos.com/v1:Prometheus`), its URN and its state are those of
 * `k8s.apiextensions.CustomResource` and of the SDK that `pulumi package add kubernetes --extension` generates:
 * moving to either of them changes nothing in a stack.
 */
const V1 = "monitoring.coreos.com/v1";
const V1ALPHA1 = "monitoring.coreos.com/v1alpha1";

type ObjectMeta = k8s.types.input.meta.v1.ObjectMeta;

/** Arguments of a typed custom resource: metadata and the kind's own spec. */
export interface CustomResourceArgsOf<Spec> {
  metadata?: pulumi.Input<ObjectMeta>;
  spec: pulumi.Input<Spec>;
}

export type PodMonitorArgs = CustomResourceArgsOf<PodMonitorSpec>;
export type ServiceMonitorArgs = CustomResourceArgsOf<ServiceMonitorSpec>;
export type ProbeArgs = CustomResourceArgsOf<ProbeSpec>;
export type ScrapeConfigArgs = CustomResourceArgsOf<ScrapeConfigSpec>;
export type PrometheusRuleArgs = CustomResourceArgsOf<PrometheusRuleSpec>;
export type PrometheusArgs = CustomResourceArgsOf<PrometheusSpec>;
export type PrometheusAgentArgs = CustomResourceArgsOf<PrometheusAgentSpec>;
export type AlertmanagerArgs = CustomResourceArgsOf<AlertmanagerSpec>;
export type AlertmanagerConfigArgs = CustomResourceArgsOf<AlertmanagerConfigSpec>;
export type ThanosRulerArgs = CustomResourceArgsOf<ThanosRulerSpec>;

/** Scrapes pods directly, without a Service in between. */
export class PodMonitor extends k8s.apiextensions.CustomResource {
  constructor(name: string, args: PodMonitorArgs, opts?: pulumi.CustomResourceOptions) {
    super(name, { apiVersion: V1, kind: "PodMonitor", ...args }, opts);
  }
}

/** Scrapes the endpoints behind Services. */
export class ServiceMonitor extends k8s.apiextensions.CustomResource {
  constructor(name: string, args: ServiceMonitorArgs, opts?: pulumi.CustomResourceOptions) {
    super(name, { apiVersion: V1, kind: "ServiceMonitor", ...args }, opts);
  }
}

/** Probes static targets or Ingresses through a blackbox exporter. */
export class Probe extends k8s.apiextensions.CustomResource {
  constructor(name: string, args: ProbeArgs, opts?: pulumi.CustomResourceOptions) {
    super(name, { apiVersion: V1, kind: "Probe", ...args }, opts);
  }
}

/** Scrapes what neither pods nor Services describe: targets outside the cluster, other discovery mechanisms. */
export class ScrapeConfig extends k8s.apiextensions.CustomResource {
  constructor(name: string, args: ScrapeConfigArgs, opts?: pulumi.CustomResourceOptions) {
    super(name, { apiVersion: V1ALPHA1, kind: "ScrapeConfig", ...args }, opts);
  }
}

/** Recording and alerting rules. */
export class PrometheusRule extends k8s.apiextensions.CustomResource {
  constructor(name: string, args: PrometheusRuleArgs, opts?: pulumi.CustomResourceOptions) {
    super(name, { apiVersion: V1, kind: "PrometheusRule", ...args }, opts);
  }
}

/** A Prometheus server. */
export class Prometheus extends k8s.apiextensions.CustomResource {
  constructor(name: string, args: PrometheusArgs, opts?: pulumi.CustomResourceOptions) {
    super(name, { apiVersion: V1, kind: "Prometheus", ...args }, opts);
  }
}

/** A Prometheus that only scrapes and writes remotely. */
export class PrometheusAgent extends k8s.apiextensions.CustomResource {
  constructor(name: string, args: PrometheusAgentArgs, opts?: pulumi.CustomResourceOptions) {
    super(name, { apiVersion: V1ALPHA1, kind: "PrometheusAgent", ...args }, opts);
  }
}

/** An Alertmanager cluster. */
export class Alertmanager extends k8s.apiextensions.CustomResource {
  constructor(name: string, args: AlertmanagerArgs, opts?: pulumi.CustomResourceOptions) {
    super(name, { apiVersion: V1, kind: "Alertmanager", ...args }, opts);
  }
}

/** A namespace's own routes and receivers. */
export class AlertmanagerConfig extends k8s.apiextensions.CustomResource {
  constructor(name: string, args: AlertmanagerConfigArgs, opts?: pulumi.CustomResourceOptions) {
    super(name, { apiVersion: V1ALPHA1, kind: "AlertmanagerConfig", ...args }, opts);
  }
}

/** Evaluates rules over a Thanos query endpoint. */
export class ThanosRuler extends k8s.apiextensions.CustomResource {
  constructor(name: string, args: ThanosRulerArgs, opts?: pulumi.CustomResourceOptions) {
    super(name, { apiVersion: V1, kind: "ThanosRuler", ...args }, opts);
  }
}
