/** What is refused of an object store. */
import type * as pulumi from "@pulumi/pulumi";

import { requireOneOf, type Report } from "../support/validation.ts";
import { BucketLookup, ObjectStoreKind, type ObjectStoreArgs } from "./args.ts";

type Known = pulumi.Unwrap<ObjectStoreArgs>;

const objectOf = {
  [ObjectStoreKind.S3]: "s3",
  [ObjectStoreKind.AliyunOss]: "aliyunOss",
  [ObjectStoreKind.Gcs]: "gcs",
  [ObjectStoreKind.S3Compatible]: "s3Compatible",
  [ObjectStoreKind.Filesystem]: "filesystem",
} as const satisfies Record<ObjectStoreKind, keyof Known>;

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const HOST = /^[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?(:[1-9][0-9]{0,4})?$/;
const PREFIX = /^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/;

/** Reports what is wrong with a store; `path` is its place in the arguments. */
export function checkObjectStore(path: string, store: Known | undefined, report: Report): void {
  if (store === undefined) {
    report(path, store, "is required", "say where history is kept");
    return;
  }
  requireOneOf(report, `${path}.kind`, store.kind, ObjectStoreKind);
  const own = objectOf[store.kind] as keyof typeof store | undefined;
  if (own === undefined) return;
  for (const other of Object.values(objectOf)) {
    if (other !== own && store[other] !== undefined) {
      const remedy = `remove it, or set ${path}.kind to it`;
      report(`${path}.${other}`, "(given)", `must be absent with kind ${store.kind}`, remedy);
    }
  }
  const given = store[own] as Record<string, unknown> | undefined;
  if (given === undefined) {
    report(`${path}.${own}`, given, `is required with kind ${store.kind}`, "describe the store there");
    return;
  }
  checkFields(`${path}.${own}`, store.kind, given, report);
}

function checkFields(
  path: string,
  kind: ObjectStoreKind,
  fields: Record<string, unknown>,
  report: Report,
): void {
  if (kind === ObjectStoreKind.Filesystem) {
    requireText(
      report,
      path,
      fields,
      "directory",
      /^\/[^\0]*$/,
      "must be an absolute path",
      "start it with /",
    );
  } else {
    const remedy = "name the bucket alone, without a scheme or a path";
    requireText(report, path, fields, "bucket", BUCKET, "must be a bucket name", remedy);
  }
  if (kind === ObjectStoreKind.S3 || kind === ObjectStoreKind.S3Compatible) {
    const pattern = kind === ObjectStoreKind.S3 ? /^[a-z]{2}(-[a-z]+)+-[1-9]$/ : /^\S+$/;
    const reason = "must name the bucket's region, which requests are signed for";
    requireText(report, path, fields, "region", pattern, reason, 'write one such as "eu-central-1"');
  }
  const needsEndpoint = kind === ObjectStoreKind.S3Compatible || kind === ObjectStoreKind.AliyunOss;
  if (needsEndpoint || fields["endpoint"] !== undefined) {
    const remedy = "leave out the scheme and the bucket";
    requireText(report, path, fields, "endpoint", HOST, "must be a host name with an optional port", remedy);
  }
  if (fields["prefix"] !== undefined) {
    const remedy = "leave out leading and trailing slashes";
    requireText(report, path, fields, "prefix", PREFIX, "must be a path within the bucket", remedy);
  }
  requireOneOf(report, `${path}.bucketLookup`, fields["bucketLookup"] as string | undefined, BucketLookup);
  checkKey(path, kind, fields["key"] as Record<string, string | undefined> | undefined, report);
}

function requireText(
  report: Report,
  path: string,
  fields: Record<string, unknown>,
  field: string,
  pattern: RegExp,
  reason: string,
  remedy: string,
): void {
  const value = fields[field];
  if (typeof value === "string" && pattern.test(value)) return;
  report(`${path}.${field}`, value, reason, remedy);
}

/** Both halves or none. The values themselves are never shown. */
function checkKey(
  path: string,
  kind: ObjectStoreKind,
  key: Record<string, string | undefined> | undefined,
  report: Report,
): void {
  const isNeeded = kind === ObjectStoreKind.S3Compatible || kind === ObjectStoreKind.AliyunOss;
  if (key === undefined) {
    if (isNeeded) report(`${path}.key`, key, `is required with kind ${kind}`, "give an access key");
    return;
  }
  for (const half of ["accessKeyId", "secretAccessKey"]) {
    if (key[half] !== undefined && key[half] !== "") continue;
    report(`${path}.key.${half}`, "(empty)", "must not be empty", "give both halves of the access key");
  }
}
