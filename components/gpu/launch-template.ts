/** Launch template of a managed node group. */
import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { concat } from "../support/inputs.ts";
import { nodeTags } from "./node-labels.ts";
import { GpuCapacityType, type GpuNodeGroupArgs } from "./node-group-args.ts";
import type { NodeGroupPlan } from "./node-group-plan.ts";
import { isReserved } from "./node-group-plan.ts";
import { nodeUserData } from "./user-data.ts";

type LaunchTemplateArgs = aws.ec2.LaunchTemplateArgs;
type BlockDevice = aws.types.input.ec2.LaunchTemplateBlockDeviceMapping;
type NetworkInterface = aws.types.input.ec2.LaunchTemplateNetworkInterface;

export const DEFAULT_VOLUME_GIB = 200;
export const DEFAULT_VOLUME_IOPS = 3000;
export const DEFAULT_VOLUME_THROUGHPUT = 500;

/** Size of Bottlerocket's system volume in GiB; the data are on the other. */
const BOTTLEROCKET_SYSTEM_GIB = 4;

/** @param efaSecurityGroupId the group that lets EFA traffic pass between the nodes; needed with EFA */
export function launchTemplateArgs(
  plan: NodeGroupPlan,
  args: GpuNodeGroupArgs,
  efaSecurityGroupId?: pulumi.Input<string>,
): LaunchTemplateArgs {
  const tags = nodeTags(plan, args);
  const userData = nodeUserData(plan.ami, plan.useInstanceStore);
  return {
    description: `GPU nodes of ${plan.groupName}`,
    // Reservations match the type in the template; the others take theirs from the node group, which can have several.
    ...(namesInstanceType(plan) ? { instanceType: plan.type.name } : {}),
    updateDefaultVersion: true,
    metadataOptions: {
      httpEndpoint: "enabled",
      httpTokens: "required",
      // One hop ends at the host, so that pods can't take the node's credentials.
      httpPutResponseHopLimit: 1,
    },
    monitoring: { enabled: true },
    blockDeviceMappings: blockDevices(plan, args),
    ...network(plan, args, efaSecurityGroupId),
    ...market(plan, args),
    ...(args.efa?.placementGroup === undefined ? {} : { placement: { groupName: args.efa.placementGroup } }),
    ...(userData === undefined ? {} : { userData: Buffer.from(userData).toString("base64") }),
    tagSpecifications: ["instance", "volume", "network-interface"].map((resourceType) => ({
      resourceType,
      tags,
    })),
    tags,
  };
}

/** Whether the instance type is part of the launch template rather than of the node group. */
export function namesInstanceType(plan: NodeGroupPlan): boolean {
  return isReserved(plan.capacity);
}

function blockDevices(plan: NodeGroupPlan, { storage = {} }: GpuNodeGroupArgs): BlockDevice[] {
  const encryption = {
    encrypted: "true",
    deleteOnTermination: "true",
    volumeType: "gp3",
    ...(storage.kmsKeyArn === undefined ? {} : { kmsKeyId: storage.kmsKeyArn }),
  };
  const data: BlockDevice = {
    deviceName: plan.ami.dataDevice,
    ebs: {
      ...encryption,
      volumeSize: storage.sizeGiB ?? DEFAULT_VOLUME_GIB,
      iops: storage.iops ?? DEFAULT_VOLUME_IOPS,
      throughput: storage.throughput ?? DEFAULT_VOLUME_THROUGHPUT,
    },
  };
  if (plan.ami.family === "al2023") return [data];
  return [{ deviceName: "/dev/xvda", ebs: { ...encryption, volumeSize: BOTTLEROCKET_SYSTEM_GIB } }, data];
}

/** Interfaces with EFA; otherwise security groups if there are more than the cluster's, which EKS adds by itself. */
function network(
  plan: NodeGroupPlan,
  args: GpuNodeGroupArgs,
  efaSecurityGroupId: pulumi.Input<string> | undefined,
): Pick<LaunchTemplateArgs, "networkInterfaces" | "vpcSecurityGroupIds"> {
  const clusterGroup = args.cluster?.securityGroupId;
  const additional = args.network?.securityGroupIds;
  const groups = concat<string>(clusterGroup === undefined ? [] : [clusterGroup], additional ?? []);
  if (plan.efaInterfaces === 0) return additional === undefined ? {} : { vpcSecurityGroupIds: groups };
  const efaGroups = concat<string>(groups, efaSecurityGroupId === undefined ? [] : [efaSecurityGroupId]);
  return { networkInterfaces: networkInterfaces(plan.type.efaCards.slice(0, plan.efaInterfaces), efaGroups) };
}

/**
 * One ordinary interface on card 0, which carries all IP traffic, and one EFA-only interface on each of `cards`, which
 * takes no address: device 1 next to the ordinary one, device 0 elsewhere. Source: EC2 user guide, efa-acc-inst-types.
 */
export function networkInterfaces(
  cards: readonly number[],
  securityGroups: pulumi.Input<pulumi.Input<string>[]>,
): NetworkInterface[] {
  const common = { associatePublicIpAddress: "false", deleteOnTermination: "true", securityGroups };
  return [
    { ...common, networkCardIndex: 0, deviceIndex: 0, interfaceType: "interface" },
    ...cards.map((card) => ({
      ...common,
      networkCardIndex: card,
      deviceIndex: card === 0 ? 1 : 0,
      interfaceType: "efa-only",
    })),
  ];
}

function market(
  plan: NodeGroupPlan,
  { capacity = {} }: GpuNodeGroupArgs,
): Pick<LaunchTemplateArgs, "instanceMarketOptions" | "capacityReservationSpecification"> {
  if (!isReserved(plan.capacity)) return {};
  const target =
    capacity.reservationGroupArn === undefined
      ? { capacityReservationId: capacity.reservationId }
      : { capacityReservationResourceGroupArn: capacity.reservationGroupArn };
  return {
    // Preference and target exclude each other; the target alone keeps the instances inside the reservation.
    capacityReservationSpecification: { capacityReservationTarget: target },
    ...(plan.capacity === GpuCapacityType.CapacityBlock
      ? { instanceMarketOptions: { marketType: "capacity-block" } }
      : {}),
  };
}
