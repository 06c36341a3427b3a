import fc from "fast-check";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

import type { GrafanaArgs } from "../../../components/grafana.ts";
import { deriveSecrets } from "../../../components/grafana-server/secrets.ts";
import { variableOf } from "../../../components/grafana-server/environment.ts";
import { manifestsOf, renderManifests, type Manifest } from "../../support/manifests.ts";
import { at } from "../../support/mocks.ts";
import { grafana as build, GRAFANA_SEED as seed, GRAFANAS, withoutSeed } from "./typical.ts";

const everything = GRAFANAS["every option"] ?? {};

async function objects(args: Partial<GrafanaArgs> = {}) {
  const manifests = manifestsOf(await build(args));
  const find = (kind: string, name = "grafana"): Manifest => {
    const found = manifests.find((one) => one.kind === kind && one.metadata.name === name);
    if (found === undefined) throw new Error(`no ${kind} ${name}`);
    return found;
  };
  const pod = at(find("Deployment"), "spec.template.spec");
  const env = new Map((at(pod, "containers[0].env") as { name: string }[]).map((one) => [one.name, one]));
  const file = at(find("Secret", "grafana-provisioning"), 'stringData["datasources.yaml"]') as string;
  return { manifests, find, pod, env, sources: parse(file) as { datasources: unknown[] } };
}

describe("Grafana", () => {
  it("renders the golden manifests of its defaults", async () => {
    await expect(renderManifests(await build())).toMatchFileSnapshot("golden/grafana.yaml");
  });

  it("renders the golden manifests of every option", async () => {
    await expect(renderManifests(await build(everything))).toMatchFileSnapshot("golden/grafana-options.yaml");
  });

  it("lets nobody in without a name, and evaluates no alert itself", async () => {
    const { env } = await objects();
    for (const [name, value] of [
      ["GF_AUTH_ANONYMOUS_ENABLED", "false"],
      ["GF_USERS_ALLOW_SIGN_UP", "false"],
      ["GF_SECURITY_COOKIE_SECURE", "true"],
      ["GF_UNIFIED_ALERTING_EXECUTE_ALERTS", "false"],
      ["GF_ANALYTICS_REPORTING_ENABLED", "false"],
    ])
      expect(env.get(name ?? ""), name).toEqual({ name, value });
  });

  it("keeps its secrets in Secrets, which the engine knows as such", async () => {
    const run = await build({
      datasources: [{ name: "Prometheus", url: "http://prometheus:9090", headers: { A: "tenant-1" } }],
    });
    const rendered = renderManifests(run);
    const { adminPassword, secretKey } = deriveSecrets(seed, "grafana");
    for (const hidden of [adminPassword, secretKey, seed]) expect(rendered).not.toContain(hidden);
    const secret = manifestsOf(run).find(({ metadata }) => metadata.name === "grafana-secrets");
    expect(at(secret, "stringData")).toEqual({
      "admin-user": "admin",
      "admin-password": adminPassword,
      "secret-key": secretKey,
    });
    const { env } = await objects();
    expect(env.get("GF_SECURITY_ADMIN_PASSWORD")).toEqual({
      name: "GF_SECURITY_ADMIN_PASSWORD",
      valueFrom: { secretKeyRef: { name: "grafana-secrets", key: "admin-password" } },
    });
  });

  it("takes secrets that exist", async () => {
    const { manifests, env } = await objects(
      withoutSeed({ existingSecret: { name: "own", passwordKey: "pw" } }),
    );
    expect(manifests.map(({ metadata }) => metadata.name)).not.toContain("grafana-secrets");
    expect(env.get("GF_SECURITY_ADMIN_PASSWORD")).toMatchObject({
      valueFrom: { secretKeyRef: { name: "own", key: "pw" } },
    });
    expect(env.get("GF_SECURITY_SECRET_KEY")).toMatchObject({
      valueFrom: { secretKeyRef: { name: "own", key: "secret-key" } },
    });
  });

  it("shows the alerts of its sources, and keeps headers out of what is readable", async () => {
    const { sources } = await objects(everything);
    expect(sources.datasources).toMatchObject([
      {
        uid: "prometheus",
        isDefault: false,
        jsonData: { manageAlerts: true, alertmanagerUid: "alertmanager" },
      },
      {
        uid: "long-term",
        isDefault: true,
        jsonData: {
          manageAlerts: false,
          prometheusType: "Thanos",
          timeInterval: "1m",
          httpHeaderName1: "X-Scope-OrgID",
        },
        secureJsonData: { httpHeaderValue1: "vllm" },
      },
      { uid: "alertmanager", type: "alertmanager" },
    ]);
  });

  it("keeps people's work on a volume, unless there is a database or nothing is worth keeping", async () => {
    const kinds = async (args: Partial<GrafanaArgs>) =>
      (await objects(args)).manifests.filter(({ kind }) => kind === "PersistentVolumeClaim");
    expect(await kinds({})).toHaveLength(1);
    expect(await kinds({ storage: { size: "1Gi", storageClassName: "gp3" } })).toMatchObject([
      { spec: { storageClassName: "gp3", resources: { requests: { storage: "1Gi" } } } },
    ]);
    expect(await kinds({ storage: { ephemeral: true } })).toEqual([]);
    expect(await kinds(everything)).toEqual([]);
  });

  it("reads ConfigMaps where dashboards may be, and nothing else", async () => {
    const { manifests } = await objects(everything);
    const roles = manifests.filter(({ kind }) => kind === "Role");
    expect(roles.map(({ metadata }) => metadata.namespace)).toEqual(["observability", "team-a"]);
    for (const role of roles)
      expect(at(role, "rules")).toEqual([
        { apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list", "watch"] },
      ]);
    expect(manifests.filter(({ kind }) => kind === "ClusterRole")).toEqual([]);
  });

  it("starts anew when what it reads at its start changes, and only then", async () => {
    const hashOf = async (args: Partial<GrafanaArgs>) =>
      at((await objects(args)).find("Deployment"), "spec.template.metadata.annotations");
    expect(await hashOf({})).toEqual(await hashOf({ sidecarLabel: "other" }));
    expect(await hashOf({})).not.toEqual(await hashOf({ alertmanagerUrl: "http://alertmanager:9093" }));
  });

  it("derives secrets that differ by seed, purpose and instance, and never change", () => {
    expect(deriveSecrets(seed, "grafana")).toEqual(deriveSecrets(seed, "grafana"));
    const text = fc.string({ minLength: 32, maxLength: 64 });
    fc.assert(
      fc.property(text, text, fc.constantFrom("a", "b"), (one, other, instance) => {
        const { adminPassword, secretKey } = deriveSecrets(one, instance);
        expect(adminPassword).toMatch(/^[A-Za-z0-9_-]{32}$/);
        expect(adminPassword).not.toBe(secretKey);
        if (one !== other) expect(deriveSecrets(other, instance).adminPassword).not.toBe(adminPassword);
        expect(deriveSecrets(one, `${instance}x`).adminPassword).not.toBe(adminPassword);
      }),
    );
  });

  it("spells settings as Grafana reads them", () => {
    expect(variableOf("auth.generic_oauth", "client_id")).toBe("GF_AUTH_GENERIC_OAUTH_CLIENT_ID");
  });

  const source = { name: "A", url: "http://a" };
  const database = { type: "postgres", host: "db", password: { name: "a", key: "b" } };
  const refusals: [string, Partial<GrafanaArgs>, RegExp][] = [
    ["a bad namespace", { namespace: "A" }, /namespace must be a DNS label/],
    ["no secret", withoutSeed({}), /seed must be given, or existingSecret/],
    ["two secrets", { existingSecret: { name: "a" } }, /seed must be given, or existingSecret, and not both/],
    ["a short seed", { seed: "hunter2" }, /seed must have at least 32 characters, is "7 characters"/],
    ["no source", { datasources: [] }, /datasources must name a source/],
    ["a source twice", { datasources: [source, source] }, /datasources\[1\]\.name must be unique/],
    [
      "an identity twice",
      { datasources: [source, { ...source, name: "a" }] },
      /datasources\[1\]\.uid is another source's/,
    ],
    [
      "an identity of nothing",
      { datasources: [{ ...source, name: "主" }] },
      /datasources\[0\]\.uid must have/,
    ],
    [
      "two defaults",
      { datasources: [source, { ...source, name: "B" }].map((one) => ({ ...one, isDefault: true })) },
      /datasources must have at most one default/,
    ],
    [
      "an unknown kind",
      { datasources: [{ ...source, kind: "Loki" }] },
      /datasources\[0\]\.kind must be one of/,
    ],
    [
      "an interval of nothing",
      { datasources: [{ ...source, timeInterval: "0s" }] },
      /datasources\[0\]\.timeInterval must be/,
    ],
    ["a bad URL", { datasources: [{ ...source, url: "a:9090" }] }, /datasources\[0\]\.url must be an http/],
    ["a bad address of Alertmanager", { alertmanagerUrl: "x" }, /alertmanagerUrl must be an http/],
    ["a bad address", { externalUrl: "x" }, /externalUrl must be an http/],
    ["no namespace of dashboards", { dashboardNamespaces: [] }, /dashboardNamespaces must name a namespace/],
    ["replicas without a database", { replicas: 2 }, /replicas must be 1 without a database/],
    [
      "storage beside a database",
      { database, storage: { size: "1Gi" } },
      /storage must be absent with a database/,
    ],
    ["a bad size", { storage: { size: "much" } }, /storage\.size must be a quantity/],
    [
      "two kinds of storage",
      { storage: { size: "1Gi", ephemeral: true } },
      /storage\.size must be absent for ephemeral/,
    ],
    ["an unknown database", { database: { ...database, type: "oracle" } }, /database\.type must be one of/],
    [
      "a mode of another database",
      { database: { ...database, sslMode: "true" } },
      /database\.sslMode must be one of disable/,
    ],
    [
      "everyone without a name",
      { settings: { "auth.anonymous": { enabled: "true" } } },
      /settings\.auth\.anonymous\.enabled would let everyone in/,
    ],
    [
      "a password in clear",
      { settings: { smtp: { password: "hunter2" } } },
      /settings\.smtp\.password would stand in the pod's definition in clear, is "\[hidden\]"/,
    ],
  ];

  it.each(refusals)("refuses %s", async (_, args, message) => {
    const failure = await build(args).then(
      () => "nothing was refused",
      (error: unknown) => String(error),
    );
    expect(failure).toMatch(message);
    expect(failure).not.toContain("hunter2");
  });

  it("refuses a secret seed that is too short without showing it", async () => {
    await expect(build({ seed: pulumi.secret("hunter2") })).rejects.toThrow(/seed must have at least 32/);
  });
});
