/** Arguments of `Grafana`. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { MonitoringStorageArgs } from "../kube-prometheus/args.ts";
import type { SecretKeyArgs } from "../kube-prometheus/thanos-args.ts";

type Input<T> = pulumi.Input<T>;

/** A server that answers PromQL: Prometheus, Thanos Query, Mimir. */
export interface GrafanaDatasourceArgs {
  /** Name in Grafana; unique. */
  name: string;
  /** Identity that dashboards refer to; never change it. Default: the name in lower case with hyphens. */
  uid?: string;
  /** URL inside the cluster. */
  url: Input<string>;
  /** The one that dashboards choose at first. Default: the first of the list. */
  isDefault?: boolean;
  /** What kind of server: "Prometheus" (default), "Thanos", "Mimir" or "Cortex"; Grafana asks each in its own way. */
  kind?: string;
  /** Scrape interval, the least step that a query asks for. Default: 15s. */
  timeInterval?: string;
  /** Headers of each request, for example a tenant. Their values are secret. */
  headers?: Record<string, Input<string>>;
}

/** A database outside of the pod, which more than one replica needs. */
export interface GrafanaDatabaseArgs {
  /** "postgres" or "mysql". */
  type: string;
  /** Host and port. */
  host: Input<string>;
  /** Name of the database. Default: grafana. */
  name?: Input<string>;
  /** Default: grafana. */
  user?: Input<string>;
  password: SecretKeyArgs;
  /** "disable", "require", "verify-ca" or "verify-full" of PostgreSQL; "true", "false" or "skip-verify" of MySQL. Default: the strictest. */
  sslMode?: string;
}

/** Single sign-on by OpenID Connect. */
export interface GrafanaOidcArgs {
  /** Name on the button. Default: SSO. */
  name?: string;
  clientId: Input<string>;
  clientSecret: SecretKeyArgs;
  authUrl: Input<string>;
  tokenUrl: Input<string>;
  /** Where Grafana asks for the user's claims. */
  apiUrl: Input<string>;
  /** Default: openid, profile and email. */
  scopes?: string[];
  /** JMESPath over the claims that gives the role: "Admin", "Editor", "Viewer"; nothing refuses the user. */
  roleAttributePath?: string;
  /** Domains of e-mail addresses that may come in. Default: all that the provider lets in. */
  allowedDomains?: string[];
}

/** A Secret that exists, with both of Grafana's secrets. */
export interface GrafanaSecretArgs {
  name: Input<string>;
  /** Key of the admin's password. Default: admin-password. */
  passwordKey?: Input<string>;
  /** Key of what encrypts credentials in the database. Default: secret-key. */
  secretKeyKey?: Input<string>;
}

/** Arguments of `Grafana`. */
export interface GrafanaArgs {
  /** An existing namespace. Default: monitoring. */
  namespace?: Input<string>;
  /** Image, with digest if it is to be pinned. Default docker.io/grafana/grafana:13.1.3. */
  image?: Input<string>;
  /** Image of the sidecar that brings dashboards. Default quay.io/kiwigrid/k8s-sidecar:2.11.2. */
  sidecarImage?: Input<string>;
  /** Names of Secrets with registry credentials. */
  imagePullSecrets?: Input<Input<string>[]>;
  /**
   * A secret of at least 32 characters, from which the admin's password and the key of stored credentials are derived (HKDF);
   * both are in the Secret `<name>-secrets`. Keep it: with another one Grafana can't read its stored credentials.
   * Exactly one of `seed` and `existingSecret`.
   */
  seed?: Input<string>;
  existingSecret?: GrafanaSecretArgs;
  /** At least one. Alerts of each are shown, and only shown: Grafana evaluates none itself. */
  datasources: GrafanaDatasourceArgs[];
  /** URL of an Alertmanager, whose alerts and silences Grafana shows. Default: none. */
  alertmanagerUrl?: Input<string>;
  /** Where people reach it, for example "https://grafana.example.com/". Default: the Service's address in the cluster. */
  externalUrl?: Input<string>;
  /** More than one needs a `database`. Default: 1. */
  replicas?: number;
  /** Where users, preferences and what people made themselves are kept; not with a `database`. Default: a claim of 5Gi. */
  storage?: MonitoringStorageArgs;
  database?: GrafanaDatabaseArgs;
  oidc?: GrafanaOidcArgs;
  /** Label and value by which the sidecar finds dashboards in ConfigMaps. Default: grafana_dashboard and 1. */
  sidecarLabel?: string;
  /** Value of that label. Default: "1". */
  sidecarLabelValue?: string;
  /** Annotation that names the folder. Default: grafana_folder. */
  folderAnnotation?: string;
  /** Namespaces that it looks for dashboards in. Default: its own. */
  dashboardNamespaces?: string[];
  /** Settings by section and name, after the component's own, as environment variables GF_<SECTION>_<NAME>. */
  settings?: Record<string, Record<string, Input<string>>>;
  /** Default: 100m and 256Mi requested, 512Mi at most. */
  resources?: Input<k8s.types.input.core.v1.ResourceRequirements>;
  /** Labels that its node must have. Default: none. */
  nodeSelector?: Input<Record<string, Input<string>>>;
  /** Taints that it tolerates. Default: none. */
  tolerations?: Input<Input<k8s.types.input.core.v1.Toleration>[]>;
  /** PriorityClass of the pod. Default: none. */
  priorityClassName?: Input<string>;
  /** Who, besides the pods of this namespace, may call its web port: an Ingress controller, a gateway. */
  ingressFrom?: Input<Input<k8s.types.input.networking.v1.NetworkPolicyPeer>[]>;
}
