/** Wiring of the cluster, its GPU nodes and what runs on each of them. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { DcgmExporter } from "../components/dcgm-exporter.ts";
import { EksCluster } from "../components/eks-cluster.ts";
import { GpuNodeGroup } from "../components/gpu-node-group.ts";
import { NvidiaDevicePlugin } from "../components/nvidia-device-plugin.ts";
import { isEks, type EksSettings } from "./config/cluster.ts";
import type { Settings } from "./config/settings.ts";
import { dcgmExporterArgs, devicePluginArgs } from "./mapping/gpu-software.ts";
import { newEksKubeconfig, type ClusterAccess } from "./mapping/kubeconfig.ts";
import {
  eksClusterArgs,
  gpuNodeGroupArgs,
  hasGpus,
  makesMachines,
  provisionerOf,
  type NodeGroupSite,
} from "./mapping/node-groups.ts";
import type { NodeGroupOutputs } from "./outputs.ts";

/** The cluster as the rest of the stack sees it. */
export interface ClusterOfStack {
  kubeconfig: pulumi.Input<string>;
  /** Makes machines; undefined where the stack makes none in AWS. */
  machines: { provider: aws.Provider; cluster: EksCluster } | undefined;
}

/** Makes or takes the cluster. */
export function defineCluster(settings: Settings, access: ClusterAccess): ClusterOfStack {
  const { cluster } = settings;
  if (!isEks(cluster) || !makesMachines(settings))
    return { kubeconfig: access.kubeconfig ?? "", machines: undefined };
  const provider = new aws.Provider("aws", providerArgs(cluster));
  const component = new EksCluster("cluster", eksClusterArgs({ ...settings, cluster }), {
    providers: { aws: provider },
  });
  const kubeconfig =
    access.kubeconfig ??
    newEksKubeconfig(cluster, {
      endpoint: component.endpoint,
      certificateAuthorityData: component.certificateAuthority,
    });
  return { kubeconfig, machines: { provider, cluster: component } };
}

/** Arguments of the provider that makes what the environment has in AWS. */
export function providerArgs({ region, accountId, provisioningRoleArn }: EksSettings): aws.ProviderArgs {
  return {
    region,
    // Credentials of another account are refused instead of building there.
    allowedAccountIds: [accountId],
    ...(provisioningRoleArn === undefined ? {} : { assumeRoles: [{ roleArn: provisioningRoleArn }] }),
  };
}

/** Registers the node groups that the stack makes. */
export function defineNodeGroups(
  settings: Settings,
  { machines }: ClusterOfStack,
  root: pulumi.ComponentResourceOptions,
): pulumi.Output<NodeGroupOutputs>[] {
  const options = nodeOptions(root, machines);
  return settings.nodeGroups.filter(hasGpus).map((group) => {
    const provisioner = provisionerOf(group, settings);
    if (provisioner === undefined)
      return pulumi.output({
        name: group.name,
        provisioner: "existing",
        gpuKind: group.gpu.kind,
        gpusPerNode: group.gpu.count,
        maximumNodes: group.maxSize,
        maximumGpus: group.maxSize * group.gpu.count,
      });
    const made = new GpuNodeGroup(
      group.name,
      gpuNodeGroupArgs(group, settings, machines === undefined ? undefined : siteOf(machines.cluster)),
      options,
    );
    return pulumi.output({
      name: group.name,
      provisioner,
      gpuKind: group.gpu.kind,
      gpusPerNode: made.gpusPerNode,
      maximumNodes: made.maximumNodes,
      maximumGpus: made.maximumGpus,
    });
  });
}

function nodeOptions(
  root: pulumi.ComponentResourceOptions,
  machines: ClusterOfStack["machines"],
): pulumi.ComponentResourceOptions {
  if (machines === undefined || root.provider === undefined) return root;
  return { providers: [root.provider, machines.provider], dependsOn: [machines.cluster] };
}

function siteOf(cluster: EksCluster): NodeGroupSite {
  return {
    cluster: { name: cluster.clusterName, securityGroupId: cluster.securityGroupId, vpcId: cluster.vpcId },
    subnetIds: cluster.privateSubnetIds,
  };
}

/** Registers what runs on every GPU node. The exporter's monitor needs the CRDs that `withCrds` waits for. */
export function defineGpuSoftware(
  settings: Settings,
  root: pulumi.ComponentResourceOptions,
  withCrds: pulumi.ComponentResourceOptions,
): void {
  const plugin = devicePluginArgs(settings);
  if (plugin !== undefined) new NvidiaDevicePlugin("nvidia-device-plugin", plugin, root);
  const exporter = dcgmExporterArgs(settings);
  if (exporter !== undefined) new DcgmExporter("dcgm-exporter", exporter, withCrds);
}
