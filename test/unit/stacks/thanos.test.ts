import { describe, expect, test } from "vitest";
import { componentProblems } from "../../../stacks/configuration.ts";
import { estimatedSeries } from "../../../stacks/mapping/series.ts";
import { kubePrometheusArgs } from "../../../stacks/mapping/monitoring.ts";
import { thanosBucketArgs, thanosStorageArgs } from "../../../stacks/mapping/thanos.ts";
import { settingsOf } from "./support.ts";
import type { Settings } from "../../../stacks/config/settings.ts";

const secretOf = (key: string) => `value of ${key}`;
const wiring = { configSecret: "routes", secrets: [] };

function settings(environment: string, changes: [string, unknown][] = []) {
  return settingsOf(environment, changes).settings;
}

function problems(environment: string, changes: [string, unknown][]) {
  return componentProblems(settings(environment, changes)).map(
    ({ path, expected }) => `${path}: ${expected}`,
  );
}

describe("long-term storage", () => {
  test("is off where there is no object store", () => {
    const without: Settings = { ...settings("local"), objectStore: { kind: "none" } };
    expect(thanosStorageArgs(without, secretOf)).toBeUndefined();
    expect(thanosBucketArgs(without)).toBeUndefined();
    expect(kubePrometheusArgs(without, wiring).prometheus?.thanos).toBeUndefined();
  });

  test("has the labels of Prometheus, and the environment's own sizes", () => {
    const args = thanosStorageArgs(settings("prod"), secretOf);
    expect(args?.externalLabels).toEqual({
      cluster: "vllm-prod",
      environment: "prod",
      region: "eu-central-1",
    });
    expect(args?.store?.shards).toEqual({ by: "time", boundaries: ["2w"] });
    expect(args?.compactor?.retention).toEqual({ raw: "60d", fiveMinutes: "180d", oneHour: "730d" });
    expect(args?.objectStore).toEqual({
      kind: "s3",
      s3: { bucket: "example-vllm-metrics-prod", region: "eu-central-1", prefix: "thanos" },
    });
  });

  test.each([
    [
      {
        kind: "aliyun-oss",
        bucket: "abc",
        endpoint: "oss-cn-hangzhou-internal.aliyuncs.com",
        accessKeyIdFromSecret: "ossId",
        accessKeySecretFromSecret: "ossSecret",
      },
      { aliyunOss: { key: { accessKeyId: "value of ossId", secretAccessKey: "value of ossSecret" } } },
    ],
    [
      { kind: "gcs", bucket: "abc", serviceAccountFromSecret: "gcsKey" },
      { gcs: { bucket: "abc", serviceAccountKey: "value of gcsKey" } },
    ],
    [
      {
        kind: "s3-compatible",
        bucket: "abc",
        endpoint: "minio:9000",
        accessKeyIdFromSecret: "s3Id",
        secretAccessKeyFromSecret: "s3Secret",
      },
      {
        s3Compatible: { endpoint: "minio:9000", region: "us-east-1", bucketLookup: "path", insecure: false },
      },
    ],
    [
      {
        kind: "s3",
        bucket: "abc",
        region: "eu-central-1",
        accessKeyIdFromSecret: "s3Id",
        secretAccessKeyFromSecret: "s3Secret",
      },
      { s3: { key: { accessKeyId: "value of s3Id", secretAccessKey: "value of s3Secret" } } },
    ],
  ])("takes %j", (objectStore, expected) => {
    const args = thanosStorageArgs(settings("staging", [["objectStore", objectStore]]), secretOf);
    expect(args?.objectStore).toMatchObject(expected);
  });

  test("takes a directory in the embedded environment", () => {
    const changes: [string, unknown][] = [["objectStore", { kind: "filesystem", directory: "/history" }]];
    expect(thanosStorageArgs(settings("local", changes), secretOf)?.objectStore).toEqual({
      kind: "filesystem",
      filesystem: { directory: "/history" },
    });
  });

  test("gives the sidecars the object-store file, short blocks and certificates where they are asked for", () => {
    const objectStore = { name: "thanos-objstore", key: "objstore.yml" };
    const plain = kubePrometheusArgs(settings("prod"), { ...wiring, objectStore });
    expect(plain.prometheus?.thanos).toEqual({ objectStorageConfig: objectStore });
    const changed = settings("prod", [
      ["thanos.blockDuration", "1m"],
      ["thanos.grpcTls", { secretName: "thanos-grpc", serverName: "thanos.example.com" }],
    ]);
    const { prometheus } = kubePrometheusArgs(changed, { ...wiring, objectStore });
    expect(prometheus?.thanos).toMatchObject({
      disableCompaction: true,
      blockDuration: "1m",
      grpcTls: { certFile: "/etc/thanos/tls/tls.crt" },
      volumeMounts: [{ name: "grpc-tls" }],
    });
  });

  test("makes bucket and roles for the accounts that the programs run as", () => {
    const args = thanosBucketArgs(settings("prod"));
    expect(args?.accounts).toEqual([
      { program: "sidecar", namespace: "monitoring", serviceAccount: "monitoring-prometheus" },
      { program: "store", namespace: "monitoring", serviceAccount: "thanos-store" },
      { program: "compactor", namespace: "monitoring", serviceAccount: "thanos-compactor" },
    ]);
    expect(args?.identity.clusterArn).toBe("arn:aws:eks:eu-central-1:444455556666:cluster/vllm-prod");
    expect(args?.existing).toBeUndefined();
    expect(thanosBucketArgs(settings("prod", [["objectStore.manage", "roles"]]))?.existing).toBe(true);
    expect(thanosBucketArgs(settings("prod", [["objectStore.manage", "nothing"]]))).toBeUndefined();
    const without = thanosBucketArgs(settings("prod", [["thanos.compactor", { enabled: false }]]));
    expect(without?.accounts.map(({ program }) => program)).toEqual(["sidecar", "store"]);
  });

  test("does not change its sizes with a model, but refuses to be outgrown", () => {
    const base = settings("prod");
    const grown = settings("prod", [["nodeGroups[0].maxSize", 30]]);
    expect(estimatedSeries(grown)).toBeGreaterThan(estimatedSeries(base));
    expect(thanosStorageArgs(grown, secretOf)).toEqual(thanosStorageArgs(base, secretOf));
    expect(problems("prod", [["thanos.expectedSeries", 50_000]])).toEqual([
      expect.stringContaining("thanos.expectedSeries: at least the series that the fleet"),
    ]);
  });
});

describe("long-term storage is refused", () => {
  test.each<[string, [string, unknown][], string]>([
    [
      "with raw samples that go before they are downsampled",
      [["thanos.compactor.retention.raw", "2d"]],
      "thanos.compactor.retention.raw: a value that is at least 3d",
    ],
    [
      "with the label of this cluster for another one",
      [["thanos.clusters", [{ cluster: "vllm-prod", address: "thanos.example.com:10901" }]]],
      "thanos.clusters[0].cluster: a value that must not have the label of another cluster",
    ],
    [
      "with ages that do not rise",
      [["thanos.store.shards.boundaries", ["4w", "2w"]]],
      "thanos.store.shards.boundaries[1]: a value that is a duration longer",
    ],
    [
      "with an alias as key of the bucket",
      [["objectStore.kmsKeyArn", "arn:aws:kms:eu-central-1:444455556666:alias/history"]],
      "a value that is the ARN of a key, no alias",
    ],
  ])("%s", (_, changes, expected) => {
    expect(problems("prod", changes).join("\n")).toContain(expected);
  });
});
