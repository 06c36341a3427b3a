/** Settings of node groups that the stack makes: one kind for each means. */
import { z } from "zod";
import { GpuAmiType, GpuNodeUpdateStrategy } from "../../components/gpu/node-group-args.ts";
import { roleArn, subnetIds } from "./eks.ts";
import { expects } from "./messages.ts";
import { choice, flag, integer, list, mapping, text, valuesOf } from "./types.ts";

const instanceTypeError = expects("an instance type such as p5.48xlarge");
export const instanceType = z
  .string({ error: instanceTypeError })
  .regex(/^[a-z0-9][a-z0-9.-]*$/, { error: instanceTypeError });

const time = text(
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
  'a time in UTC such as "2026-12-01T11:30:00Z"',
  "quote it",
);
const reservationId = text(
  /^cr-[0-9a-f]{8,17}$/,
  "the id of a capacity reservation, such as cr-0123456789abcdef0",
).meta({ description: "Capacity reservation or Capacity Block." });
const goDuration = text(/^(Never|([0-9]+(s|m|h))+)$/, 'a duration such as "10m" or "336h", or Never');

const reservation = mapping(
  {
    id: reservationId.optional(),
    resourceGroupArn: text(/^arn:aws[a-z-]*:resource-groups:.+$/, "the ARN of a resource group")
      .optional()
      .meta({ description: "Resource group of capacity reservations, instead of `id`." }),
    startTime: time.optional().meta({
      description:
        "Start of a Capacity Block: the group is then scaled to maxSize, and to zero an hour before `endTime`.",
    }),
    endTime: time.optional().meta({ description: "End of the Capacity Block." }),
  },
  "Where reserved capacity comes from.",
);
const poolReservation = mapping({ id: reservationId }, "Where reserved capacity comes from.");

const diskFields = {
  sizeGiB: integer(20, 65_536, "GiB").default(200).meta({ description: "Size of the encrypted gp3 volume." }),
  iops: integer(3000, 80_000).default(3000).meta({ description: "I/O operations per second." }),
  throughput: integer(125, 2000, "MiB/s").default(500).meta({ description: "Throughput." }),
  kmsKeyArn: text(/^arn:aws[a-z-]*:kms:.+$/, "the ARN of a KMS key")
    .optional()
    .meta({
      description: "KMS key of the volume. Default: the account's key for EBS.",
    }),
};
const useInstanceStore = flag.default(false).meta({
  description: "Put images, logs and emptyDir volumes on the instance store.",
});
const disk = mapping({ ...diskFields, useInstanceStore }, "Disk of a node.").prefault({});
const plainDisk = mapping(diskFields, "Disk of a node.").prefault({});

const efaEnabled = flag
  .default(false)
  .meta({ description: "Elastic Fabric Adapter, for models that span nodes." });

const role = mapping(
  {
    arn: roleArn.optional().meta({ description: "An existing role. Default: an own one with least rights." }),
    permissionsBoundaryArn: text(/^arn:aws[a-z-]*:iam::[0-9]{12}:policy\/.+$/, "the ARN of an IAM policy")
      .optional()
      .meta({ description: "Permissions boundary of the own role." }),
    allowSessionManager: flag.optional().meta({ description: "Allow shells through Systems Manager." }),
    allowNetworkInterfaces: flag.optional().meta({
      description: "Give the nodes the rights of the VPC CNI, where it has no role of its own.",
    }),
  },
  "IAM role of the nodes.",
).prefault({});

const common = {
  subnetIds: subnetIds.optional().meta({
    description: "Private subnets; one decides the zone, as a reservation needs. Default: the cluster's.",
  }),
  additionalInstanceTypes: list(instanceType, "instance types").default([]).meta({
    description: "Further instance types with the same GPUs, for more capacity.",
  }),
  role,
};
const amiType = choice(valuesOf(GpuAmiType)).optional().meta({
  description: "EKS image with NVIDIA drivers. Default: AL2023 of the instance type's architecture.",
});
const poolFields = {
  staticCapacity: flag
    .default(false)
    .meta({ description: "Hold minSize nodes whether or not pods need them." }),
  consolidateAfter: goDuration
    .optional()
    .meta({ description: 'How long a node is empty before it goes. Default "10m".' }),
  expireAfter: goDuration.optional().meta({
    description: 'Greatest age of a node. Default "Never", in Auto Mode "336h".',
  }),
  terminationGracePeriod: goDuration
    .optional()
    .meta({ description: 'Longest time that pods of a removed node get. Default "1h".' }),
  disruptionBudget: text(
    /^((100|[0-9]{1,2})%|[0-9]+)$/,
    'a number or percentage such as "1" or "10%"',
    "quote it",
  )
    .optional()
    .meta({ description: 'Nodes that may be disrupted at a time. Default "1".' }),
  weight: integer(1, 100).optional().meta({ description: "Pools of greater weight are used first." }),
};
const poolEfa = mapping({ enabled: efaEnabled }, "Network for models that span nodes.").prefault({});

const existing = mapping(
  { kind: z.literal("existing").meta({ description: "Somebody else makes the nodes." }) },
  "Nodes that are there already; the fleet is only checked against them.",
);

const managed = mapping(
  {
    kind: z.literal("managed").meta({ description: "EKS managed node group." }),
    ...common,
    amiType,
    reservation: reservation.optional(),
    disk,
    efa: mapping(
      {
        enabled: efaEnabled,
        interfaces: integer(1, 64)
          .optional()
          .meta({ description: "Default: all that the instance type has." }),
        placementGroup: text(/^\S+$/, "the name of a placement group")
          .optional()
          .meta({ description: "Existing cluster placement group. Default: none." }),
      },
      "Network for models that span nodes.",
    ).prefault({}),
    autoRepair: flag.default(true).meta({ description: "Node auto repair." }),
    updateStrategy: choice(valuesOf(GpuNodeUpdateStrategy)).optional().meta({
      description: "How nodes are replaced. Default: MINIMAL with reserved capacity, else DEFAULT.",
    }),
    maxUnavailable: integer(1, 100, "nodes").default(1).meta({
      description: "Nodes out of service at a time during an update.",
    }),
    releaseVersion: text(
      /^\d+\.\d+\.\d+-\d{8}$|^\d+\.\d+\.\d+-[0-9a-f]{8}$/,
      "a release such as 1.34.1-20261101",
    )
      .optional()
      .meta({ description: "Release of the image. Default: the one the group was made with." }),
    kubernetesVersion: text(/^1\.\d{2}$/, 'a version such as "1.34"', "quote it")
      .optional()
      .meta({ description: "Kubernetes version of the nodes. Default: the one the group was made with." }),
  },
  "An EKS managed node group with a launch template.",
);

const karpenter = mapping(
  {
    kind: z.literal("karpenter").meta({ description: "Karpenter that runs in the cluster." }),
    ...common,
    amiVersion: text(
      /^(latest|v\d{8}|\d+\.\d+\.\d+)$/,
      'a release of the image such as "v20261101" or "1.52.0"',
    ).meta({
      description: 'Release of the image; "latest" replaces nodes with each release.',
    }),
    amiType,
    reservation: poolReservation.optional(),
    disk,
    efa: poolEfa,
    ...poolFields,
  },
  "A NodePool and an EC2NodeClass of Karpenter, which must be in the cluster.",
);

const autoMode = mapping(
  {
    kind: z.literal("auto-mode").meta({ description: "EKS Auto Mode." }),
    ...common,
    reservation: poolReservation.optional(),
    disk: plainDisk,
    efa: poolEfa,
    ...poolFields,
  },
  "A NodePool and a NodeClass of EKS Auto Mode.",
);

export const provisionSchema = z
  .discriminatedUnion("kind", [existing, managed, karpenter, autoMode])
  .meta({ description: "By what means the nodes are made." });

export type ProvisionSettings = z.output<typeof provisionSchema>;
/** Settings of a group that the stack makes. */
export type MadeProvision = Exclude<ProvisionSettings, { kind: "existing" }>;
