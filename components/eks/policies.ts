/** IAM documents of an EKS cluster. */
import type * as pulumi from "@pulumi/pulumi";
import { lift } from "../support/inputs.ts";

/** Lets a service of AWS take a role. */
export function servicePolicy(service: string, actions: string[] = ["sts:AssumeRole"]) {
  return {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: actions }],
  };
}

/** Trust of the control plane. Auto Mode hands tags of the session on to what it makes. */
export function clusterTrustPolicy(autoMode: boolean) {
  return servicePolicy("eks.amazonaws.com", ["sts:AssumeRole", ...(autoMode ? ["sts:TagSession"] : [])]);
}

/** AWS managed policies of the control plane. */
export function clusterPolicies(autoMode: boolean): string[] {
  return [
    "AmazonEKSClusterPolicy",
    ...(autoMode
      ? [
          "AmazonEKSComputePolicy",
          "AmazonEKSBlockStoragePolicy",
          "AmazonEKSLoadBalancingPolicy",
          "AmazonEKSNetworkingPolicy",
        ]
      : []),
  ];
}

/**
 * Trust of a role for one service account of one cluster by Pod Identity. The agent's session carries the account as
 * tags, which the conditions compare, so that no other account of any cluster can take the role.
 */
export function podIdentityTrustPolicy(
  clusterArn: pulumi.Input<string>,
  namespace: string,
  serviceAccount: string,
): pulumi.Input<string> {
  return lift(clusterArn, (arn) =>
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "pods.eks.amazonaws.com" },
          Action: ["sts:AssumeRole", "sts:TagSession"],
          Condition: {
            StringEquals: {
              "aws:SourceArn": arn,
              "aws:RequestTag/kubernetes-namespace": namespace,
              "aws:RequestTag/kubernetes-service-account": serviceAccount,
            },
          },
        },
      ],
    }),
  );
}

/** What VPC flow logs need: to write to their own group. */
export function flowLogPolicy(logGroupArn: string) {
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Action: [
          "logs:CreateLogStream",
          "logs:PutLogEvents",
          "logs:DescribeLogGroups",
          "logs:DescribeLogStreams",
        ],
        Resource: [logGroupArn, `${logGroupArn}:*`],
      },
    ],
  };
}

/** ARN of an AWS managed policy. */
export function managedPolicy(name: string, partition = "aws"): string {
  // Policies for roles that services take are in a folder of their own.
  const path = name === "AmazonEBSCSIDriverPolicy" ? "service-role/" : "";
  return `arn:${partition}:iam::aws:policy/${path}${name}`;
}

/** ARN of a policy for access entries. */
export function accessPolicy(name: string, partition = "aws"): string {
  return `arn:${partition}:eks::aws:cluster-access-policy/${name}`;
}
