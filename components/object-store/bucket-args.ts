import type * as pulumi from "@pulumi/pulumi";

import type { ThanosProgram } from "./policies.ts";

type Input<T> = pulumi.Input<T>;

/** How a pod's service account takes its role. */
export const ThanosIdentityMethod = {
  /** EKS Pod Identity: an association in the cluster; the pods need the agent, and no annotation. */
  PodIdentity: "pod-identity",
  /** IAM roles for service accounts: by the cluster's OIDC provider, and an annotation on the account. */
  Irsa: "irsa",
} as const;
export type ThanosIdentityMethod = (typeof ThanosIdentityMethod)[keyof typeof ThanosIdentityMethod];

/** The cluster whose service accounts take the roles. */
export interface ThanosIdentityArgs {
  /** Default: pod-identity. */
  method?: ThanosIdentityMethod;
  /** Name of the EKS cluster. For pod-identity. */
  clusterName?: Input<string>;
  /** ARN of the EKS cluster. For pod-identity: no other cluster's agent can hand the role out. */
  clusterArn?: Input<string>;
  /** ARN of the cluster's OIDC provider in IAM. For irsa. */
  oidcProviderArn?: Input<string>;
  /** Issuer of the cluster's tokens, https://oidc.eks.…; for irsa. */
  oidcIssuer?: Input<string>;
}

/** The service account that a program runs as. */
export interface ThanosAccountArgs {
  program: ThanosProgram;
  namespace: string;
  serviceAccount: string;
}

/** Default encryption of the bucket. */
export interface ThanosBucketEncryptionArgs {
  /** An existing KMS key. Default: one is made, with rotation. */
  kmsKeyArn?: Input<string>;
  /** True: S3's own keys (SSE-S3), which cost nothing and need no rights. Default: false. */
  sseS3?: boolean;
}

/** Arguments of ThanosBucket. */
export interface ThanosBucketArgs {
  /** Globally unique name of the bucket. */
  bucketName: string;
  /** Region of the bucket. */
  region: string;
  /** Path within the bucket that the roles are limited to. Default: its root. */
  prefix?: string;
  /** True: the bucket is there already and stays as it is; only roles are made. Default: false. */
  existing?: boolean;
  encryption?: ThanosBucketEncryptionArgs;
  /** Days that a deleted or overwritten object can be brought back. Default: 14. */
  noncurrentVersionDays?: Input<number>;
  identity: ThanosIdentityArgs;
  /** Programs that get a role; each program once. */
  accounts: ThanosAccountArgs[];
  /** Path of the roles in IAM. Default: "/". */
  rolePath?: Input<string>;
  /** Policy that bounds what the roles may do at most. Default none. */
  permissionsBoundaryArn?: Input<string>;
  /** Tags of every resource that takes any. Default none. */
  tags?: Input<Record<string, Input<string>>>;
}
