import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { assertFits } from "./grafana/dashboard-json.ts";
import { dashboardRule, formatted } from "./grafana/dashboard-rules.ts";
import { GrafanaDashboard, GrafanaFolder } from "./crds/grafana.ts";
import { lift } from "./support/inputs.ts";
import { check, requireDnsLabel, type Rule } from "./support/validation.ts";

/** One dashboard. */
export interface GrafanaDashboardArgs {
  /** Name of the resource, the ConfigMap and the file, after the component's; a DNS label, unique in the component. */
  name: string;
  /** Stable identity in Grafana, at most 40 of `A-Za-z0-9_-`. Default: the one in the JSON. */
  uid?: pulumi.Input<string>;
  /** Dashboard model in the classic schema, as JSON. */
  json: pulumi.Input<string>;
}

/** Delivery by grafana-operator, which writes dashboards and their folder through the API of the Grafanas it selects. */
export interface GrafanaOperatorDeliveryArgs {
  /** Labels of the `Grafana` objects that get the dashboards. At least one: an empty selector would match every Grafana. */
  instanceSelector: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** How often a dashboard that somebody changed by hand is put back, such as `10m`. Default `10m`. */
  resyncPeriod?: pulumi.Input<string>;
  /** Whether Grafanas of other namespaces are selected too. Default: only those of the namespace. */
  allowCrossNamespaceImport?: pulumi.Input<boolean>;
}

/** Arguments of {@link GrafanaDashboards}. */
export interface GrafanaDashboardsArgs {
  /** Namespace that Grafana's sidecar watches; it must exist. */
  namespace: pulumi.Input<string>;
  /** The dashboards. The list itself can't be an output, since each is a resource; their JSON can. */
  dashboards: GrafanaDashboardArgs[];
  /** Folder in Grafana. Default: the sidecar's own. */
  folder?: pulumi.Input<string>;
  /** Annotation by which the sidecar learns the folder. Default `grafana_folder`. */
  folderAnnotation?: pulumi.Input<string>;
  /** Label by which the sidecar finds the ConfigMaps. Default `grafana_dashboard`. */
  sidecarLabel?: pulumi.Input<string>;
  /** Value of that label. Default `1`. */
  sidecarLabelValue?: pulumi.Input<string>;
  /** Deliver through grafana-operator instead of the sidecar: its objects, and no ConfigMaps. Default: the sidecar. */
  operator?: GrafanaOperatorDeliveryArgs;
}

/**
 * Dashboards for Grafana: by default for its sidecar, one ConfigMap each; with `operator` one object of grafana-operator
 * each. Small objects, and a diff per dashboard.
 *
 * The names are fixed, so with the provider's default of replacing a changed ConfigMap a dashboard would be gone for a
 * moment; set `enableConfigMapMutable` on the provider.
 */
export class GrafanaDashboards extends pulumi.ComponentResource {
  /** Names of the ConfigMaps, in the order of the dashboards; none with `operator`. */
  readonly configMapNames: pulumi.Output<string[]>;

  constructor(name: string, args: GrafanaDashboardsArgs, opts?: pulumi.ComponentResourceOptions) {
    check(`GrafanaDashboards "${name}"`, { componentName: name, ...args }, rulesFor(args));
    super("vllm-monitoring:index:GrafanaDashboards", name, { ...args }, opts);
    const { operator } = args;
    const names = operator === undefined ? configMaps(this, name, args) : [];
    if (operator !== undefined) operatorObjects(this, name, args, operator);
    this.configMapNames = pulumi.all(names);
    this.registerOutputs({ configMapNames: this.configMapNames });
  }
}

/** One ConfigMap each. */
function configMaps(
  parent: pulumi.Resource,
  name: string,
  args: GrafanaDashboardsArgs,
): pulumi.Output<string>[] {
  const label = args.sidecarLabel ?? "grafana_dashboard";
  return args.dashboards.map((dashboard) => {
    const configMapName = `${name}-${dashboard.name}`;
    const map = new k8s.core.v1.ConfigMap(
      configMapName,
      {
        metadata: {
          name: configMapName,
          namespace: args.namespace,
          labels: lift(label, (key) => ({
            "app.kubernetes.io/name": "grafana-dashboards",
            "app.kubernetes.io/instance": name,
            "app.kubernetes.io/part-of": "vllm-monitoring",
            "app.kubernetes.io/managed-by": "pulumi",
            [key]: args.sidecarLabelValue ?? "1",
          })),
          ...folderAnnotations(args),
        },
        // The sidecar writes all files of a folder into one directory: the key must be unique there.
        data: { [fileName(name, dashboard.name)]: lift(formatted(dashboard), ({ json }) => json) },
      },
      { parent },
    );
    return map.metadata.name;
  });
}

/** A folder, and one GrafanaDashboard each. The uid is in the JSON, so links last. */
function operatorObjects(
  parent: pulumi.Resource,
  name: string,
  args: GrafanaDashboardsArgs,
  operator: GrafanaOperatorDeliveryArgs,
): void {
  const { namespace, folder } = args;
  const labels = {
    "app.kubernetes.io/name": "grafana-dashboards",
    "app.kubernetes.io/instance": name,
    "app.kubernetes.io/part-of": "vllm-monitoring",
    "app.kubernetes.io/managed-by": "pulumi",
  };
  const shared = {
    instanceSelector: { matchLabels: operator.instanceSelector },
    resyncPeriod: operator.resyncPeriod ?? "10m",
    allowCrossNamespaceImport: operator.allowCrossNamespaceImport ?? false,
  };
  const parents =
    folder === undefined
      ? []
      : [
          new GrafanaFolder(
            `${name}-folder`,
            { metadata: { name, namespace, labels }, spec: { ...shared, title: folder } },
            { parent },
          ),
        ];
  for (const dashboard of args.dashboards) {
    const objectName = `${name}-${dashboard.name}`;
    new GrafanaDashboard(
      objectName,
      {
        metadata: { name: objectName, namespace, labels },
        spec: {
          ...shared,
          ...(folder === undefined ? {} : { folderRef: name }),
          json: lift(formatted(dashboard), ({ json }) => json),
        },
      },
      { parent, dependsOn: parents },
    );
  }
}

function folderAnnotations(args: GrafanaDashboardsArgs) {
  const { folder, folderAnnotation = "grafana_folder" } = args;
  return folder === undefined ? {} : { annotations: lift(folderAnnotation, (key) => ({ [key]: folder })) };
}

function fileName(componentName: string, dashboardName: string): string {
  return `${componentName}-${dashboardName}.json`;
}

/** @throws DashboardError for a dashboard that no ConfigMap holds */
function fitsConfigMap(componentName: string, dashboardName: string, json: string): void {
  assertFits(fileName(componentName, dashboardName), json);
}

type CheckedArgs = pulumi.Unwrap<GrafanaDashboardsArgs & { componentName: string }>;

function rulesFor(args: GrafanaDashboardsArgs): Rule<CheckedArgs>[] {
  if (!Array.isArray(args.dashboards)) {
    return [
      (_, report) => {
        report(
          "dashboards",
          "no list",
          "must be a plain list",
          "make only the json of its elements an output",
        );
      },
    ];
  }
  return [
    ...RULES,
    ...OPERATOR_RULES,
    ...args.dashboards.map((_, index) => dashboardRule(index, fitsConfigMap)),
  ];
}

const RULES: Rule<CheckedArgs>[] = [
  ({ componentName, namespace }, report) => {
    requireDnsLabel(report, "name", componentName);
    if (!namespace) report("namespace", namespace, "is required", "name the one that the sidecar watches");
    else requireDnsLabel(report, "namespace", namespace);
  },
  ({ sidecarLabel: key }, report) => {
    if (key === undefined || /^([a-z0-9.-]+\/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/.test(key)) return;
    report("sidecarLabel", key, "is no label key", "write the sidecar's LABEL, such as grafana_dashboard");
  },
  ({ sidecarLabelValue: value }, report) => {
    if (value === undefined || /^(|[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)$/.test(value)) return;
    report("sidecarLabelValue", value, "is no label value", "write the sidecar's LABEL_VALUE, such as 1");
  },
];

const OPERATOR_RULES: Rule<CheckedArgs>[] = [
  ({ operator, sidecarLabel, sidecarLabelValue, folderAnnotation }, report) => {
    if (operator === undefined) return;
    for (const [key, value] of Object.entries({ sidecarLabel, sidecarLabelValue, folderAnnotation })) {
      if (value !== undefined)
        report(key, value, "is for the sidecar, but operator is given", "leave one of them out");
    }
  },
  ({ operator }, report) => {
    if (operator === undefined || Object.keys(operator.instanceSelector).length > 0) return;
    report(
      "operator.instanceSelector",
      "{}",
      "selects every Grafana",
      "name a label of the one that is meant",
    );
  },
  ({ operator }, report) => {
    const period = operator?.resyncPeriod;
    if (period === undefined || /^(\d+(h|m|s))+$/.test(period)) return;
    report("operator.resyncPeriod", period, "is no duration", "write one such as 10m");
  },
];
