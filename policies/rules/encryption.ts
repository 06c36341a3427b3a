import type { Policy, PolicyResource, ResourcePolicy, StackPolicy } from "../types.ts";
import { at, isTrue, listOf, textOf } from "../values.ts";

/** What is wrong with each type of resource that stores data. */
const checks: Record<string, (resource: PolicyResource) => string[]> = {
  "aws:ec2/launchTemplate:LaunchTemplate": ({ props }) =>
    disks(listOf(at(props, "blockDeviceMappings")), (disk) => at(disk, "ebs")),
  "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass": ({ props }) =>
    disks(listOf(at(props, "spec", "blockDeviceMappings")), (disk) => at(disk, "ebs")),
  "aws:ebs/volume:Volume": unlessEncrypted,
  "aws:efs/fileSystem:FileSystem": unlessEncrypted,
  "aws:eks/cluster:Cluster": ({ props }) =>
    at(props, "encryptionConfig") === undefined
      ? ["keeps Secrets without a key of the account; give encryptionConfig a KMS key"]
      : [],
  "aws:kms/key:Key": ({ props }) =>
    isTrue(at(props, "enableKeyRotation")) || isAsymmetric(props)
      ? []
      : ["is never rotated; set enableKeyRotation"],
  "kubernetes:storage.k8s.io/v1:StorageClass": ({ props }) =>
    textOf(at(props, "provisioner")).endsWith("ebs.csi.aws.com") &&
    !isTrue(at(props, "parameters", "encrypted"))
      ? ['makes volumes without encryption; set parameters.encrypted: "true"']
      : [],
};

function unlessEncrypted({ props }: PolicyResource): string[] {
  return isTrue(at(props, "encrypted")) ? [] : ["is not encrypted; set encrypted"];
}

function isAsymmetric(props: PolicyResource["props"]): boolean {
  const spec = textOf(at(props, "customerMasterKeySpec"));
  return spec !== "" && spec !== "SYMMETRIC_DEFAULT";
}

function disks(mappings: unknown[], volumeOf: (mapping: unknown) => unknown): string[] {
  return mappings
    .filter((mapping) => volumeOf(mapping) !== undefined && !isTrue(at(volumeOf(mapping), "encrypted")))
    .map((mapping) => `the volume ${textOf(at(mapping, "deviceName"))} is not encrypted; set ebs.encrypted`);
}

const encryptedStorage: ResourcePolicy = {
  name: "encrypted-storage",
  description: "Volumes, file systems and Secrets are encrypted, and keys rotate.",
  enforcement: "mandatory",
  check: (resource) => checks[resource.type]?.(resource) ?? [],
};

/** Buckets by either of their tokens. */
export function isBucket({ type }: PolicyResource): boolean {
  return /^aws:s3\/bucket(V2)?:Bucket(V2)?$/.test(type);
}

/**
 * Resources of one type that belong to the bucket: those that name it, or, while names are known later, those that
 * the same component made.
 */
export function companionsOf(
  bucket: PolicyResource,
  type: RegExp,
  resources: readonly PolicyResource[],
): PolicyResource[] {
  const name = textOf(bucket.props["bucket"]);
  return resources.filter(
    (other) =>
      type.test(other.type) &&
      ((name !== "" && other.props["bucket"] === name) ||
        (other.parent !== undefined && other.parent === bucket.parent) ||
        other.parent === bucket.urn),
  );
}

const encryptedBuckets: StackPolicy = {
  name: "encrypted-buckets",
  description: "Every bucket says by what key it encrypts.",
  enforcement: "mandatory",
  checkAll: (resources) =>
    resources
      .filter(isBucket)
      .filter(
        (bucket) =>
          at(bucket.props, "serverSideEncryptionConfiguration") === undefined &&
          companionsOf(bucket, /BucketServerSideEncryptionConfiguration(V2)?$/, resources).length === 0,
      )
      .map((resource) => ({
        resource,
        message: "has no BucketServerSideEncryptionConfiguration; add one with SSE-KMS or AES256",
      })),
};

export const ENCRYPTION_POLICIES: Policy[] = [encryptedStorage, encryptedBuckets];
