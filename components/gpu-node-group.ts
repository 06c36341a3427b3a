import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

import { AutoModeNodeClass, Ec2NodeClass, NodePool } from "./crds/karpenter.ts";
import { launchTemplateArgs } from "./gpu/launch-template.ts";
import {
  capacityBlockSchedule,
  greatestGpuCount,
  IGNORED_CHANGES,
  managedNodeGroupArgs,
} from "./gpu/managed-node-group.ts";
import { GpuNodeProvisioner, type GpuNodeGroupArgs } from "./gpu/node-group-args.ts";
import { planNodeGroup, type NodeGroupPlan } from "./gpu/node-group-plan.ts";
import { RULES } from "./gpu/node-group-rules.ts";
import { hasDevicePlugin, nodeLabels, nodeTags } from "./gpu/node-labels.ts";
import { autoModeNodeClassSpec, ec2NodeClassSpec, nodePoolSpec } from "./gpu/node-pool.ts";
import { makeNodeRole, type NodeRole } from "./gpu/node-role.ts";
import { simulatedCount, SimulatedNode, simulatedNodes } from "./gpu/simulated-node.ts";
import { standardLabels } from "./support/labels.ts";
import { check } from "./support/validation.ts";

export * from "./gpu/node-group-args.ts";

/**
 * A group of equal GPU nodes: an EKS managed node group, a pool of Karpenter or of EKS Auto Mode, or simulated nodes.
 *
 * One component with a `provisioner` rather than one for each: a model's requirements, bounds, labels and taints mean the
 * same everywhere, an environment changes the provisioner and nothing else, and what only one of them knows is an
 * optional object (`managed`, `pool`) that the others refuse. A type for each would need a union, which no schema of a
 * component package can hold.
 *
 * With managed groups and an autoscaler, EKS refuses a `scaling.min` above, or a `scaling.max` below, the number of nodes
 * at that moment, which this component leaves alone: let the autoscaler or
 * `aws eks update-nodegroup-config` move it first.
 *
 * Wrong arguments are refused before anything is registered, all at once (`pulumi.InputPropertiesError`).
 */
export class GpuNodeGroup extends pulumi.ComponentResource {
  /** Name of the group: value of the label `vllm-monitoring/node-group`. */
  readonly groupName: pulumi.Output<string>;
  /** Labels of every node. */
  readonly nodeLabels: pulumi.Output<Record<string, string>>;
  /** Value of the label nvidia.com/gpu.product. */
  readonly gpuProduct: pulumi.Output<string>;
  /** GPUs of one node. */
  readonly gpusPerNode: pulumi.Output<number>;
  /** Most nodes; what an autoscaler of pods can count on. */
  readonly maximumNodes: pulumi.Output<number>;
  /** Most GPUs. */
  readonly maximumGpus: pulumi.Output<number>;
  /** The nodes bring the NVIDIA device plugin: Bottlerocket, Auto Mode and simulated nodes. */
  readonly hasDevicePlugin: pulumi.Output<boolean>;
  /** ARN of the nodes' role; empty for simulated nodes. */
  readonly nodeRoleArn: pulumi.Output<string>;

  constructor(name: string, args: GpuNodeGroupArgs, opts?: pulumi.ComponentResourceOptions) {
    check(`GpuNodeGroup "${name}"`, { componentName: name, ...args }, RULES);
    if (args.provisioner === GpuNodeProvisioner.Simulated) simulatedCount(args);
    super("vllm-monitoring:index:GpuNodeGroup", name, { ...args }, opts);
    const plan = planNodeGroup(name, args);
    const make: Maker = { component: this, name, plan, args };

    const role = makeNodes(make);

    this.groupName = pulumi.output(plan.groupName);
    this.nodeLabels = pulumi.output(nodeLabels(plan, args));
    this.gpuProduct = pulumi.output(plan.type.gpuProduct);
    this.gpusPerNode = pulumi.output(plan.type.gpuCount);
    this.maximumNodes = pulumi.output(args.scaling.max);
    this.maximumGpus = pulumi.output(greatestGpuCount(plan, args));
    this.hasDevicePlugin = pulumi.output(hasDevicePlugin(plan));
    this.nodeRoleArn = pulumi.output(role?.arn ?? "");
    this.registerOutputs({
      groupName: this.groupName,
      nodeLabels: this.nodeLabels,
      gpuProduct: this.gpuProduct,
      gpusPerNode: this.gpusPerNode,
      maximumNodes: this.maximumNodes,
      maximumGpus: this.maximumGpus,
      hasDevicePlugin: this.hasDevicePlugin,
      nodeRoleArn: this.nodeRoleArn,
    });
  }
}

/** What every part of the component is made from. */
interface Maker {
  component: GpuNodeGroup;
  name: string;
  plan: NodeGroupPlan;
  args: GpuNodeGroupArgs;
}

function makeNodes(make: Maker): NodeRole | undefined {
  if (make.plan.provisioner === GpuNodeProvisioner.Simulated) {
    makeSimulatedNodes(make);
    return undefined;
  }
  const role = makeNodeRole(make.component, make.name, make.plan, make.args);
  const efaGroup = make.plan.efaInterfaces > 0 ? makeEfaSecurityGroup(make) : undefined;
  if (make.plan.provisioner === GpuNodeProvisioner.Managed) makeManagedNodeGroup(make, role, efaGroup);
  else makeNodePool(make, role, efaGroup);
  return role;
}

/** EFA bypasses the operating system and needs a group that lets everything pass between its members, and only there. */
function makeEfaSecurityGroup({ component, name, plan, args }: Maker): aws.ec2.SecurityGroup {
  const options = { parent: component };
  const tags = nodeTags(plan, args);
  const group = new aws.ec2.SecurityGroup(
    `${name}-efa`,
    {
      description: `EFA between the nodes of ${plan.groupName}`,
      ...(args.cluster?.vpcId === undefined ? {} : { vpcId: args.cluster.vpcId }),
      tags,
    },
    options,
  );
  const rule = {
    securityGroupId: group.id,
    referencedSecurityGroupId: group.id,
    ipProtocol: "-1",
    description: "EFA",
    tags,
  };
  new aws.vpc.SecurityGroupIngressRule(`${name}-efa-in`, rule, options);
  new aws.vpc.SecurityGroupEgressRule(`${name}-efa-out`, rule, options);
  return group;
}

function makeManagedNodeGroup(
  { component, name, plan, args }: Maker,
  role: NodeRole,
  efaGroup: aws.ec2.SecurityGroup | undefined,
): void {
  const options = { parent: component };
  const template = new aws.ec2.LaunchTemplate(
    `${name}-template`,
    launchTemplateArgs(plan, args, efaGroup?.id),
    options,
  );
  const group = new aws.eks.NodeGroup(
    `${name}-nodes`,
    managedNodeGroupArgs(plan, args, {
      nodeRoleArn: role.arn,
      launchTemplateId: template.id,
      launchTemplateVersion: template.latestVersion.apply(String),
    }),
    { ...options, dependsOn: role.dependencies, ignoreChanges: IGNORED_CHANGES },
  );
  for (const { suffix, startTime, desiredCapacity } of capacityBlockSchedule(args)) {
    new aws.autoscaling.Schedule(
      `${name}-block-${suffix}`,
      {
        autoscalingGroupName: group.resources.apply(
          (resources) => resources[0]?.autoscalingGroups[0]?.name ?? "",
        ),
        scheduledActionName: `capacity-block-${suffix}`,
        startTime,
        desiredCapacity,
        // Bounds stay as they are.
        minSize: -1,
        maxSize: -1,
      },
      options,
    );
  }
}

function makeNodePool(
  { component, name, plan, args }: Maker,
  role: NodeRole,
  efaGroup: aws.ec2.SecurityGroup | undefined,
): void {
  const metadata = { name: plan.groupName, labels: standardLabels("gpu-nodes", name) };
  const options = { parent: component, dependsOn: role.dependencies };
  const nodeClass =
    plan.provisioner === GpuNodeProvisioner.AutoMode
      ? new AutoModeNodeClass(
          `${name}-class`,
          { metadata, spec: autoModeNodeClassSpec(plan, args, role.name, efaGroup?.id) },
          options,
        )
      : new Ec2NodeClass(
          `${name}-class`,
          { metadata, spec: ec2NodeClassSpec(plan, args, role.name, efaGroup?.id) },
          options,
        );
  new NodePool(
    `${name}-pool`,
    { metadata, spec: nodePoolSpec(plan, args, nodeClass.metadata.name) },
    // A pool can't move between Karpenter and Auto Mode, and two pools can't have one name.
    {
      parent: component,
      replaceOnChanges: ["spec.template.spec.nodeClassRef.kind"],
      deleteBeforeReplace: true,
    },
  );
}

function makeSimulatedNodes({ component, name, plan, args }: Maker): void {
  simulatedNodes(plan, args).forEach((node, index) => {
    new SimulatedNode(`${name}-${String(index)}`, node.args, { parent: component });
  });
}
