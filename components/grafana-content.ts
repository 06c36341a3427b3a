import * as grafana from "@pulumiverse/grafana";
import * as pulumi from "@pulumi/pulumi";
import {
  GrafanaContactPointKind,
  type GrafanaContactPointArgs,
  type GrafanaContentArgs,
  type GrafanaContentDataSourceArgs,
} from "./grafana/content-args.ts";
import { contentRules } from "./grafana/content-rules.ts";
import { formatted } from "./grafana/dashboard-rules.ts";
import { lift } from "./support/inputs.ts";
import { check } from "./support/validation.ts";

export * from "./grafana/content-args.ts";

/**
 * Folder, dashboards, data source, contact points and rights in a Grafana that somebody else runs, such as Grafana Cloud or
 * Amazon Managed Grafana: through its HTTP API, with the provider `@pulumiverse/grafana`
 * (https://www.pulumi.com/registry/packages/grafana), which the options must name.
 *
 * A Grafana in the cluster takes dashboards from `GrafanaDashboards` without a token.
 *
 * @throws pulumi.InputPropertiesError for arguments that can't work, and without a provider
 */
export class GrafanaContent extends pulumi.ComponentResource {
  /** Uid of the folder. */
  readonly folderUid: pulumi.Output<string>;
  /** Uid of the data source; empty when none is made. */
  readonly dataSourceUid: pulumi.Output<string>;

  constructor(name: string, args: GrafanaContentArgs, opts?: pulumi.ComponentResourceOptions) {
    check(
      `GrafanaContent "${name}"`,
      { componentName: name, ...args },
      contentRules(args, hasProvider(opts)),
    );
    super("vllm-monitoring:index:GrafanaContent", name, shown(args), opts);
    const child = { parent: this };
    const folder = new grafana.oss.Folder(
      `${name}-folder`,
      // Dashboards that somebody else put there are not taken along.
      { title: args.folder ?? "vLLM", uid: args.folderUid ?? name, preventDestroyIfNotEmpty: true },
      child,
    );
    for (const dashboard of args.dashboards)
      new grafana.oss.Dashboard(
        `${name}-${dashboard.name}`,
        { folder: folder.uid, configJson: lift(formatted(dashboard), ({ json }) => json), overwrite: true },
        child,
      );
    if (args.rights !== undefined)
      new grafana.oss.FolderPermission(
        `${name}-rights`,
        {
          folderUid: folder.uid,
          permissions: args.rights.map(({ teamId, role, right }) => ({
            permission: right,
            ...(teamId === undefined ? {} : { teamId }),
            ...(role === undefined ? {} : { role }),
          })),
        },
        child,
      );
    const source =
      args.dataSource === undefined
        ? undefined
        : new grafana.oss.DataSource(`${name}-source`, dataSource(name, args.dataSource), child);
    for (const point of args.contactPoints ?? [])
      new grafana.alerting.ContactPoint(`${name}-${point.name}`, contactPoint(point), child);
    this.folderUid = folder.uid;
    this.dataSourceUid = source?.uid ?? pulumi.output("");
    this.registerOutputs({ folderUid: this.folderUid, dataSourceUid: this.dataSourceUid });
  }
}

/** Whether the options, or the parent's, name the provider of Grafana. */
function hasProvider(opts: pulumi.ComponentResourceOptions | undefined): boolean {
  const { provider, providers, parent } = opts ?? {};
  const given = [provider, ...(Array.isArray(providers) ? providers : Object.values(providers ?? {}))];
  // The SDK's types leave it out; it holds for providers that a program in another language hands over, too.
  const isGrafana = (one: pulumi.ProviderResource | undefined) =>
    (one as { getPackage?: () => string } | undefined)?.getPackage?.() === "grafana";
  return given.some(isGrafana) || isGrafana(parent?.getProvider("grafana:oss/folder:Folder"));
}

/** What the component shows of its arguments: no credentials. */
function shown({ dataSource: source, contactPoints = [], ...rest }: GrafanaContentArgs): pulumi.Inputs {
  return {
    ...rest,
    ...(source === undefined ? {} : { dataSource: { url: source.url } }),
    contactPoints: contactPoints.map(({ name, kind }) => ({ name, kind })),
  };
}

function dataSource(component: string, source: GrafanaContentDataSourceArgs): grafana.oss.DataSourceArgs {
  const { bearerToken, basicAuth } = source;
  const settings = pulumi.output({
    httpMethod: "POST",
    timeInterval: source.scrapeInterval ?? "15s",
    prometheusType: lift(source.isThanos ?? false, (isThanos) => (isThanos ? "Thanos" : "Prometheus")),
    // Thanos answers for no rules; where they are shown they come from Prometheus.
    manageAlerts: lift(source.isThanos ?? false, (isThanos) => !isThanos),
  });
  return {
    type: "prometheus",
    name: source.name ?? "Prometheus",
    uid: source.uid ?? component,
    url: source.url,
    accessMode: "proxy",
    isDefault: source.isDefault ?? true,
    jsonDataEncoded: settings.apply((known) => JSON.stringify(known)),
    ...(basicAuth === undefined
      ? {}
      : {
          basicAuthEnabled: true,
          basicAuthUsername: basicAuth.username,
          secureJsonDataEncoded: pulumi
            .secret(basicAuth.password)
            .apply((password) => JSON.stringify({ basicAuthPassword: password })),
        }),
    ...(bearerToken === undefined
      ? {}
      : { httpHeaders: { Authorization: pulumi.interpolate`Bearer ${pulumi.secret(bearerToken)}` } }),
  };
}

/** Fields of Grafana's receivers, which keep credentials among the others: all of them are secret here. */
function contactPoint({
  name,
  kind,
  addresses = [],
  secret = "",
}: GrafanaContactPointArgs): grafana.alerting.ContactPointArgs {
  const hidden = pulumi.secret(secret);
  switch (kind) {
    case GrafanaContactPointKind.Email:
      return { name, emails: [{ addresses }] };
    case GrafanaContactPointKind.Slack:
      return { name, slacks: [{ url: hidden }] };
    case GrafanaContactPointKind.PagerDuty:
      return { name, pagerduties: [{ integrationKey: hidden }] };
    case GrafanaContactPointKind.Webhook:
      return { name, webhooks: [{ url: hidden }] };
    case GrafanaContactPointKind.DingTalk:
      return { name, dingdings: [{ url: hidden, messageType: "actionCard" }] };
    case GrafanaContactPointKind.WeCom:
      return { name, wecoms: [{ url: hidden }] };
  }
}
