/**
 * IAM documents of a bucket of Thanos' blocks.
 *
 * One role per program, each with what its program does and nothing else: uploaders put, readers read, the compactor
 * alone deletes. test/unit/components/object-store simulates them, test/tools/thanos runs the real programs against a
 * server that enforces them.
 */

/** A program that reads or writes the bucket. Query and query-frontend only speak to the others. */
export const ThanosProgram = {
  /** Beside Prometheus: uploads its blocks. */
  Sidecar: "sidecar",
  /** Store gateway: reads. */
  Store: "store",
  /** Compactor: reads, writes, and alone deletes. */
  Compactor: "compactor",
  /** Ruler: uploads the blocks of its own series. */
  Ruler: "ruler",
} as const;
export type ThanosProgram = (typeof ThanosProgram)[keyof typeof ThanosProgram];

/** An IAM policy. */
export interface PolicyDocument {
  Version: "2012-10-17";
  Statement: PolicyStatement[];
}

/** A statement of it, as far as these documents need them. */
export interface PolicyStatement {
  Sid?: string;
  Effect: "Allow" | "Deny";
  Principal?: Record<string, string | string[]> | "*";
  Action: string | string[];
  /** Absent in trust policies, whose resource is the role. */
  Resource?: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

/** The bucket as its policies see it. */
export interface BucketFacts {
  bucket: string;
  /** Path within the bucket; empty for its root. */
  prefix: string;
  region: string;
  /** ARN of the key of the default encryption; undefined: SSE-S3, which needs no rights. */
  kmsKeyArn: string | undefined;
  partition: string;
}

/** Partition of a region: its ARNs begin otherwise in China and in GovCloud. */
export function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}

const objectActions: Record<ThanosProgram, string[]> = {
  // GetObject is also what HEAD needs, by which an uploader finds out what is there already. AbortMultipartUpload takes
  // away the parts of an upload that failed, which no list shows and everybody pays for.
  [ThanosProgram.Sidecar]: ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
  [ThanosProgram.Ruler]: ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
  [ThanosProgram.Store]: ["s3:GetObject"],
  [ThanosProgram.Compactor]: ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject"],
};

/** What a program's role may do. */
export function programPolicy(program: ThanosProgram, facts: BucketFacts): PolicyDocument {
  const bucketArn = `arn:${facts.partition}:s3:::${facts.bucket}`;
  const path = facts.prefix === "" ? "" : `${facts.prefix}/`;
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "List",
        Effect: "Allow",
        Action: "s3:ListBucket",
        Resource: bucketArn,
        // IfExists: HEAD of a missing object has no s3:prefix, and without the right to list, S3 answers it with 403
        // instead of 404, which the programs take for an error.
        ...(path === "" ? {} : { Condition: { StringLikeIfExists: { "s3:prefix": [path, `${path}*`] } } }),
      },
      {
        Sid: "Objects",
        Effect: "Allow",
        Action: objectActions[program],
        Resource: `${bucketArn}/${path}*`,
      },
      ...encryption(program, facts),
    ],
  };
}

/** Through S3 only: the key is of no other use to the role. */
function encryption(program: ThanosProgram, facts: BucketFacts): PolicyStatement[] {
  if (facts.kmsKeyArn === undefined) return [];
  const service = `s3.${facts.region}.${facts.partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com"}`;
  return [
    {
      Sid: "Encryption",
      Effect: "Allow",
      Action: program === ThanosProgram.Store ? ["kms:Decrypt"] : ["kms:Decrypt", "kms:GenerateDataKey"],
      Resource: facts.kmsKeyArn,
      Condition: { StringEquals: { "kms:ViaService": service } },
    },
  ];
}

/** What nobody may do to the bucket, whatever else gives them rights: speak in clear, or with TLS before 1.2. */
export function bucketPolicy(bucket: string, partition: string): PolicyDocument {
  const arn = `arn:${partition}:s3:::${bucket}`;
  const deny = (Sid: string, Condition: PolicyStatement["Condition"]): PolicyStatement => ({
    Sid,
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: [arn, `${arn}/*`],
    ...(Condition === undefined ? {} : { Condition }),
  });
  return {
    Version: "2012-10-17",
    Statement: [
      deny("EncryptedConnectionsOnly", { Bool: { "aws:SecureTransport": "false" } }),
      deny("ModernTlsOnly", { NumericLessThan: { "s3:TlsVersion": "1.2" } }),
    ],
  };
}

/** Lets one service account of a cluster take a role by the cluster's OIDC provider (IRSA). */
export function irsaTrustPolicy(
  providerArn: string,
  issuer: string,
  namespace: string,
  serviceAccount: string,
): PolicyDocument {
  const host = issuer.replace(/^https:\/\//, "");
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Federated: providerArn },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: {
          StringEquals: {
            [`${host}:aud`]: "sts.amazonaws.com",
            [`${host}:sub`]: `system:serviceaccount:${namespace}:${serviceAccount}`,
          },
        },
      },
    ],
  };
}
