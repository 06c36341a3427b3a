/**
 * Inputs of AWS resources that only a new resource can take, as the AWS provider has them. Sources: ForceNew in
 * terraform-provider-aws, internal/service/{eks/node_group,eks/cluster,eks/addon,eks/access_entry,ec2/ec2_launch_template,
 * ec2/vpc_security_group,ec2/vpc_subnet,ec2/vpc_,iam/role,iam/role_policy_attachment,kms/key,logs/group}.go. A dot goes
 * into an object.
 */
export const forceNew: Readonly<Record<string, readonly string[]>> = {
  "aws:eks/nodeGroup:NodeGroup": [
    "amiType",
    "capacityType",
    "clusterName",
    "diskSize",
    "instanceTypes",
    "launchTemplate.id",
    "launchTemplate.name",
    "nodeGroupName",
    "nodeGroupNamePrefix",
    "nodeRoleArn",
    "remoteAccess",
    "subnetIds",
  ],
  "aws:eks/cluster:Cluster": [
    "bootstrapSelfManagedAddons",
    "encryptionConfig.resources",
    "encryptionConfig.provider.keyArn",
    "kubernetesNetworkConfig.serviceIpv4Cidr",
    "name",
    "roleArn",
    "vpcConfig.vpcId",
  ],
  "aws:eks/addon:Addon": ["addonName", "clusterName"],
  "aws:eks/accessEntry:AccessEntry": ["clusterName", "principalArn", "type"],
  "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": [
    "accessScope",
    "clusterName",
    "policyArn",
    "principalArn",
  ],
  "aws:ec2/launchTemplate:LaunchTemplate": ["name", "namePrefix"],
  "aws:ec2/securityGroup:SecurityGroup": ["description", "name", "namePrefix", "vpcId"],
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ["securityGroupId"],
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": ["securityGroupId"],
  "aws:ec2/vpc:Vpc": ["cidrBlock"],
  "aws:ec2/subnet:Subnet": ["availabilityZone", "cidrBlock", "vpcId"],
  "aws:ec2/natGateway:NatGateway": ["allocationId", "subnetId"],
  "aws:iam/role:Role": ["name", "namePrefix", "path"],
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": ["policyArn", "role"],
  "aws:autoscaling/schedule:Schedule": ["autoscalingGroupName", "scheduledActionName"],
  "aws:cloudwatch/logGroup:LogGroup": ["name", "namePrefix"],
  "aws:kms/alias:Alias": ["name"],
};
