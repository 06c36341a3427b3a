/** Settings of EKS clusters and of what the stack makes in AWS beside them. */
import { z } from "zod";
import { EksAccessLevel, EksNatGateways } from "../../components/eks/args.ts";
import { expects } from "./messages.ts";
import { awsRegion, choice, dnsLabel, flag, list, mapping, text, valuesOf } from "./types.ts";

export const roleArn = text(
  /^arn:aws[a-z-]*:iam::[0-9]{12}:role\/.+$/,
  "the ARN of an IAM role",
  "write arn:aws:iam::<account>:role/<name>",
);

export const subnetIds = list(
  text(/^subnet-[0-9a-f]{8,17}$/, "the id of a subnet, such as subnet-0123456789abcdef0"),
  "subnet ids",
).min(1, { error: expects("at least one subnet") });

const cidr = text(/^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/, "a block in CIDR notation, such as 10.0.0.0/16");

const accountError = expects("12 digits in quotes", "quote it: YAML drops leading zeros of numbers");

/** Fields of every EKS cluster. */
export const eksCommon = {
  name: dnsLabel.meta({ description: "Name of the EKS cluster, and the external label `cluster`." }),
  region: awsRegion.meta({ description: "AWS region of the cluster." }),
  accountId: z
    .string({ error: accountError })
    .regex(/^[0-9]{12}$/, { error: accountError })
    .meta({ description: "AWS account of the cluster. Resources are made in no other one." }),
  roleArn: roleArn.optional().meta({
    description: "IAM role to assume for the cluster's API. Default: the caller's own identity.",
  }),
  provisioningRoleArn: roleArn.optional().meta({
    description: "IAM role to assume for making AWS resources. Default: the caller's own identity.",
  }),
};

/** Network of a cluster that is there already. */
export const eksNetwork = mapping(
  {
    vpcId: text(/^vpc-[0-9a-f]{8,17}$/, "the id of a VPC, such as vpc-0123456789abcdef0").meta({
      description: "VPC of the cluster (resourcesVpcConfig.vpcId).",
    }),
    clusterSecurityGroupId: text(
      /^sg-[0-9a-f]{8,17}$/,
      "the id of a security group, such as sg-0123456789abcdef0",
    ).meta({ description: "The cluster's own security group (clusterSecurityGroupId)." }),
    privateSubnetIds: subnetIds.meta({
      description: "Private subnets of node groups that name none of their own.",
    }),
  },
  "Network of the cluster. Needed once the stack makes node groups.",
);

/** Add-ons that node groups need of a cluster that others made. */
export const eksAddons = mapping(
  {
    podIdentityAgent: flag.default(false).meta({ description: "Install the Pod Identity agent." }),
    nodeMonitoringAgent: flag.default(false).meta({
      description: "Install the node monitoring agent, by which node auto repair sees GPU faults.",
    }),
  },
  "EKS add-ons that the stack installs on the existing cluster. Default: none.",
);

const zone = text(/^[a-z]{2}(-[a-z]+)+-[1-9][a-z]$/, "an availability zone such as eu-central-1a");

const administrator = mapping(
  {
    name: dnsLabel.meta({ description: "Name of the access entry." }),
    principalArn: text(
      /^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)\/.+$/,
      "the ARN of an IAM role or user",
    ).meta({ description: "IAM role (or user) that is let in." }),
    level: choice(valuesOf(EksAccessLevel))
      .default(EksAccessLevel.Viewer)
      .meta({ description: "What it may do." }),
  },
  "Somebody with access to the cluster.",
);

/** Fields of a cluster that the stack makes. */
export const newEksFields = {
  kubernetesVersion: text(/^1\.\d{2}$/, 'a version of EKS such as "1.34"', "quote it")
    .optional()
    .meta({ description: "Default: EKS' own at the time the cluster is made." }),
  zones: list(zone, "availability zones").meta({
    description: "Zones of the cluster's own VPC, two or more. Order counts: add at the end.",
  }),
  cidr: cidr.default("10.0.0.0/16").meta({ description: "Block of the VPC, /16 to /20." }),
  natGateways: choice(valuesOf(EksNatGateways))
    .default(EksNatGateways.PerZone)
    .meta({ description: "NAT gateways of the VPC." }),
  publicCidrs: list(cidr, "blocks").default([]).meta({
    description: "Blocks that may reach the API server from the internet. Default: none.",
  }),
  access: list(administrator, "access entries").meta({
    description: "Who may use the cluster; the identity that deploys must be an administrator.",
  }),
  autoMode: flag.default(false).meta({
    description: "EKS Auto Mode: AWS runs nodes, Karpenter, network, DNS and volumes.",
  }),
  deletionProtection: flag.default(true).meta({
    description: "Keep the cluster from being deleted until this is false and deployed.",
  }),
};
