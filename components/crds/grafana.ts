import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import type { CustomResourceArgsOf } from "./monitoring.ts";

/** Typed custom resources of grafana-operator 5; who runs the operator installs its definitions. */
const V1BETA1 = "grafana.integreatly.org/v1beta1";

/** What all of its objects have. */
export interface GrafanaObjectSpec {
  /** Labels of the `Grafana` objects that it is for. */
  instanceSelector: pulumi.Input<{ matchLabels: pulumi.Input<Record<string, pulumi.Input<string>>> }>;
  resyncPeriod?: pulumi.Input<string>;
  allowCrossNamespaceImport?: pulumi.Input<boolean>;
}

/** A folder. */
export interface GrafanaFolderSpec extends GrafanaObjectSpec {
  title: pulumi.Input<string>;
  uid?: pulumi.Input<string>;
}

/** A dashboard. */
export interface GrafanaDashboardSpec extends GrafanaObjectSpec {
  /** The model, as text. */
  json: pulumi.Input<string>;
  /** Name of the GrafanaFolder object that it is put into. */
  folderRef?: pulumi.Input<string>;
}

/** A folder in the Grafanas that it selects. */
export class GrafanaFolder extends k8s.apiextensions.CustomResource {
  constructor(
    name: string,
    args: CustomResourceArgsOf<GrafanaFolderSpec>,
    opts?: pulumi.CustomResourceOptions,
  ) {
    super(name, { apiVersion: V1BETA1, kind: "GrafanaFolder", ...args }, opts);
  }
}

/** A dashboard in the Grafanas that it selects. */
export class GrafanaDashboard extends k8s.apiextensions.CustomResource {
  constructor(
    name: string,
    args: CustomResourceArgsOf<GrafanaDashboardSpec>,
    opts?: pulumi.CustomResourceOptions,
  ) {
    super(name, { apiVersion: V1BETA1, kind: "GrafanaDashboard", ...args }, opts);
  }
}
