/** Grafana's settings as environment variables. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { SecretKeyArgs } from "../kube-prometheus/thanos-args.ts";
import type { GrafanaArgs, GrafanaDatabaseArgs, GrafanaOidcArgs } from "./args.ts";

type EnvVar = k8s.types.input.core.v1.EnvVar;
type Settings = Record<string, Record<string, pulumi.Input<string>>>;

/** Names of the secrets' Secret and keys. */
export interface SecretReference {
  name: pulumi.Input<string>;
  passwordKey: pulumi.Input<string>;
  secretKeyKey: pulumi.Input<string>;
}

/** Variable of a setting: section and name in capitals, with _ for dots and hyphens. */
export function variableOf(section: string, name: string): string {
  return `GF_${section}_${name}`.toUpperCase().replaceAll(/[^A-Z0-9_]/g, "_");
}

const own = (externalUrl: pulumi.Input<string>): Settings => ({
  server: { root_url: externalUrl },
  paths: { data: "/var/lib/grafana", logs: "/var/log/grafana", provisioning: "/etc/grafana/provisioning" },
  log: { mode: "console" },
  // Nobody comes in without a name, nobody makes an account, and a guess at a password costs time.
  "auth.anonymous": { enabled: "false" },
  users: { allow_sign_up: "false", allow_org_create: "false", viewers_can_edit: "false" },
  auth: { disable_signout_menu: "false", oauth_allow_insecure_email_lookup: "false" },
  security: {
    admin_user: "admin",
    cookie_secure: "true",
    cookie_samesite: "lax",
    disable_gravatar: "true",
    strict_transport_security: "true",
    content_security_policy: "true",
    allow_embedding: "false",
  },
  snapshots: { external_enabled: "false" },
  analytics: { reporting_enabled: "false", check_for_updates: "false", check_for_plugin_updates: "false" },
  plugins: { plugin_admin_enabled: "false" },
  // Alerts are Prometheus' matter: a second evaluation would be a second truth.
  unified_alerting: { execute_alerts: "false" },
  metrics: { enabled: "true" },
});

/** All variables, sorted, those of `settings` last. */
export function environment(
  args: GrafanaArgs,
  externalUrl: pulumi.Input<string>,
  secret: SecretReference,
): EnvVar[] {
  const settings = own(externalUrl);
  const values = new Map<string, EnvVar>();
  const add = (more: Settings): void => {
    for (const [section, entries] of Object.entries(more))
      for (const [name, value] of Object.entries(entries)) {
        const variable = variableOf(section, name);
        values.set(variable, { name: variable, value });
      }
  };
  const addSecret = (section: string, name: string, { name: secretName, key }: SecretKeyArgs): void => {
    const variable = variableOf(section, name);
    values.set(variable, { name: variable, valueFrom: { secretKeyRef: { name: secretName, key } } });
  };
  add(settings);
  addSecret("security", "admin_password", { name: secret.name, key: secret.passwordKey });
  addSecret("security", "secret_key", { name: secret.name, key: secret.secretKeyKey });
  if (args.database !== undefined) {
    add({ database: databaseSettings(args.database) });
    addSecret("database", "password", args.database.password);
  }
  if (args.oidc !== undefined) {
    add({ "auth.generic_oauth": oidcSettings(args.oidc) });
    addSecret("auth.generic_oauth", "client_secret", args.oidc.clientSecret);
  }
  add(args.settings ?? {});
  return [...values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, variable]) => variable);
}

function databaseSettings({
  type,
  host,
  name,
  user,
  sslMode,
}: GrafanaDatabaseArgs): Record<string, pulumi.Input<string>> {
  return {
    type,
    host,
    name: name ?? "grafana",
    user: user ?? "grafana",
    ssl_mode: sslMode ?? (type === "mysql" ? "true" : "verify-full"),
  };
}

function oidcSettings(oidc: GrafanaOidcArgs): Record<string, pulumi.Input<string>> {
  return {
    enabled: "true",
    name: oidc.name ?? "SSO",
    client_id: oidc.clientId,
    auth_url: oidc.authUrl,
    token_url: oidc.tokenUrl,
    api_url: oidc.apiUrl,
    scopes: (oidc.scopes ?? ["openid", "profile", "email"]).join(" "),
    use_pkce: "true",
    use_refresh_token: "true",
    // The provider decides who comes in; an account is made at the first time.
    allow_sign_up: "true",
    ...(oidc.roleAttributePath === undefined
      ? {}
      : { role_attribute_path: oidc.roleAttributePath, role_attribute_strict: "true" }),
    ...(oidc.allowedDomains === undefined ? {} : { allowed_domains: oidc.allowedDomains.join(" ") }),
  };
}
