/** An S3 bucket that blocks can be entrusted to. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

import { lift } from "../support/inputs.ts";
import type { ThanosBucketArgs } from "./bucket-args.ts";
import { bucketPolicy, partitionOf } from "./policies.ts";

export const DEFAULT_NONCURRENT_DAYS = 14;
/** Days after which the parts of an upload that never ended are removed; the largest upload takes hours. */
const INCOMPLETE_UPLOAD_DAYS = 3;
/** Days in which a key that was deleted can be brought back: the longest that there is. */
const KEY_DELETION_DAYS = 30;

/** What the roles need to know of the bucket. */
export interface MadeBucket {
  arn: pulumi.Input<string>;
  /** Undefined with SSE-S3. */
  kmsKeyArn: pulumi.Input<string> | undefined;
}

/**
 * The bucket with everything that guards it.
 *
 * The lifecycle never touches a live object: what is old is the compactor's business, which knows blocks; S3 knows files,
 * and a block without one of its files stops the compactor for good.
 */
export function makeBucket(component: pulumi.Resource, name: string, args: ThanosBucketArgs): MadeBucket {
  const partition = partitionOf(args.region);
  const arn = `arn:${partition}:s3:::${args.bucketName}`;
  const given = args.encryption?.kmsKeyArn;
  if (args.existing === true) return { arn, kmsKeyArn: given };

  const region = { region: args.region };
  const tags = args.tags === undefined ? {} : { tags: args.tags };
  const kmsKeyArn = args.encryption?.sseS3 === true ? undefined : (given ?? makeKey(component, name, args));
  const bucket = new aws.s3.Bucket(
    name,
    { bucket: args.bucketName, forceDestroy: false, ...region, ...tags },
    // History can't be made again: a destroy stops here, and a resource that leaves the program leaves the bucket.
    { parent: component, protect: true, retainOnDelete: true },
  );
  const child = { parent: component, retainOnDelete: true };
  const target = { bucket: bucket.bucket, ...region };
  const publicAccess = new aws.s3.BucketPublicAccessBlock(
    name,
    {
      ...target,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    },
    child,
  );
  new aws.s3.BucketOwnershipControls(
    name,
    { ...target, rule: { objectOwnership: "BucketOwnerEnforced" } },
    child,
  );
  const versioning = new aws.s3.BucketVersioning(
    name,
    { ...target, versioningConfiguration: { status: "Enabled" } },
    child,
  );
  new aws.s3.BucketServerSideEncryptionConfiguration(
    name,
    {
      ...target,
      rules: [
        kmsKeyArn === undefined
          ? { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }
          : {
              applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: kmsKeyArn },
              // One call to KMS a bucket and hour instead of one an object.
              bucketKeyEnabled: true,
            },
      ],
    },
    child,
  );
  new aws.s3.BucketLifecycleConfiguration(
    name,
    { ...target, rules: lifecycleRules(args.noncurrentVersionDays ?? DEFAULT_NONCURRENT_DAYS) },
    // Rules for old versions are refused, or mean nothing, before there are versions.
    { ...child, dependsOn: [versioning] },
  );
  new aws.s3.BucketPolicy(
    name,
    { ...target, policy: JSON.stringify(bucketPolicy(args.bucketName, partition)) },
    // Two changes of a bucket's access at the same time are refused.
    { ...child, dependsOn: [publicAccess] },
  );
  return { arn: bucket.arn, kmsKeyArn };
}

function lifecycleRules(
  noncurrentDays: pulumi.Input<number>,
): aws.types.input.s3.BucketLifecycleConfigurationRule[] {
  return [
    {
      id: "incomplete-uploads",
      status: "Enabled",
      filter: {},
      abortIncompleteMultipartUpload: { daysAfterInitiation: INCOMPLETE_UPLOAD_DAYS },
    },
    {
      id: "old-versions",
      status: "Enabled",
      filter: {},
      noncurrentVersionExpiration: { noncurrentDays },
      // Only markers behind which no version is left; it cannot be set together with days, which would be of live objects.
      expiration: { expiredObjectDeleteMarker: true },
    },
  ];
}

function makeKey(component: pulumi.Resource, name: string, args: ThanosBucketArgs): pulumi.Output<string> {
  const region = { region: args.region };
  const key = new aws.kms.Key(
    name,
    {
      description: `Metric history in ${args.bucketName}`,
      enableKeyRotation: true,
      deletionWindowInDays: KEY_DELETION_DAYS,
      ...region,
      ...(args.tags === undefined ? {} : { tags: args.tags }),
    },
    // Without the key the bucket can't be read any more.
    { parent: component, protect: true, retainOnDelete: true },
  );
  new aws.kms.Alias(
    name,
    { name: `alias/${args.bucketName.replaceAll(".", "-")}`, targetKeyId: key.keyId, ...region },
    { parent: component, retainOnDelete: true },
  );
  return key.arn;
}

/** ARN of the key for the roles, which may come later. */
export function withKey<T>(
  kmsKeyArn: pulumi.Input<string> | undefined,
  use: (arn: string | undefined) => T,
): pulumi.Input<T> {
  return kmsKeyArn === undefined ? use(undefined) : lift(kmsKeyArn, use);
}
