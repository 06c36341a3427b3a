/** Roles of the programs, each for one service account. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

import { podIdentityTrustPolicy } from "../eks/policies.ts";
import { lift } from "../support/inputs.ts";
import { withKey, type MadeBucket } from "./bucket.ts";
import { ThanosIdentityMethod, type ThanosAccountArgs, type ThanosBucketArgs } from "./bucket-args.ts";
import { irsaTrustPolicy, partitionOf, programPolicy } from "./policies.ts";

/** Makes a program's role with its policy and, with Pod Identity, its association; returns the role's ARN. */
export function makeRole(
  component: pulumi.Resource,
  name: string,
  args: ThanosBucketArgs,
  bucket: MadeBucket,
  account: ThanosAccountArgs,
): pulumi.Output<string> {
  const options = { parent: component };
  const own = `${name}-${account.program}`;
  const tags = args.tags === undefined ? {} : { tags: args.tags };
  const role = new aws.iam.Role(
    own,
    {
      description: `Thanos ${account.program} on ${args.bucketName}`,
      assumeRolePolicy: trustPolicy(args, account),
      ...(args.rolePath === undefined ? {} : { path: args.rolePath }),
      ...(args.permissionsBoundaryArn === undefined
        ? {}
        : { permissionsBoundary: args.permissionsBoundaryArn }),
      ...tags,
    },
    options,
  );
  const policy = new aws.iam.RolePolicy(
    own,
    {
      role: role.name,
      policy: withKey(bucket.kmsKeyArn, (kmsKeyArn) =>
        JSON.stringify(
          programPolicy(account.program, {
            bucket: args.bucketName,
            prefix: args.prefix ?? "",
            region: args.region,
            kmsKeyArn,
            partition: partitionOf(args.region),
          }),
        ),
      ),
    },
    options,
  );
  // By way of the policy, so that a program never starts with a role that can do nothing yet.
  const roleArn = policy.id.apply(() => role.arn);
  if (methodOf(args) === ThanosIdentityMethod.PodIdentity) {
    new aws.eks.PodIdentityAssociation(
      own,
      {
        clusterName: args.identity.clusterName ?? "",
        namespace: account.namespace,
        serviceAccount: account.serviceAccount,
        roleArn,
        ...tags,
      },
      options,
    );
  }
  return roleArn;
}

export function methodOf({ identity }: Pick<ThanosBucketArgs, "identity">): ThanosIdentityMethod {
  return identity.method ?? ThanosIdentityMethod.PodIdentity;
}

function trustPolicy(args: ThanosBucketArgs, account: ThanosAccountArgs): pulumi.Input<string> {
  const { clusterArn = "", oidcProviderArn = "", oidcIssuer = "" } = args.identity;
  if (methodOf(args) === ThanosIdentityMethod.PodIdentity) {
    return podIdentityTrustPolicy(clusterArn, account.namespace, account.serviceAccount);
  }
  return lift(oidcProviderArn, (provider) =>
    lift(oidcIssuer, (issuer) =>
      JSON.stringify(irsaTrustPolicy(provider, issuer, account.namespace, account.serviceAccount)),
    ),
  );
}
