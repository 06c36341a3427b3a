import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";

import { selectCluster } from "../../../local/kubernetes-provider/cluster/kubeconfig.ts";
import { silentHost } from "../../../local/kubernetes-provider/host.ts";
import {
  argumentsOf,
  checkConfig,
  clientSettingsOf,
  configure,
  diffConfig,
  settingsOf,
} from "../../../local/kubernetes-provider/operations/configure.ts";
import { COMPUTED, Secret } from "../../../local/kubernetes-provider/values/property.ts";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), "kubeconfig-"));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});
afterEach(() => {
  vi.unstubAllEnvs();
});

function kubeconfig(server: string, token = "s3cret"): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name: "one", cluster: { server } },
      { name: "two", cluster: { server: "https://two:6443" } },
    ],
    users: [{ name: "me", user: { token } }],
    contexts: [
      { name: "first", context: { cluster: "one", user: "me", namespace: "team" } },
      { name: "second", context: { cluster: "two", user: "me" } },
    ],
    "current-context": "first",
  });
}

describe("cluster selection", () => {
  it("takes contents or a file, and names the source", () => {
    const contents = kubeconfig("https://one:6443");
    const file = path.join(directory, "config");
    writeFileSync(file, contents);
    expect(selectCluster({ kubeconfig: contents })).toMatchObject({
      server: "https://one:6443",
      namespace: "team",
      source: 'kubeconfig given to the provider, context "first"',
    });
    expect(selectCluster({ kubeconfig: file }).source).toBe(`kubeconfig ${file}, context "first"`);
  });

  it("obeys the context, the cluster and the namespace", () => {
    const contents = kubeconfig("https://one:6443");
    expect(selectCluster({ kubeconfig: contents, context: "second" })).toMatchObject({
      server: "https://two:6443",
      namespace: "default",
    });
    const both = selectCluster({ kubeconfig: contents, cluster: "two", namespace: "mine" });
    expect(both).toMatchObject({ server: "https://two:6443", namespace: "mine" });
    expect(both.config.getCurrentCluster()?.server).toBe("https://two:6443");
  });

  it("says what a kubeconfig lacks, and never what it holds", () => {
    const contents = kubeconfig("https://one:6443");
    expect(() => selectCluster({ kubeconfig: contents, context: "third" })).toThrow(
      'kubeconfig given to the provider: no context "third"; it defines "first", "second"',
    );
    expect(() => selectCluster({ kubeconfig: contents, cluster: "three" })).toThrow(/cluster "three"/);
    expect(() => selectCluster({ kubeconfig: "/no/such/file" })).toThrow(
      /"\/no\/such\/file".* neither a file nor/,
    );
    const broken = `${contents.slice(0, -1)}\n: [s3cret`;
    expect(() => selectCluster({ kubeconfig: broken })).toThrow(
      /^the provider's "kubeconfig" \(its contents\)/,
    );
  });

  it("falls back to the variable and says so if there is nothing", () => {
    const file = path.join(directory, "from-environment");
    writeFileSync(file, kubeconfig("https://env:6443"));
    vi.stubEnv("KUBECONFIG", file);
    expect(selectCluster({}).server).toBe("https://env:6443");
    vi.stubEnv("KUBECONFIG", "/no/such/file");
    expect(() => selectCluster({})).toThrow(/no kubeconfig: \/no\/such\/file does not exist/);
  });
});

describe("configure", () => {
  it("is not stopped by a cluster that doesn't answer, and names it in one line", async () => {
    const session = await configure(
      { kubeconfig: kubeconfig("https://127.0.0.1:1"), namespace: "mine" },
      silentHost,
      new AbortController().signal,
    );
    expect(session.unreachable).toMatch(
      /^cannot reach the Kubernetes API server at https:\/\/127\.0\.0\.1:1 \(kubeconfig given to the provider, context "first"\): .*ECONNREFUSED[^\n]*$/,
    );
    expect(() => session.connection).toThrow(/^configured Kubernetes cluster is unreachable: cannot reach/);
    expect(session.namespace).toBe("mine");
  });
});

describe("arguments", () => {
  it("come from the engine's variables", () => {
    expect(
      argumentsOf([
        ["kubernetes:config:context", "a"],
        ["other:config:x", "b"],
      ]),
    ).toEqual({ context: "a" });
  });

  it("win over the environment", () => {
    vi.stubEnv("PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE", "true");
    vi.stubEnv("PULUMI_K8S_ENABLE_SECRET_MUTABLE", "true");
    expect(settingsOf({}).mutability).toEqual({ configMaps: true, secrets: true });
    expect(settingsOf({ enableConfigMapMutable: "false" }).mutability).toEqual({
      configMaps: false,
      secrets: true,
    });
  });

  it("for request limits are numbers", () => {
    expect(clientSettingsOf({ kubeClientSettings: '{"qps":10,"burst":20}' })).toEqual({ qps: 10, burst: 20 });
    expect(() => clientSettingsOf({ kubeClientSettings: '{"qps":"many"}' })).toThrow(
      /kubeClientSettings\.qps.*"many"/,
    );
    expect(() => clientSettingsOf({ kubeClientSettings: "fast" })).toThrow(
      /"kubeClientSettings" is not a JSON object: fast/,
    );
  });

  it("that only the official provider obeys are refused", () => {
    expect(checkConfig({ renderYamlToDirectory: "out" })).toHaveLength(1);
    expect(checkConfig({ enableServerSideApply: "false" })[0]?.property).toBe("enableServerSideApply");
    expect(checkConfig({ kubeconfig: "x", enableServerSideApply: "true" })).toEqual([]);
    expect(() => settingsOf({ enableServerSideApply: "false" })).toThrow(/official Kubernetes provider/);
  });
});

describe("diffConfig", () => {
  const one = { kubeconfig: kubeconfig("https://one:6443") };

  it("finds nothing in equal inputs, secret or not", () => {
    expect(diffConfig(one, { kubeconfig: new Secret(one.kubeconfig) })).toEqual({
      changed: false,
      diffs: [],
      replaces: [],
    });
  });

  it("keeps the provider for new credentials and replaces it for another cluster", () => {
    const rotated = { kubeconfig: kubeconfig("https://one:6443", "other") };
    expect(diffConfig(one, rotated)).toEqual({ changed: true, diffs: ["kubeconfig"], replaces: [] });
    const moved = { kubeconfig: kubeconfig("https://three:6443") };
    expect(diffConfig(one, moved).replaces).toEqual(["kubeconfig"]);
    expect(diffConfig(one, { ...one, context: "second" }).replaces).toEqual(["context"]);
    expect(diffConfig(one, { ...one, namespace: "x" })).toEqual({
      changed: true,
      diffs: ["namespace"],
      replaces: [],
    });
  });

  it("follows clusterIdentifier if there is one", () => {
    const moved = { kubeconfig: kubeconfig("https://three:6443"), clusterIdentifier: "a" };
    expect(diffConfig({ ...one, clusterIdentifier: "a" }, moved).replaces).toEqual([]);
    expect(diffConfig({ ...one, clusterIdentifier: "b" }, moved).replaces).toContain("clusterIdentifier");
    expect(diffConfig(one, { ...one, clusterIdentifier: "a" }).replaces).toEqual([]);
  });

  it("takes an unknown kubeconfig for another cluster", () => {
    expect(diffConfig(one, { kubeconfig: COMPUTED })).toEqual({
      changed: true,
      diffs: ["kubeconfig"],
      replaces: ["kubeconfig"],
    });
  });
});
