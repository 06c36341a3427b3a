import * as pulumi from "@pulumi/pulumi";

import type { ThanosBucketArgs } from "./object-store/bucket-args.ts";
import { makeBucket } from "./object-store/bucket.ts";
import { RULES } from "./object-store/bucket-rules.ts";
import { makeRole } from "./object-store/identity.ts";
import { check } from "./support/validation.ts";

export * from "./object-store/bucket-args.ts";
export { ThanosProgram } from "./object-store/policies.ts";

/**
 * The S3 bucket that history is kept in for long, and a role for each Thanos program that uses it.
 *
 * The bucket: no public access, no object that somebody else owns, TLS 1.2 or newer only, versions, encryption with a key
 * of its own, and no lifecycle rule that could remove a live block; protected and kept when the stack is destroyed. The
 * roles: one service account of one cluster each, uploaders put, readers read, the compactor alone deletes, all of them
 * within the prefix only.
 */
export class ThanosBucket extends pulumi.ComponentResource {
  /** Name of the bucket. */
  public readonly bucketName: pulumi.Output<string>;
  /** ARN of the bucket. */
  public readonly bucketArn: pulumi.Output<string>;
  /** Key of the default encryption; empty with SSE-S3. */
  public readonly kmsKeyArn: pulumi.Output<string>;
  /** Role of each program, for the annotations that IRSA needs. */
  public readonly roleArns: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: ThanosBucketArgs, opts?: pulumi.ComponentResourceOptions) {
    check(`ThanosBucket "${name}"`, args, RULES);
    super("vllm-monitoring:index:ThanosBucket", name, { ...args }, opts);
    const bucket = makeBucket(this, name, args);
    const roles = args.accounts.map(
      (account) => [account.program, makeRole(this, name, args, bucket, account)] as const,
    );

    this.bucketName = pulumi.output(args.bucketName);
    this.bucketArn = pulumi.output(bucket.arn);
    this.kmsKeyArn = pulumi.output(bucket.kmsKeyArn ?? "");
    this.roleArns = pulumi.output<Record<string, pulumi.Output<string>>>(Object.fromEntries(roles));
    this.registerOutputs({
      bucketName: this.bucketName,
      bucketArn: this.bucketArn,
      kmsKeyArn: this.kmsKeyArn,
      roleArns: this.roleArns,
    });
  }
}
