/**
 * Properties of AWS resources that can't be changed in place (ForceNew in hashicorp/terraform-provider-aws v6, which
 * @pulumi/aws 7 wraps). Only for the types that this project makes or is likely to; of the others an offline comparison
 * can't tell, and says so.
 */
const table: Readonly<Record<string, readonly string[]>> = {
  "autoscaling/schedule:Schedule": ["autoscalingGroupName", "scheduledActionName"],
  "cloudwatch/logGroup:LogGroup": ["name", "namePrefix", "logGroupClass"],
  "ec2/launchTemplate:LaunchTemplate": ["name", "namePrefix"],
  "ec2/securityGroup:SecurityGroup": ["description", "name", "namePrefix", "vpcId"],
  "eks/accessEntry:AccessEntry": ["clusterName", "principalArn", "type"],
  "eks/accessPolicyAssociation:AccessPolicyAssociation": [
    "accessScope",
    "clusterName",
    "policyArn",
    "principalArn",
  ],
  "eks/addon:Addon": ["addonName", "clusterName"],
  "eks/cluster:Cluster": [
    "bootstrapSelfManagedAddons",
    "encryptionConfig",
    "kubernetesNetworkConfig",
    "name",
    "outpostConfig",
    "roleArn",
  ],
  "eks/nodeGroup:NodeGroup": [
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
  "eks/podIdentityAssociation:PodIdentityAssociation": ["clusterName", "namespace", "serviceAccount"],
  "iam/instanceProfile:InstanceProfile": ["name", "namePrefix", "path"],
  "iam/openIdConnectProvider:OpenIdConnectProvider": ["url"],
  "iam/policy:Policy": ["description", "name", "namePrefix", "path"],
  "iam/role:Role": ["name", "namePrefix", "path"],
  "iam/rolePolicy:RolePolicy": ["name", "namePrefix", "role"],
  "iam/rolePolicyAttachment:RolePolicyAttachment": ["policyArn", "role"],
  "kms/alias:Alias": ["name", "namePrefix"],
  "kms/key:Key": ["customKeyStoreId", "customerMasterKeySpec", "keyUsage", "multiRegion", "xksKeyId"],
  "s3/bucket:Bucket": ["bucket", "bucketNamespace", "bucketPrefix", "objectLockEnabled"],
  "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": ["bucket", "expectedBucketOwner"],
  "s3/bucketOwnershipControls:BucketOwnershipControls": ["bucket"],
  "s3/bucketPolicy:BucketPolicy": ["bucket"],
  "s3/bucketPublicAccessBlock:BucketPublicAccessBlock": ["bucket"],
  "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": [
    "bucket",
    "expectedBucketOwner",
  ],
  "s3/bucketVersioning:BucketVersioning": ["bucket", "expectedBucketOwner"],
  "vpc/securityGroupEgressRule:SecurityGroupEgressRule": ["securityGroupId"],
  "vpc/securityGroupIngressRule:SecurityGroupIngressRule": ["securityGroupId"],
};

/** Paths of properties that replace a resource of AWS; undefined for types that aren't known here. */
export function awsReplacementPaths(type: string): readonly string[] | undefined {
  const paths = table[type.replace(/^aws:/, "")];
  return paths === undefined ? undefined : [...paths, "region"];
}
