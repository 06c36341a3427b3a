/** The object-store file that every Thanos program reads. Source: Thanos v0.42, docs/storage.md. */
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";

import { BucketLookup, ObjectStoreKind, type ObjectStoreArgs } from "./args.ts";

/** Key of the file in its Secret. */
export const OBJECT_STORE_KEY = "objstore.yml";

type Known = pulumi.Unwrap<ObjectStoreArgs>;

/** What the file holds. */
interface ObjectStoreDocument {
  type: string;
  config: Record<string, unknown>;
  prefix?: string;
}

/** Host name of S3 in a region: China has a domain of its own. */
export function s3Endpoint(region: string): string {
  return `s3.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
}

/**
 * The document of a store.
 *
 * No encryption is set: the bucket encrypts by default, with its own key where it has one, and a client that asks for
 * another way would be refused by the bucket's policy.
 */
export function objectStoreDocument(store: Known): ObjectStoreDocument {
  const withPrefix = (type: string, config: Record<string, unknown>, prefix: string | undefined) => ({
    type,
    config,
    ...(prefix === undefined || prefix === "" ? {} : { prefix }),
  });
  switch (store.kind) {
    case ObjectStoreKind.S3: {
      const { bucket, region, endpoint, key, prefix } = required(store, "s3");
      const login =
        key === undefined
          ? { aws_sdk_auth: true }
          : { access_key: key.accessKeyId, secret_key: key.secretAccessKey };
      return withPrefix("S3", { bucket, endpoint: endpoint ?? s3Endpoint(region), region, ...login }, prefix);
    }
    case ObjectStoreKind.AliyunOss: {
      const { bucket, endpoint, key, prefix } = required(store, "aliyunOss");
      const login = { access_key_id: key.accessKeyId, access_key_secret: key.secretAccessKey };
      return withPrefix("ALIYUNOSS", { bucket, endpoint, ...login }, prefix);
    }
    case ObjectStoreKind.Gcs: {
      const { bucket, serviceAccountKey, prefix } = required(store, "gcs");
      const login = serviceAccountKey === undefined ? {} : { service_account: serviceAccountKey };
      return withPrefix("GCS", { bucket, ...login }, prefix);
    }
    case ObjectStoreKind.S3Compatible: {
      const { bucket, endpoint, region, insecure, bucketLookup, key, prefix } = required(
        store,
        "s3Compatible",
      );
      return withPrefix(
        "S3",
        {
          bucket,
          endpoint,
          region,
          access_key: key.accessKeyId,
          secret_key: key.secretAccessKey,
          bucket_lookup_type: bucketLookup ?? BucketLookup.Path,
          ...(insecure === true ? { insecure } : {}),
        },
        prefix,
      );
    }
    case ObjectStoreKind.Filesystem: {
      const { directory, prefix } = required(store, "filesystem");
      return withPrefix("FILESYSTEM", { directory }, prefix);
    }
  }
}

/** The file's text; always a secret, because it may hold keys. */
export function objectStoreFile(store: ObjectStoreArgs): pulumi.Output<string> {
  const known = pulumi.output(store);
  return pulumi.secret(known.apply((value) => stringify(objectStoreDocument(value), { lineWidth: 0 })));
}

/** The rules refuse a kind without its object before anything reads one. */
function required<Key extends Exclude<keyof Known, "kind">>(store: Known, key: Key): NonNullable<Known[Key]> {
  const value = store[key];
  if (value === undefined) throw new Error(`objectStore.${key} is missing`);
  return value;
}
