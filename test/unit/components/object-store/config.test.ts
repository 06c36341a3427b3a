import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

import type { ObjectStoreArgs } from "../../../../components/object-store/args.ts";
import {
  objectStoreDocument,
  objectStoreFile,
  s3Endpoint,
} from "../../../../components/object-store/config.ts";
import { checkObjectStore } from "../../../../components/object-store/rules.ts";
import type { Finding } from "../../../../components/support/validation.ts";
import { runWithMocks, valueOf } from "../../../support/mocks.ts";

const key = { accessKeyId: "id", secretAccessKey: "secret" };
const s3 = { bucket: "history", region: "eu-central-1" };
const oss = { bucket: "history", endpoint: "oss-cn-hangzhou-internal.aliyuncs.com", key };
const minio = { bucket: "history", endpoint: "minio.storage:9000", region: "us-east-1", key };

describe("the object-store file", () => {
  it.each<[string, pulumi.Unwrap<ObjectStoreArgs>, object]>([
    [
      "S3 with the pods' identity",
      { kind: "s3", s3: { ...s3, prefix: "thanos" } },
      {
        type: "S3",
        config: { ...s3, endpoint: "s3.eu-central-1.amazonaws.com", aws_sdk_auth: true },
        prefix: "thanos",
      },
    ],
    [
      "S3 with a key and an endpoint",
      { kind: "s3", s3: { ...s3, key, endpoint: "vpce-1.s3.eu-central-1.vpce.amazonaws.com" } },
      {
        type: "S3",
        config: {
          ...s3,
          endpoint: "vpce-1.s3.eu-central-1.vpce.amazonaws.com",
          access_key: "id",
          secret_key: "secret",
        },
      },
    ],
    [
      "Aliyun OSS",
      { kind: "aliyun-oss", aliyunOss: oss },
      {
        type: "ALIYUNOSS",
        config: {
          bucket: "history",
          endpoint: oss.endpoint,
          access_key_id: "id",
          access_key_secret: "secret",
        },
      },
    ],
    [
      "GCS with workload identity",
      { kind: "gcs", gcs: { bucket: "history" } },
      { type: "GCS", config: { bucket: "history" } },
    ],
    [
      "GCS with a key",
      { kind: "gcs", gcs: { bucket: "history", serviceAccountKey: "{}", prefix: "a/b" } },
      { type: "GCS", config: { bucket: "history", service_account: "{}" }, prefix: "a/b" },
    ],
    [
      "MinIO in clear",
      { kind: "s3-compatible", s3Compatible: { ...minio, insecure: true, bucketLookup: "auto" } },
      {
        type: "S3",
        config: {
          bucket: "history",
          endpoint: "minio.storage:9000",
          region: "us-east-1",
          access_key: "id",
          secret_key: "secret",
          bucket_lookup_type: "auto",
          insecure: true,
        },
      },
    ],
    [
      "MinIO with TLS",
      { kind: "s3-compatible", s3Compatible: minio },
      {
        type: "S3",
        config: {
          bucket: "history",
          endpoint: "minio.storage:9000",
          region: "us-east-1",
          access_key: "id",
          secret_key: "secret",
          bucket_lookup_type: "path",
        },
      },
    ],
    [
      "a directory",
      { kind: "filesystem", filesystem: { directory: "/history" } },
      { type: "FILESYSTEM", config: { directory: "/history" } },
    ],
  ])("of %s", (_, store, expected) => {
    expect(objectStoreDocument(store)).toEqual(expected);
  });

  it("is a secret as a whole, and resolves what comes later", async () => {
    const { result } = await runWithMocks(async () => {
      const bucket = pulumi.output(Promise.resolve("history"));
      const file = objectStoreFile({ kind: "s3", s3: { ...s3, bucket } });
      return { text: await valueOf(file), isSecret: await pulumi.isSecret(file) };
    });
    expect(result.isSecret).toBe(true);
    expect(parse(result.text)).toMatchObject({ type: "S3", config: { bucket: "history" } });
  });

  it("knows China's domain", () => {
    expect(s3Endpoint("cn-north-1")).toBe("s3.cn-north-1.amazonaws.com.cn");
  });
});

function problems(store: unknown): string[] {
  const found: Finding[] = [];
  checkObjectStore("objectStore", store as pulumi.Unwrap<ObjectStoreArgs>, (path, value, reason, remedy) =>
    found.push({ path, value, reason, remedy }),
  );
  return found.map(({ path, reason, remedy }) => `${path} ${reason}; ${remedy}`);
}

describe("an object store is refused", () => {
  it.each<[string, unknown, string]>([
    ["when it is missing", undefined, "objectStore is required"],
    ["with an unknown kind", { kind: "nfs" }, "objectStore.kind must be one of s3, aliyun-oss"],
    ["without its object", { kind: "s3" }, "objectStore.s3 is required with kind s3"],
    [
      "with another kind's object",
      { kind: "s3", s3, gcs: { bucket: "history" } },
      "objectStore.gcs must be absent with kind s3",
    ],
    [
      "without a region",
      { kind: "s3", s3: { bucket: "history" } },
      "objectStore.s3.region must name the bucket's region",
    ],
    [
      "with a region that is none",
      { kind: "s3", s3: { ...s3, region: "Frankfurt" } },
      "objectStore.s3.region must name the bucket's region",
    ],
    [
      "without a region of an S3-compatible server",
      { kind: "s3-compatible", s3Compatible: { ...minio, region: "" } },
      "objectStore.s3Compatible.region must name the bucket's region",
    ],
    [
      "with a URL as bucket",
      { kind: "s3", s3: { ...s3, bucket: "s3://history" } },
      "objectStore.s3.bucket must be a bucket name",
    ],
    [
      "with a slash at the prefix's end",
      { kind: "s3", s3: { ...s3, prefix: "thanos/" } },
      "objectStore.s3.prefix must be a path within the bucket",
    ],
    [
      "with a URL as endpoint",
      { kind: "aliyun-oss", aliyunOss: { ...oss, endpoint: "https://oss.example.com" } },
      "objectStore.aliyunOss.endpoint must be a host name",
    ],
    [
      "without an endpoint",
      { kind: "s3-compatible", s3Compatible: { ...minio, endpoint: undefined } },
      "objectStore.s3Compatible.endpoint must be a host name",
    ],
    [
      "without a key",
      { kind: "aliyun-oss", aliyunOss: { ...oss, key: undefined } },
      "objectStore.aliyunOss.key is required",
    ],
    [
      "with half a key",
      { kind: "s3", s3: { ...s3, key: { accessKeyId: "id" } } },
      "objectStore.s3.key.secretAccessKey must not be empty",
    ],
    [
      "with an unknown lookup",
      { kind: "s3-compatible", s3Compatible: { ...minio, bucketLookup: "dns" } },
      "objectStore.s3Compatible.bucketLookup must be one of",
    ],
    [
      "with a relative directory",
      { kind: "filesystem", filesystem: { directory: "history" } },
      "objectStore.filesystem.directory must be an absolute path",
    ],
  ])("%s", (_, store, expected) => {
    const found = problems(store);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });

  it("never with a whole one", () => {
    expect(problems({ kind: "s3", s3 })).toEqual([]);
    expect(problems({ kind: "aliyun-oss", aliyunOss: oss })).toEqual([]);
    expect(problems({ kind: "gcs", gcs: { bucket: "history" } })).toEqual([]);
    expect(problems({ kind: "s3-compatible", s3Compatible: minio })).toEqual([]);
    expect(problems({ kind: "filesystem", filesystem: { directory: "/history" } })).toEqual([]);
  });
});
