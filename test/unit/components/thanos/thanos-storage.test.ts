import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

import type { ThanosStorageArgs } from "../../../../components/thanos-storage.ts";
import { manifestsOf, renderManifests, type Manifest } from "../../../support/manifests.ts";
import { at, valueOf } from "../../../support/mocks.ts";
import { build, least, whole } from "./typical.ts";

async function objects(args: Partial<ThanosStorageArgs> = {}, base = least): Promise<Manifest[]> {
  return manifestsOf(await build(args, base));
}

function only(manifests: Manifest[], kind: string, name?: string): Manifest {
  const found = manifests.filter(
    (manifest) => manifest.kind === kind && (name === undefined || manifest.metadata.name === name),
  );
  if (found[0] === undefined || found.length > 1)
    throw new Error(`${String(found.length)} ${kind} ${name ?? ""}`);
  return found[0];
}

const argsOf = (manifest: Manifest): string[] =>
  at(manifest, "spec.template.spec.containers[0].args") as string[];
const flag = (manifest: Manifest, name: string): string | undefined =>
  argsOf(manifest)
    .find((argument) => argument.startsWith(`${name}=`))
    ?.slice(name.length + 1);
const workloads = (manifests: Manifest[]) =>
  manifests.filter(({ kind }) => kind === "StatefulSet" || kind === "Deployment");

describe("ThanosStorage", () => {
  it("renders the golden manifests of the least arguments", async () => {
    await expect(renderManifests(await build())).toMatchFileSnapshot("golden/least.yaml");
  });

  it("renders the golden manifests of all arguments", async () => {
    await expect(renderManifests(await build({}, whole))).toMatchFileSnapshot("golden/whole.yaml");
  });

  it("shows no key of the object store but in the Secret", async () => {
    const run = await build();
    const secret = run.find("kubernetes:core/v1:Secret");
    expect(secret.secretPaths).toEqual(["stringData"]);
    expect(at(secret.inputs, 'stringData["objstore.yml"]')).toContain("planted-secret");
    const others = run.resources.filter(({ urn }) => urn !== secret.urn);
    expect(JSON.stringify(others)).not.toContain("planted");
  });

  it("restarts what reads the object-store file when the file changes, and nothing else", async () => {
    const checksums = async (bucket: string) => {
      const objectStore = structuredClone(least.objectStore);
      Object.assign(objectStore.s3Compatible ?? {}, { bucket });
      return Object.fromEntries(
        workloads(await objects({ objectStore })).map((workload) => [
          workload.metadata.name,
          at(workload, "spec.template.metadata.annotations"),
        ]),
      );
    };
    const [before, after] = [await checksums("history"), await checksums("other")];
    const changed = Object.keys(before).filter(
      (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
    );
    expect(changed.sort()).toEqual(["thanos-compactor", "thanos-store"]);
  });

  it("runs one compactor, as a StatefulSet, or none", async () => {
    const compactor = only(await objects({}, whole), "StatefulSet", "thanos-compactor");
    expect(at(compactor, "spec.replicas")).toBe(1);
    expect(flag(compactor, "--retention.resolution-raw")).toBe("14d");
    expect(flag(compactor, "--retention.resolution-1h")).toBe("0d");
    expect(flag(compactor, "--wait-interval")).toBe("10m");
    const without = await objects({ compactor: { enabled: false } });
    expect(without.filter(({ metadata }) => metadata.name.includes("compactor"))).toEqual([]);
  });

  it("reads replaced blocks no longer than they are there", async () => {
    const manifests = await objects({ compactor: { deleteDelay: "1h" } });
    expect(flag(only(manifests, "StatefulSet", "thanos-store"), "--ignore-deletion-marks-delay")).toBe("30m");
    expect(flag(only(manifests, "StatefulSet", "thanos-compactor"), "--delete-delay")).toBe("1h");
  });

  it("spreads blocks by age without a hole, or by hash without one", async () => {
    const byTime = await objects({ store: { shards: { by: "time", boundaries: ["2w", "13w"] } } });
    const ranges = [0, 1, 2].map((index) => {
      const shard = only(byTime, "StatefulSet", `thanos-store-${String(index)}`);
      return [flag(shard, "--min-time"), flag(shard, "--max-time")];
    });
    expect(ranges).toEqual([
      ["-2w", undefined],
      ["-13w", "-2w"],
      [undefined, "-13w"],
    ]);
    const byHash = await objects({ store: { shards: { by: "hash", count: 3 } } });
    const kept = [0, 1, 2].map((index) => {
      const shard = only(byHash, "StatefulSet", `thanos-store-${String(index)}`);
      const rules = parse(flag(shard, "--selector.relabel-config") ?? "") as Record<string, unknown>[];
      expect(rules[0]).toMatchObject({ action: "hashmod", modulus: 3, source_labels: ["__block_id"] });
      return rules[1]?.["regex"];
    });
    expect(kept).toEqual(["0", "1", "2"]);
  });

  it("asks every sidecar, shard, ruler and cluster", async () => {
    const config = only(await objects({}, whole), "ConfigMap", "thanos-endpoints");
    const file = parse(at(config, 'data["endpoints.yaml"]') as string) as Record<string, unknown>;
    expect((file["endpoints"] as { address: string }[]).map(({ address }) => address)).toEqual([
      "dnssrv+_grpc._tcp.prometheus-sidecars.monitoring.svc",
      "dnssrv+_grpc._tcp.thanos-store-0.monitoring.svc",
      "dnssrv+_grpc._tcp.thanos-store-1.monitoring.svc",
      "dnssrv+_grpc._tcp.thanos-store-2.monitoring.svc",
      "dnssrv+_grpc._tcp.thanos-ruler-operated.monitoring.svc",
      "thanos.us.example.com:10901",
      "dns+thanos.asia.example.com:10901",
    ]);
    expect(at(file, "default_client_config.server_name")).toBe("thanos.eu.example.com");
    expect(at(file, "default_client_config.tls_config.enabled")).toBe(true);
    expect(at(file, "endpoints[5].client_config.server_name")).toBe("thanos.us.example.com");
  });

  it("shows certificates on both sides of gRPC where TLS is asked for", async () => {
    const manifests = await objects({}, whole);
    for (const name of ["thanos-store-0", "thanos-query"]) {
      const workload = only(
        workloads(manifests),
        name.includes("store") ? "StatefulSet" : "Deployment",
        name,
      );
      expect(flag(workload, "--grpc-server-tls-client-ca"), name).toBe("/etc/thanos/tls/ca.crt");
      const mounts = at(workload, "spec.template.spec.containers[0].volumeMounts") as { name: string }[];
      expect(mounts.map((mount) => mount.name)).toContain("grpc-tls");
    }
    expect(JSON.stringify(await objects())).not.toContain("tls-cert");
  });

  it("addresses memcached pods one by one", async () => {
    const manifests = await objects({}, whole);
    const store = only(manifests, "StatefulSet", "thanos-store-0");
    const cache = parse(flag(store, "--index-cache.config") ?? "") as Record<string, unknown>;
    expect(cache["type"]).toBe("MEMCACHED");
    expect(at(cache, "config.addresses")).toEqual([
      "dnssrvnoa+_memcached._tcp.thanos-memcached-index.monitoring.svc",
    ]);
    for (const use of ["index", "bucket", "response"]) {
      expect(at(only(manifests, "Service", `thanos-memcached-${use}`), "spec.clusterIP")).toBe("None");
      const pods = only(manifests, "StatefulSet", `thanos-memcached-${use}`);
      expect(at(pods, "spec.replicas")).toBe(use === "index" ? 3 : 2);
    }
  });

  it("remembers the list of blocks no longer than until the next look at it", async () => {
    const store = only(await objects({ store: { syncInterval: "2m" } }), "StatefulSet", "thanos-store");
    expect(flag(store, "--sync-block-duration")).toBe("2m");
    const cache = parse(flag(store, "--store.caching-bucket.config") ?? "") as Record<string, unknown>;
    expect([cache["blocks_iter_ttl"], cache["metafile_doesnt_exist_ttl"]]).toEqual(["2m", "2m"]);
  });

  it("never leaves a cache without a size", async () => {
    const manifests = await objects();
    const store = only(manifests, "StatefulSet", "thanos-store");
    const frontend = only(manifests, "Deployment", "thanos-query-frontend");
    for (const [workload, name] of [
      [store, "--index-cache.config"],
      [store, "--store.caching-bucket.config"],
      [frontend, "--query-range.response-cache-config"],
      [frontend, "--labels.response-cache-config"],
    ] as const) {
      const cache = parse(flag(workload, name) ?? "") as Record<string, unknown>;
      expect(at(cache, "config.max_size"), name).toMatch(/^[1-9]\d*MiB$/);
    }
  });

  it("tells replicas apart by every label that does", async () => {
    const replicaLabels = async (args: Partial<ThanosStorageArgs>, base = least) =>
      argsOf(only(await objects(args, base), "Deployment", "thanos-query")).filter((argument) =>
        argument.startsWith("--query.replica-label="),
      );
    expect(await replicaLabels({})).toEqual([
      "--query.replica-label=prometheus_replica",
      "--query.replica-label=thanos_ruler_replica",
    ]);
    expect(await replicaLabels({}, whole)).toContain("--query.replica-label=rack");
  });

  it("has a budget and a monitor for every program, and lets only its callers in", async () => {
    const manifests = await objects({}, whole);
    const names = (kind: string) =>
      manifests.filter((manifest) => manifest.kind === kind).map(({ metadata }) => metadata.name);
    expect(names("PodDisruptionBudget").sort()).toEqual([
      "thanos-memcached-bucket",
      "thanos-memcached-index",
      "thanos-memcached-response",
      "thanos-query",
      "thanos-query-frontend",
      "thanos-ruler",
      "thanos-store-0",
      "thanos-store-1",
      "thanos-store-2",
    ]);
    expect(names("PodMonitor").sort()).toEqual([
      "thanos-compactor",
      "thanos-memcached",
      "thanos-query",
      "thanos-query-frontend",
      "thanos-ruler",
      "thanos-store",
    ]);
    const store = only(manifests, "NetworkPolicy", "thanos-store");
    expect(at(store, "spec.ingress[0].from")).toEqual([
      { podSelector: { matchLabels: { "app.kubernetes.io/name": "thanos-query" } } },
    ]);
    const query = only(manifests, "NetworkPolicy", "thanos-query");
    expect(JSON.stringify(at(query, "spec.ingress[0].from"))).toContain("grafana");
    expect(JSON.stringify(at(query, "spec.ingress[1].from"))).toContain("10.20.0.0/16");
    const open = await objects({ networkPolicies: { enabled: false } });
    expect(open.filter(({ kind }) => kind === "NetworkPolicy")).toEqual([]);
  });

  it("selects with each policy exactly the pods that it is called after", async () => {
    const manifests = await objects({}, whole);
    const pods = workloads(manifests).map((workload) => ({
      name: workload.metadata.name,
      labels: at(workload, "spec.template.metadata.labels") as Record<string, string>,
    }));
    for (const policy of manifests.filter(({ kind }) => kind === "NetworkPolicy")) {
      const wanted = at(policy, "spec.podSelector.matchLabels") as Record<string, string>;
      const selected = pods.filter(({ labels }) =>
        Object.entries(wanted).every(([key, value]) => labels[key] === value),
      );
      expect(selected.length, policy.metadata.name).toBeGreaterThan(0);
      const name = policy.metadata.name.replace(/^thanos-store$/, "thanos-store-");
      expect(selected.every((pod) => pod.name.startsWith(name))).toBe(true);
    }
  });

  it("gives each program an account of its own, with the annotations of its role", async () => {
    const role = { "eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/store" };
    const manifests = await objects({ serviceAccountAnnotations: { store: role } });
    const accounts = manifests.filter(({ kind }) => kind === "ServiceAccount");
    expect(accounts.map(({ metadata }) => metadata.name).sort()).toEqual([
      "thanos-compactor",
      "thanos-query",
      "thanos-store",
    ]);
    expect(at(only(accounts, "ServiceAccount", "thanos-store"), "metadata.annotations")).toMatchObject(role);
    for (const account of accounts) expect(at(account, "automountServiceAccountToken")).toBe(false);
  });

  it("lets the ruler evaluate its own rules only, and never drop a partial answer", async () => {
    const { spec } = only(await objects({}, whole), "ThanosRuler");
    expect(at(spec, "ruleSelector")).toEqual({ matchLabels: { rules: "global" } });
    expect(at(spec, "labels.cluster")).toBe("vllm-prod");
    expect(at(spec, "objectStorageConfig")).toEqual({ name: "thanos-objstore", key: "objstore.yml" });
    expect(at(spec, "queryEndpoints")).toEqual(["http://thanos-query.monitoring.svc:10902"]);
  });

  it("keeps store and compactor on emptyDirs only when asked", async () => {
    const ephemeral = { ephemeral: true, size: "5Gi" };
    const manifests = await objects({ store: { volume: ephemeral }, compactor: { volume: ephemeral } });
    for (const name of ["thanos-store", "thanos-compactor"]) {
      const workload = only(manifests, "StatefulSet", name);
      expect(at(workload, "spec.volumeClaimTemplates")).toEqual([]);
      expect(JSON.stringify(at(workload, "spec.template.spec.volumes"))).toContain('"sizeLimit":"5Gi"');
    }
  });

  it("says where queries go and which Secret the sidecars need", async () => {
    const run = await build();
    const { result } = run;
    await expect(valueOf(result.queryUrl)).resolves.toBe("http://thanos-query-frontend.monitoring.svc:10902");
    await expect(valueOf(result.grpcAddress)).resolves.toBe("thanos-query.monitoring.svc:10901");
    await expect(valueOf(result.objectStoreSecretName)).resolves.toBe("thanos-objstore");
    await expect(valueOf(result.objectStoreKey)).resolves.toBe("objstore.yml");
    expect(Object.keys(run.find("vllm-monitoring:index:ThanosStorage").outputs ?? {}).sort()).toEqual([
      "grpcAddress",
      "objectStoreKey",
      "objectStoreSecretName",
      "queryUrl",
    ]);
  });

  it("takes a namespace that comes later", async () => {
    const run = await build({ namespace: pulumi.output(Promise.resolve("observability")) });
    const frontend = only(manifestsOf(run), "Deployment", "thanos-query-frontend");
    expect(flag(frontend, "--query-frontend.downstream-url")).toBe(
      "http://thanos-query.observability.svc:10902",
    );
  });
});
