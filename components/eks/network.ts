/** VPC of an EKS cluster. */
import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { formatCidr, parseCidr } from "../network/cidr.ts";
import { lift, merge } from "../support/inputs.ts";
import { EksNatGateways, type EksNetworkArgs } from "./args.ts";
import { flowLogPolicy, servicePolicy } from "./policies.ts";
import { zoneSubnets } from "./subnets.ts";

export const DEFAULT_VPC_CIDR = "10.0.0.0/16";

/** What a cluster needs of its network. */
export interface ClusterNetwork {
  readonly vpcId: pulumi.Input<string>;
  readonly privateSubnetIds: pulumi.Input<pulumi.Input<string>[]>;
  readonly publicSubnetIds: pulumi.Input<pulumi.Input<string>[]>;
  readonly controlPlaneSubnetIds: pulumi.Input<pulumi.Input<string>[]>;
  /** What must be there before a node starts: its way out. */
  readonly dependencies: pulumi.Resource[];
}

type Tags = pulumi.Input<Record<string, pulumi.Input<string>>>;

/** What every part of the network is made from. */
interface Maker {
  readonly component: pulumi.Resource;
  readonly name: string;
  readonly args: EksNetworkArgs;
  readonly tags: Tags | undefined;
}

/** The network that is there, or a VPC with private subnets for nodes and public ones for what must be reachable. */
export function makeNetwork(
  component: pulumi.Resource,
  name: string,
  args: EksNetworkArgs,
  tags: Tags | undefined,
): ClusterNetwork {
  const { existing } = args;
  if (existing !== undefined) {
    return {
      vpcId: existing.vpcId,
      privateSubnetIds: existing.privateSubnetIds,
      publicSubnetIds: [],
      controlPlaneSubnetIds: existing.privateSubnetIds,
      dependencies: [],
    };
  }
  return makeVpc({ component, name, args, tags });
}

function makeVpc(make: Maker): ClusterNetwork {
  const { component, name, args, tags } = make;
  const options = { parent: component };
  const cidr = parseCidr(args.cidr ?? DEFAULT_VPC_CIDR);
  if (cidr === undefined) throw new RangeError(`${String(args.cidr)} is no block`);
  const vpc = new aws.ec2.Vpc(
    `${name}-vpc`,
    {
      cidrBlock: formatCidr(cidr),
      enableDnsHostnames: true,
      enableDnsSupport: true,
      tags: named(`${name}-vpc`, tags),
    },
    options,
  );
  // Whatever is made without a security group gets this one, which lets nothing pass.
  new aws.ec2.DefaultSecurityGroup(
    `${name}-default`,
    { vpcId: vpc.id, ingress: [], egress: [], tags: named(`${name}-unused`, tags) },
    options,
  );
  if (args.flowLogs !== false) makeFlowLogs(make, vpc.id);

  const zones = (args.zones ?? []).map((zone, index) => {
    const blocks = zoneSubnets(cidr, index);
    const subnet = (kind: string, block: string, more: Record<string, string>) =>
      new aws.ec2.Subnet(
        `${name}-${kind}-${zone}`,
        {
          vpcId: vpc.id,
          availabilityZone: zone,
          cidrBlock: block,
          mapPublicIpOnLaunch: false,
          tags: named(`${name}-${kind}-${zone}`, tags, more),
        },
        options,
      );
    return {
      zone,
      private: subnet("private", formatCidr(blocks.private), { "kubernetes.io/role/internal-elb": "1" }),
      public: subnet("public", formatCidr(blocks.public), { "kubernetes.io/role/elb": "1" }),
      controlPlane: subnet("control-plane", formatCidr(blocks.controlPlane), {}),
    };
  });
  const ways = makeRoutes(make, vpc.id, zones);
  return {
    vpcId: vpc.id,
    privateSubnetIds: zones.map((zone) => zone.private.id),
    publicSubnetIds: zones.map((zone) => zone.public.id),
    controlPlaneSubnetIds: zones.map((zone) => zone.controlPlane.id),
    dependencies: ways,
  };
}

interface Zone {
  zone: string;
  private: aws.ec2.Subnet;
  public: aws.ec2.Subnet;
}

/** Internet gateway for public subnets, NAT gateways for private ones, and S3 without either. */
function makeRoutes(
  { component, name, args, tags }: Maker,
  vpcId: pulumi.Input<string>,
  zones: Zone[],
): pulumi.Resource[] {
  const options = { parent: component };
  const gateway = new aws.ec2.InternetGateway(
    `${name}-internet`,
    { vpcId, tags: named(`${name}-internet`, tags) },
    options,
  );
  const publicTable = new aws.ec2.RouteTable(
    `${name}-public`,
    { vpcId, tags: named(`${name}-public`, tags) },
    options,
  );
  new aws.ec2.Route(
    `${name}-public-internet`,
    { routeTableId: publicTable.id, destinationCidrBlock: "0.0.0.0/0", gatewayId: gateway.id },
    options,
  );
  for (const { zone, public: subnet } of zones) {
    new aws.ec2.RouteTableAssociation(
      `${name}-public-${zone}`,
      { routeTableId: publicTable.id, subnetId: subnet.id },
      options,
    );
  }
  const nat = args.natGateways ?? EksNatGateways.PerZone;
  const natZones =
    nat === EksNatGateways.None ? [] : nat === EksNatGateways.Single ? zones.slice(0, 1) : zones;
  const gateways = natZones.map(({ zone, public: subnet }) => {
    const tag = named(`${name}-nat-${zone}`, tags);
    const address = new aws.ec2.Eip(`${name}-nat-${zone}`, { domain: "vpc", tags: tag }, options);
    return new aws.ec2.NatGateway(
      `${name}-nat-${zone}`,
      { allocationId: address.allocationId, subnetId: subnet.id, tags: tag },
      { ...options, dependsOn: gateway },
    );
  });
  const tables = zones.map(({ zone, private: subnet }, index) => {
    const table = new aws.ec2.RouteTable(
      `${name}-private-${zone}`,
      { vpcId, tags: named(`${name}-private-${zone}`, tags) },
      options,
    );
    const association = new aws.ec2.RouteTableAssociation(
      `${name}-private-${zone}`,
      { routeTableId: table.id, subnetId: subnet.id },
      options,
    );
    const natGateway = gateways[index] ?? gateways[0];
    const routes =
      natGateway === undefined
        ? []
        : [
            new aws.ec2.Route(
              `${name}-private-${zone}-internet`,
              {
                routeTableId: table.id,
                destinationCidrBlock: "0.0.0.0/0",
                natGatewayId: natGateway.id,
              },
              options,
            ),
          ];
    return { table, needed: [association, ...routes] };
  });
  const endpoint = new aws.ec2.VpcEndpoint(
    `${name}-s3`,
    {
      vpcId,
      // Model weights and image layers come from S3: free of charge here, per GB through NAT.
      serviceName: `com.amazonaws.${regionOf(zones[0]?.zone ?? "")}.s3`,
      vpcEndpointType: "Gateway",
      routeTableIds: tables.map(({ table }) => table.id),
      tags: named(`${name}-s3`, tags),
    },
    options,
  );
  return [endpoint, ...tables.flatMap(({ needed }) => needed)];
}

/** The region of a zone's name: eu-central-1a is in eu-central-1. */
export function regionOf(zone: string): string {
  return zone.replace(/[a-z]$/, "");
}

function makeFlowLogs({ component, name, tags }: Maker, vpcId: pulumi.Input<string>): void {
  const options = { parent: component };
  const group = new aws.cloudwatch.LogGroup(
    `${name}-flow-logs`,
    { name: `/aws/vpc/${name}/rejected`, retentionInDays: 30, ...given("tags", tags) },
    options,
  );
  const role = new aws.iam.Role(
    `${name}-flow-logs`,
    {
      description: `Flow logs of ${name}`,
      assumeRolePolicy: JSON.stringify(servicePolicy("vpc-flow-logs.amazonaws.com")),
      ...given("tags", tags),
    },
    options,
  );
  const policy = new aws.iam.RolePolicy(
    `${name}-flow-logs`,
    { role: role.name, policy: lift(group.arn, (arn) => JSON.stringify(flowLogPolicy(arn))) },
    options,
  );
  new aws.ec2.FlowLog(
    `${name}-flow-logs`,
    {
      vpcId,
      trafficType: "REJECT",
      logDestinationType: "cloud-watch-logs",
      logDestination: group.arn,
      iamRoleArn: role.arn,
      ...given("tags", tags),
    },
    { ...options, dependsOn: policy },
  );
}

function named(name: string, tags: Tags | undefined, more: Record<string, string> = {}): Tags {
  return merge<string>({ Name: name, ...more }, tags);
}

function given<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
