import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";

import { EksCluster, type EksClusterArgs } from "../../../../components/eks-cluster.ts";
import { at, runWithMocks, valueOf, type MockRun } from "../../../support/mocks.ts";
import { renderResources } from "../../../support/resources.ts";

const roleArn = "arn:aws:iam::111122223333:role/deploy";
const base: EksClusterArgs = {
  network: { zones: ["eu-central-1a", "eu-central-1b"] },
  access: [{ name: "deploy", principalArn: roleArn, level: "administrator" }],
};
const existing = {
  name: "old",
  endpoint: "https://00000000000000000000000000000000.gr7.eu-central-1.eks.amazonaws.com",
  certificateAuthority: "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tClJlcGxhY2UgbWUK",
  securityGroupId: "sg-0c1a",
  vpcId: "vpc-0a1b",
  privateSubnetIds: ["subnet-0a", "subnet-0b"],
};

/** What the AWS provider adds. */
function outputs(type: string, name: string, inputs: Record<string, unknown>) {
  switch (type) {
    case "aws:eks/cluster:Cluster":
      return {
        arn: `arn:aws:eks:eu-central-1:111122223333:cluster/${String(inputs["name"])}`,
        endpoint: existing.endpoint,
        certificateAuthority: { data: existing.certificateAuthority },
        vpcConfig: { ...(inputs["vpcConfig"] as object), clusterSecurityGroupId: "sg-0c1a" },
      };
    case "aws:iam/role:Role":
      return { arn: `arn:aws:iam::111122223333:role/${name}`, name };
    case "aws:kms/key:Key":
      return { arn: `arn:aws:kms:eu-central-1:111122223333:key/${name}`, keyId: name };
    case "aws:cloudwatch/logGroup:LogGroup":
      return { arn: `arn:aws:logs:eu-central-1:111122223333:log-group:${String(inputs["name"])}` };
    case "aws:ec2/launchTemplate:LaunchTemplate":
      return { latestVersion: 1 };
    case "aws:ec2/eip:Eip":
      return { allocationId: `eipalloc-${name}` };
    default:
      return {};
  }
}

function build(args: Partial<EksClusterArgs> = {}, without: string[] = []): Promise<MockRun<EksCluster>> {
  const all = Object.entries({ ...base, ...args }).filter(([key]) => !without.includes(key));
  return runWithMocks(() => new EksCluster("vllm", Object.fromEntries(all)), { outputs });
}

const cluster = (run: MockRun) => run.find("aws:eks/cluster:Cluster").inputs;

describe("EksCluster", () => {
  it.each<[string, EksClusterArgs]>([
    ["defaults", base],
    [
      "all-options",
      {
        name: "vllm-prod",
        kubernetesVersion: "1.34",
        network: {
          cidr: "10.64.0.0/18",
          zones: ["us-gov-west-1a", "us-gov-west-1b", "us-gov-west-1c"],
          natGateways: "single",
          flowLogs: false,
        },
        endpoint: { publicCidrs: ["203.0.113.7/32", "198.51.100.0/24"] },
        access: [
          { name: "deploy", principalArn: roleArn, level: "administrator" },
          { name: "readers", principalArn: "arn:aws:iam::111122223333:role/readers" },
        ],
        logs: { types: ["audit", "api"], retentionDays: 365 },
        secretsKeyArn: "arn:aws:kms:us-gov-west-1:111122223333:key/k",
        systemNodes: {
          instanceTypes: ["m7g.large"],
          amiType: "BOTTLEROCKET_ARM_64",
          min: 3,
          max: 5,
          sizeGiB: 120,
        },
        addonVersions: { vpcCni: "v1.20.4-eksbuild.2", ebsCsiDriver: "v1.50.0-eksbuild.1" },
        nodeMonitoringAgent: false,
        deletionProtection: false,
        extendedSupport: true,
        partition: "aws-us-gov",
        tags: { "cost-centre": "platform" },
      },
    ],
    ["auto-mode", { ...base, autoMode: true }],
    [
      "existing-network",
      { ...base, network: { existing: { vpcId: "vpc-0a1b", privateSubnetIds: ["subnet-0a", "subnet-0b"] } } },
    ],
    ["existing-cluster", { existing, podIdentityAgent: true, nodeMonitoringAgent: true }],
  ])("asks for the golden resources: %s", async (name, args) => {
    const run = await runWithMocks(() => new EksCluster("vllm", args), { outputs });
    await expect(renderResources(run)).toMatchFileSnapshot(`../golden/eks-cluster/${name}.yaml`);
  });

  it("is closed to the internet unless blocks are named", async () => {
    expect(at(cluster(await build()), "vpcConfig")).toMatchObject({
      endpointPrivateAccess: true,
      endpointPublicAccess: false,
    });
    const open = await build({ endpoint: { publicCidrs: ["203.0.113.7/32"] } });
    expect(at(cluster(open), "vpcConfig")).toMatchObject({
      endpointPrivateAccess: true,
      endpointPublicAccess: true,
      publicAccessCidrs: ["203.0.113.7/32"],
    });
  });

  it("encrypts Secrets, logs everything and lets in those on the list only", async () => {
    const run = await build();
    expect(cluster(run)).toMatchObject({
      encryptionConfig: {
        resources: ["secrets"],
        provider: { keyArn: expect.stringContaining(":key/") as string },
      },
      enabledClusterLogTypes: ["api", "audit", "authenticator", "controllerManager", "scheduler"],
      accessConfig: { authenticationMode: "API", bootstrapClusterCreatorAdminPermissions: false },
      deletionProtection: true,
      upgradePolicy: { supportType: "STANDARD" },
    });
    expect(run.find("aws:kms/key:Key").inputs).toMatchObject({
      enableKeyRotation: true,
      deletionWindowInDays: 30,
    });
    expect(run.find("LogGroup", "vllm-logs").inputs).toMatchObject({
      name: "/aws/eks/vllm/cluster",
      retentionInDays: 90,
    });
    expect(run.all("AccessPolicyAssociation").map(({ inputs }) => inputs["policyArn"])).toEqual([
      "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
    ]);
  });

  it("gives no node a public address and no default group a way through", async () => {
    const run = await build();
    for (const { inputs } of run.all("aws:ec2/subnet:Subnet"))
      expect(inputs["mapPublicIpOnLaunch"]).toBe(false);
    expect(run.find("DefaultSecurityGroup").inputs).toMatchObject({ ingress: [], egress: [] });
    const privates = run.all("aws:ec2/subnet:Subnet").filter(({ name }) => name.includes("private"));
    expect(run.find("aws:eks/nodeGroup:NodeGroup").inputs["subnetIds"]).toEqual(
      privates.map(({ name }) => `${name}-id`),
    );
  });

  it("sends each zone through its own NAT gateway, or all through one, or none", async () => {
    const ways = async (natGateways?: "per-zone" | "single" | "none") => {
      const network = { zones: ["eu-central-1a", "eu-central-1b"], ...(natGateways ? { natGateways } : {}) };
      const run = await build({ network });
      return run
        .all("aws:ec2/route:Route")
        .filter(({ name }) => name.includes("private"))
        .map(({ inputs }) => inputs["natGatewayId"]);
    };
    expect(await ways()).toEqual(["vllm-nat-eu-central-1a-id", "vllm-nat-eu-central-1b-id"]);
    expect(await ways("single")).toEqual(["vllm-nat-eu-central-1a-id", "vllm-nat-eu-central-1a-id"]);
    expect(await ways("none")).toEqual([]);
  });

  it("moves no subnet when a zone is added", async () => {
    const subnets = async (zones: string[]) =>
      Object.fromEntries(
        (await build({ network: { zones } }))
          .all("aws:ec2/subnet:Subnet")
          .map(({ name, inputs }) => [name, inputs["cidrBlock"]]),
      );
    const two = await subnets(["eu-central-1a", "eu-central-1b"]);
    expect(await subnets(["eu-central-1a", "eu-central-1b", "eu-central-1c"])).toMatchObject(two);
  });

  it("enforces NetworkPolicies and gives add-ons roles that nobody else can take", async () => {
    const run = await build();
    expect(run.find("Addon", "vllm-vpc-cni").inputs["configurationValues"]).toBe(
      '{"enableNetworkPolicy":"true"}',
    );
    const trust = JSON.parse(run.find("Role", "vllm-vpc-cni").inputs["assumeRolePolicy"] as string) as object;
    expect(at(trust, "Statement[0].Condition.StringEquals")).toEqual({
      "aws:SourceArn": "arn:aws:eks:eu-central-1:111122223333:cluster/vllm",
      "aws:RequestTag/kubernetes-namespace": "kube-system",
      "aws:RequestTag/kubernetes-service-account": "aws-node",
    });
    expect(run.find("Addon", "vllm-vpc-cni").inputs["podIdentityAssociations"]).toEqual([
      { roleArn: "arn:aws:iam::111122223333:role/vllm-vpc-cni", serviceAccount: "aws-node" },
    ]);
    const nodeRights = run.all("RolePolicyAttachment").filter(({ name }) => name.startsWith("vllm-nodes"));
    expect(nodeRights.some(({ inputs }) => String(inputs["policyArn"]).includes("CNI"))).toBe(false);
  });

  it("has the network plugin before nodes, and nodes before what waits for them", async () => {
    const run = await build();
    const nodes = run.find("aws:eks/nodeGroup:NodeGroup");
    const needed = ["vpc-cni", "kube-proxy", "eks-pod-identity-agent", "eks-node-monitoring-agent"];
    for (const name of needed) expect(nodes.dependencies).toContain(run.find("Addon", `vllm-${name}`).urn);
    for (const name of ["coredns", "aws-ebs-csi-driver"]) {
      expect(run.find("Addon", `vllm-${name}`).dependencies).toContain(nodes.urn);
    }
    const control = run.find("aws:eks/cluster:Cluster");
    expect(control.dependencies).toContain(run.find("LogGroup", "vllm-logs").urn);
  });

  it("makes neither nodes nor add-ons in Auto Mode", async () => {
    const run = await build({ autoMode: true });
    expect(run.all("aws:eks/nodeGroup:NodeGroup")).toEqual([]);
    expect(run.all("Addon")).toEqual([]);
    expect(cluster(run)).toMatchObject({
      computeConfig: { enabled: true, nodeRoleArn: "arn:aws:iam::111122223333:role/vllm-nodes" },
      storageConfig: { blockStorage: { enabled: true } },
      kubernetesNetworkConfig: { elasticLoadBalancing: { enabled: true } },
    });
    const trust = JSON.parse(run.find("Role", "vllm-cluster").inputs["assumeRolePolicy"] as string) as object;
    expect(at(trust, "Statement[0].Action")).toEqual(["sts:AssumeRole", "sts:TagSession"]);
  });

  it("grants nothing on everything", async () => {
    const run = await build();
    const documents = run.resources.flatMap(({ inputs }) =>
      ["assumeRolePolicy", "policy"].map((key) => inputs[key]).filter((value) => value !== undefined),
    );
    expect(documents.length).toBeGreaterThan(4);
    for (const document of documents) expect(document as string).not.toMatch(/"(Action|Resource)":\[?"\*"/);
  });

  it("says the same of a cluster that is there already", async () => {
    const { result, resources } = await build({ existing }, ["network", "access"]);
    expect(resources.filter(({ custom }) => custom)).toEqual([]);
    expect(await valueOf(result.clusterName)).toBe("old");
    expect(await valueOf(result.endpoint)).toBe(existing.endpoint);
    expect(await valueOf(result.certificateAuthority)).toBe(existing.certificateAuthority);
    expect(await valueOf(result.securityGroupId)).toBe("sg-0c1a");
    expect(await valueOf(result.privateSubnetIds)).toEqual(["subnet-0a", "subnet-0b"]);
  });

  it("takes the cluster of another resource", async () => {
    const later = { ...existing, name: pulumi.output("old") };
    const { result } = await build({ existing: later }, ["network", "access"]);
    expect(await valueOf(result.clusterName)).toBe("old");
  });
});

describe("EksCluster refuses", () => {
  it.each<[path: string, reason: string, args: Record<string, unknown>]>([
    ["name", "DNS label", { name: "VLLM" }],
    ["kubernetesVersion", "no version", { kubernetesVersion: "v1.34.1" }],
    ["network.zones", "2 to 8 zones", { network: { zones: ["eu-central-1a"] } }],
    ["network.zones[1]", "is there twice", { network: { zones: ["eu-central-1a", "eu-central-1a"] } }],
    ["network.zones[0]", "no availability zone", { network: { zones: ["eu-central-1", "eu-central-1b"] } }],
    ["network.zones", "of one region", { network: { zones: ["eu-central-1a", "eu-west-1b"] } }],
    ["network.cidr", "no block", vpc("10.0.0.1/16")],
    ["network.cidr", "/16 to /20", vpc("10.0.0.0/24")],
    ["network.cidr", "public internet", vpc("8.8.0.0/16")],
    ["network.natGateways", "must be one of", { network: { ...base.network, natGateways: "two" } }],
    [
      "network.zones",
      "own VPC",
      { network: { zones: ["a"], existing: { vpcId: "v", privateSubnetIds: ["a", "b"] } } },
    ],
    [
      "network.existing.privateSubnetIds",
      "two or more",
      { network: { existing: { vpcId: "v", privateSubnetIds: ["a"] } } },
    ],
    ["access", "an administrator", { access: [] }],
    ["access", "an administrator", { access: [{ name: "a", principalArn: roleArn }] }],
    ["access[0].principalArn", "no ARN", { access: [{ ...base.access?.[0], principalArn: "deploy" }] }],
    ["access[0].level", "must be one of", { access: [{ name: "a", principalArn: roleArn, level: "root" }] }],
    ["access[1].name", "is there twice", { access: [base.access?.[0], base.access?.[0]] }],
    ["endpoint.publicCidrs[0]", "opens the API server", { endpoint: { publicCidrs: ["0.0.0.0/0"] } }],
    ["endpoint.publicCidrs[0]", "no block", { endpoint: { publicCidrs: ["203.0.113.7"] } }],
    ["logs.types", "no log of the control plane", { logs: { types: ["audit", "kubelet"] } }],
    ["logs.types", "must have audit", { logs: { types: ["api"] } }],
    ["logs.retentionDays", "CloudWatch", { logs: { retentionDays: 100 } }],
    ["partition", "must be one of", { partition: "aws-iso" }],
    ["systemNodes", "part of Auto Mode", { autoMode: true, systemNodes: { min: 1 } }],
    ["nodeMonitoringAgent", "part of Auto Mode", { autoMode: true, nodeMonitoringAgent: true }],
    ["systemNodes.min", "at most systemNodes.max", { systemNodes: { min: 9, max: 3 } }],
    ["systemNodes.sizeGiB", "at least 20", { systemNodes: { sizeGiB: 4 } }],
    ["systemNodes.instanceTypes", "an instance type", { systemNodes: { instanceTypes: [] } }],
    ["autoMode", "own cluster", { existing, autoMode: true }],
    ["existing.endpoint", "https address", { existing: { ...existing, endpoint: "http://a" } }],
    [
      "existing.certificateAuthority",
      "base64",
      { existing: { ...existing, certificateAuthority: "-----BEGIN" } },
    ],
  ])("%s: %s", async (path, reason, args) => {
    const text = `${path} `.replace(/[[\]().]/g, String.raw`\$&`);
    await expect(build(args)).rejects.toThrow(new RegExp(`${text}.*${reason}`));
  });

  it("a cluster without a network", async () => {
    await expect(build({}, ["network"])).rejects.toThrow(/network is required/);
  });
});

function vpc(cidr: string): Record<string, unknown> {
  return { network: { zones: ["eu-central-1a", "eu-central-1b"], cidr } };
}
