/** What arguments a `Grafana` refuses. */
import type * as pulumi from "@pulumi/pulumi";
import { parseDuration, parseQuantity } from "../support/quantity.ts";
import {
  requireDnsLabel,
  requireInteger,
  requireOneOf,
  type Report,
  type Rule,
} from "../support/validation.ts";
import type { GrafanaArgs } from "./args.ts";
import { uidOf } from "./provisioning.ts";
import { SEED_LENGTH } from "./secrets.ts";

/** Arguments with the component's name. */
export type CheckedArgs = pulumi.Unwrap<GrafanaArgs> & { componentName: string };

const KINDS = { Prometheus: "Prometheus", Thanos: "Thanos", Mimir: "Mimir", Cortex: "Cortex" };
const SSL_MODES: Record<string, string[]> = {
  postgres: ["disable", "require", "verify-ca", "verify-full"],
  mysql: ["true", "false", "skip-verify"],
};

/** Every rule. */
export const RULES: Rule<CheckedArgs>[] = [
  (args, report) => {
    requireDnsLabel(report, "name", args.componentName, 48);
  },
  (args, report) => {
    requireDnsLabel(report, "namespace", args.namespace);
  },
  ({ dashboardNamespaces }, report) => {
    if (dashboardNamespaces?.length === 0)
      report(
        "dashboardNamespaces",
        dashboardNamespaces,
        "must name a namespace",
        "name one, or leave it out",
      );
    dashboardNamespaces?.forEach((namespace, index) => {
      requireDnsLabel(report, `dashboardNamespaces[${String(index)}]`, namespace);
    });
  },
  ({ seed, existingSecret }, report) => {
    if ((seed === undefined) === (existingSecret === undefined)) {
      const reason = "must be given, or existingSecret, and not both";
      report("seed", seed === undefined ? undefined : "[both]", reason, "see the argument's description");
    } else if (seed !== undefined && seed.length < SEED_LENGTH) {
      // Its value is nobody's business.
      report(
        "seed",
        `${String(seed.length)} characters`,
        `must have at least ${String(SEED_LENGTH)} characters`,
        "make one: openssl rand -hex 32",
      );
    }
  },
  ({ datasources }, report) => {
    if (datasources.length === 0) report("datasources", datasources, "must name a source", "name Prometheus");
    const names = datasources.map(({ name }) => name);
    const uids = datasources.map(uidOf);
    if (datasources.filter(({ isDefault }) => isDefault === true).length > 1)
      report("datasources", names, "must have at most one default", "keep isDefault on one of them");
    datasources.forEach((source, index) => {
      const path = `datasources[${String(index)}]`;
      if (names.indexOf(source.name) !== index)
        report(`${path}.name`, source.name, "must be unique", "rename it");
      else if (uids.indexOf(uidOf(source)) !== index)
        report(`${path}.uid`, uidOf(source), "is another source's, too", "give it one of its own");
      if (!/^[A-Za-z0-9_-]{1,40}$/.test(uidOf(source)))
        report(`${path}.uid`, uidOf(source), "must have 1 to 40 of A-Z a-z 0-9 _ -", "give it one");
      requireOneOf(report, `${path}.kind`, source.kind, KINDS);
      const { timeInterval } = source;
      if (timeInterval !== undefined && (parseDuration(timeInterval) ?? 0) <= 0)
        report(`${path}.timeInterval`, timeInterval, "must be a duration above zero", 'write it like "15s"');
    });
  },
  ({ datasources }, report) => {
    datasources.forEach(({ url }, index) => {
      requireUrl(`datasources[${String(index)}].url`, url, report);
    });
  },
  ({ alertmanagerUrl, externalUrl, oidc }, report) => {
    requireUrl("alertmanagerUrl", alertmanagerUrl, report);
    requireUrl("externalUrl", externalUrl, report);
    for (const field of ["authUrl", "tokenUrl", "apiUrl"] as const)
      requireUrl(`oidc.${field}`, oidc?.[field], report);
  },
  ({ replicas, database }, report) => {
    requireInteger(report, "replicas", replicas, 1);
    if ((replicas ?? 1) <= 1 || database !== undefined) return;
    const reason = "must be 1 without a database: each replica would have its own users and sessions";
    report("replicas", replicas, reason, "add a database, or run one");
  },
  ({ storage, database }, report) => {
    if (storage === undefined) return;
    if (database !== undefined && storage.ephemeral !== true)
      report("storage", storage, "must be absent with a database, which keeps everything", "remove it");
    for (const field of ["size", "ephemeralSizeLimit"] as const) {
      const value = storage[field];
      if (value !== undefined && parseQuantity(value) === undefined)
        report(`storage.${field}`, value, "must be a quantity", 'write one such as "5Gi"');
    }
    if (storage.ephemeral === true && storage.size !== undefined)
      report("storage.size", storage.size, "must be absent for ephemeral storage", "remove it, or ephemeral");
  },
  ({ database }, report) => {
    if (database === undefined) return;
    requireOneOf(report, "database.type", database.type, { Postgres: "postgres", MySql: "mysql" });
    const modes = SSL_MODES[database.type];
    if (modes === undefined || database.sslMode === undefined || modes.includes(database.sslMode)) return;
    report("database.sslMode", database.sslMode, `must be one of ${modes.join(", ")}`, "choose one of them");
  },
  ({ settings = {} }, report) => {
    for (const [section, entries] of Object.entries(settings)) {
      for (const [name, value] of Object.entries(entries)) {
        const path = `settings.${section}.${name}`;
        if (section === "auth.anonymous" && name === "enabled" && value !== "false") {
          report(path, value, "would let everyone in without a name", "use oidc, or give people accounts");
        } else if (/password|secret/.test(name)) {
          report(path, "[hidden]", "would stand in the pod's definition in clear", "use the argument for it");
        }
      }
    }
  },
];

function requireUrl(path: string, url: string | undefined, report: Report): void {
  if (url === undefined) return;
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return;
  report(path, url, "must be an http or https URL", 'write one such as "https://grafana.example.com"');
}
