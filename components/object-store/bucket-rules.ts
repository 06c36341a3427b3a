/** What arguments a `ThanosBucket` refuses. */
import type * as pulumi from "@pulumi/pulumi";

import { requireDnsLabel, requireInteger, requireOneOf, type Rule } from "../support/validation.ts";
import { ThanosIdentityMethod, type ThanosBucketArgs } from "./bucket-args.ts";
import { ThanosProgram } from "./policies.ts";

type Known = pulumi.Unwrap<ThanosBucketArgs>;

export const RULES: Rule<Known>[] = [
  ({ bucketName }, report) => {
    if (/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucketName)) return;
    const reason = "must be 3 to 63 lower-case letters, digits, '-' and '.'";
    report("bucketName", bucketName, reason, "name the bucket alone, without s3:// and without a path");
  },
  ({ region }, report) => {
    // From JavaScript or YAML it may be absent all the same, and is then tested as "undefined".
    if (/^[a-z]{2}(-[a-z]+)+-[1-9]$/.test(region)) return;
    report("region", region, "must name the bucket's region", 'write one such as "eu-central-1"');
  },
  ({ prefix }, report) => {
    if (prefix === undefined || /^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/.test(prefix)) return;
    report("prefix", prefix, "must be a path within the bucket", "leave out leading and trailing slashes");
  },
  ({ encryption }, report) => {
    const arn = encryption?.kmsKeyArn;
    if (arn === undefined) return;
    if (encryption?.sseS3 === true) {
      report("encryption.sseS3", true, "must be absent with a KMS key", "choose one of the two");
    }
    // An alias in a policy gives no rights: IAM compares the key's own ARN.
    if (/^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key\/.+$/.test(arn)) return;
    const remedy = "aws kms describe-key --key-id <alias> --query KeyMetadata.Arn";
    report("encryption.kmsKeyArn", arn, "must be the ARN of a key, no alias", remedy);
  },
  ({ noncurrentVersionDays }, report) => {
    requireInteger(report, "noncurrentVersionDays", noncurrentVersionDays, 1);
  },
  ({ identity }, report) => {
    requireOneOf(report, "identity.method", identity.method, ThanosIdentityMethod);
    const isIrsa = identity.method === ThanosIdentityMethod.Irsa;
    const needed = isIrsa
      ? (["oidcProviderArn", "oidcIssuer"] as const)
      : (["clusterName", "clusterArn"] as const);
    for (const field of needed) {
      if (identity[field] !== undefined && identity[field] !== "") continue;
      const method = isIrsa ? ThanosIdentityMethod.Irsa : ThanosIdentityMethod.PodIdentity;
      report(
        `identity.${field}`,
        identity[field],
        `is required with method ${method}`,
        "take it from the cluster",
      );
    }
  },
  ({ accounts }, report) => {
    if (accounts.length === 0) {
      report("accounts", [], "must name a program", "name those that read or write the bucket");
    }
    accounts.forEach((account, index) => {
      const path = `accounts[${String(index)}]`;
      requireOneOf(report, `${path}.program`, account.program, ThanosProgram);
      requireDnsLabel(report, `${path}.namespace`, account.namespace);
      requireDnsLabel(report, `${path}.serviceAccount`, account.serviceAccount);
      if (accounts.findIndex(({ program }) => program === account.program) !== index) {
        report(`${path}.program`, account.program, "must not stand there twice", "name each program once");
      }
    });
  },
];
