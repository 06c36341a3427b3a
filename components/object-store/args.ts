/** Arguments that say where history is kept for long, for `ThanosStorage` and `ThanosBucket`. */
import type * as pulumi from "@pulumi/pulumi";

type Input<T> = pulumi.Input<T>;

/** Kind of object store; each has its own object in {@link ObjectStoreArgs}. */
export const ObjectStoreKind = {
  /** Amazon S3. */
  S3: "s3",
  /** Aliyun Object Storage Service. */
  AliyunOss: "aliyun-oss",
  /** Google Cloud Storage. */
  Gcs: "gcs",
  /** A server that speaks the S3 protocol: MinIO, Ceph, versitygw. */
  S3Compatible: "s3-compatible",
  /** A directory that every program reaches; for one machine and for tests only. */
  Filesystem: "filesystem",
} as const;
export type ObjectStoreKind = (typeof ObjectStoreKind)[keyof typeof ObjectStoreKind];

/** Where a bucket stands in requests. */
export const BucketLookup = { Auto: "auto", VirtualHosted: "virtual-hosted", Path: "path" } as const;
export type BucketLookup = (typeof BucketLookup)[keyof typeof BucketLookup];

/** An access key; kept in a Secret. */
export interface ObjectStoreKeyArgs {
  accessKeyId: Input<string>;
  secretAccessKey: Input<string>;
}

/** Amazon S3. */
export interface S3StoreArgs {
  bucket: Input<string>;
  /** Region of the bucket, such as eu-central-1: requests are signed for it. */
  region: Input<string>;
  /** Path within the bucket. Default: its root. */
  prefix?: Input<string>;
  /** Host name of the endpoint. Default: the region's, s3.<region>.amazonaws.com. */
  endpoint?: Input<string>;
  /** Default: the pods' own identity (EKS Pod Identity or IRSA), which is better. */
  key?: ObjectStoreKeyArgs;
}

/** Aliyun Object Storage Service. */
export interface AliyunOssStoreArgs {
  bucket: Input<string>;
  /** Endpoint of the region, such as oss-cn-hangzhou-internal.aliyuncs.com. */
  endpoint: Input<string>;
  prefix?: Input<string>;
  key: ObjectStoreKeyArgs;
}

/** Google Cloud Storage. */
export interface GcsStoreArgs {
  bucket: Input<string>;
  prefix?: Input<string>;
  /** Key of a service account, as JSON; kept in a Secret. Default: the pods' workload identity, which is better. */
  serviceAccountKey?: Input<string>;
}

/** A server that speaks the S3 protocol. */
export interface S3CompatibleStoreArgs {
  bucket: Input<string>;
  /** Host and port of the server. */
  endpoint: Input<string>;
  /** Region that requests are signed for. Most servers take any; it still has to be there. */
  region: Input<string>;
  prefix?: Input<string>;
  /** True: plain HTTP, in which history is read by anybody on the way. For test servers. Default: false. */
  insecure?: Input<boolean>;
  /** Default: path. */
  bucketLookup?: Input<BucketLookup>;
  key: ObjectStoreKeyArgs;
}

/** A directory. */
export interface FilesystemStoreArgs {
  /** Absolute path, the same for every program. */
  directory: Input<string>;
  prefix?: Input<string>;
}

/** One object store: `kind`, and the object of that name. */
export interface ObjectStoreArgs {
  /** Which of the objects below describes the store. */
  kind: ObjectStoreKind;
  /** For kind `s3`. */
  s3?: S3StoreArgs;
  /** For kind `aliyun-oss`. */
  aliyunOss?: AliyunOssStoreArgs;
  /** For kind `gcs`. */
  gcs?: GcsStoreArgs;
  /** For kind `s3-compatible`. */
  s3Compatible?: S3CompatibleStoreArgs;
  /** For kind `filesystem`. */
  filesystem?: FilesystemStoreArgs;
}
