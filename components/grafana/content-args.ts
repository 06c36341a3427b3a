/** Arguments of `GrafanaContent`. */
import type * as pulumi from "@pulumi/pulumi";
import type { GrafanaDashboardArgs } from "../grafana-dashboards.ts";

/** What a contact point is. */
export const GrafanaContactPointKind = {
  Email: "email",
  Slack: "slack",
  PagerDuty: "pagerduty",
  Webhook: "webhook",
  DingTalk: "dingtalk",
  WeCom: "wecom",
} as const;
export type GrafanaContactPointKind = (typeof GrafanaContactPointKind)[keyof typeof GrafanaContactPointKind];

/** Rights on the folder: `View`, `Edit` or `Admin`, each with the ones before. */
export const GrafanaFolderRight = { View: "View", Edit: "Edit", Admin: "Admin" } as const;
export type GrafanaFolderRight = (typeof GrafanaFolderRight)[keyof typeof GrafanaFolderRight];

/** A user name with its password. */
export interface GrafanaBasicAuthArgs {
  username: pulumi.Input<string>;
  /** Kept secret, however it is given. */
  password: pulumi.Input<string>;
}

/** The Prometheus, or the query of Thanos, that dashboards ask. */
export interface GrafanaContentDataSourceArgs {
  /** Name in Grafana. Default: Prometheus. */
  name?: pulumi.Input<string>;
  /** Stable identity, at most 40 of `A-Za-z0-9_-`. Default: the component's name. */
  uid?: pulumi.Input<string>;
  /** Address as Grafana reaches it, with its scheme. */
  url: pulumi.Input<string>;
  /** Whether it is Thanos, which knows no rules of Prometheus. Default false. */
  isThanos?: pulumi.Input<boolean>;
  /** Whether new panels ask it. Default true. */
  isDefault?: pulumi.Input<boolean>;
  /** Time between two samples, such as 15s: the least step of a graph. Default 15s. */
  scrapeInterval?: pulumi.Input<string>;
  /** Sent as `Authorization: Bearer`; kept secret, however it is given. Not together with basicAuth. */
  bearerToken?: pulumi.Input<string>;
  /** Basic authentication. Not together with bearerToken. */
  basicAuth?: GrafanaBasicAuthArgs;
}

/** Where Grafana's own alerts may be sent. */
export interface GrafanaContactPointArgs {
  /** Name in Grafana, unique in the component. */
  name: string;
  kind: GrafanaContactPointKind;
  /** Recipients, of kind `email` only. */
  addresses?: pulumi.Input<pulumi.Input<string>[]>;
  /** URL of the webhook or robot, or PagerDuty's integration key; of every other kind. Kept secret, however it is given. */
  secret?: pulumi.Input<string>;
}

/** What a team or a role may do with the folder and its dashboards. */
export interface GrafanaFolderPermissionArgs {
  /** Number of a team in Grafana. Either this or role. */
  teamId?: pulumi.Input<string>;
  /** `Viewer` or `Editor`, for everybody who is one. */
  role?: pulumi.Input<string>;
  right: pulumi.Input<GrafanaFolderRight>;
}

/** Arguments of {@link GrafanaContent}. */
export interface GrafanaContentArgs {
  /** Title of the folder. Default: vLLM. */
  folder?: pulumi.Input<string>;
  /** Stable identity of the folder, at most 40 of `A-Za-z0-9_-`. Default: the component's name. */
  folderUid?: pulumi.Input<string>;
  /** The dashboards. The list itself can't be an output, since each is a resource; their JSON can. */
  dashboards: GrafanaDashboardArgs[];
  /** Data source that is made. Default: none, and dashboards ask Grafana's default one. */
  dataSource?: GrafanaContentDataSourceArgs;
  /** Contact points that are made. Default: none. */
  contactPoints?: GrafanaContactPointArgs[];
  /**
   * Everybody with rights on the folder besides administrators: who is not named has none. Default: Grafana's own, by which
   * viewers view and editors edit.
   */
  rights?: GrafanaFolderPermissionArgs[];
}
