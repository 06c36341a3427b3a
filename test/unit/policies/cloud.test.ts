/** Policies about AWS and rights. */
import { describe, expect, test } from "vitest";
import type { PolicyResource } from "../../../policies/index.ts";
import { object, resource, verdicts } from "./resources.ts";

describe("encrypted-storage", () => {
  const template = (ebs: object) =>
    resource("aws:ec2/launchTemplate:LaunchTemplate", {
      blockDeviceMappings: [
        { deviceName: "/dev/xvda", ebs },
        { deviceName: "/dev/sdb", virtualName: "ephemeral0" },
      ],
    });

  test.each<[string, PolicyResource, PolicyResource]>([
    ["launch template", template({ encrypted: "true" }), template({ encrypted: "false" })],
    ["volume", resource("aws:ebs/volume:Volume", { encrypted: true }), resource("aws:ebs/volume:Volume", {})],
    [
      "node class",
      resource("kubernetes:karpenter.k8s.aws/v1:EC2NodeClass", {
        spec: { blockDeviceMappings: [{ ebs: { encrypted: true } }] },
      }),
      resource("kubernetes:karpenter.k8s.aws/v1:EC2NodeClass", {
        spec: { blockDeviceMappings: [{ ebs: {} }] },
      }),
    ],
    [
      "cluster",
      resource("aws:eks/cluster:Cluster", { encryptionConfig: { resources: ["secrets"] } }),
      resource("aws:eks/cluster:Cluster", {}),
    ],
    [
      "key",
      resource("aws:kms/key:Key", { enableKeyRotation: true }),
      resource("aws:kms/key:Key", { enableKeyRotation: false }),
    ],
    [
      "storage class",
      object("storage.k8s.io/v1:StorageClass", {
        provisioner: "ebs.csi.aws.com",
        parameters: { encrypted: "true" },
      }),
      object("storage.k8s.io/v1:StorageClass", { provisioner: "ebs.csi.aws.com" }),
    ],
  ])("takes and refuses a %s", (_, good, bad) => {
    expect(verdicts(good)).toEqual([]);
    expect(verdicts(bad)).toEqual([expect.stringMatching(/^encrypted-storage: .+; (set|give) /)]);
  });

  test("takes a key pair, which can't rotate, and other storage classes", () => {
    expect(verdicts(resource("aws:kms/key:Key", { customerMasterKeySpec: "RSA_2048" }))).toEqual([]);
    expect(verdicts(object("storage.k8s.io/v1:StorageClass", { provisioner: "efs.csi.aws.com" }))).toEqual(
      [],
    );
  });

  test("refuses a file system that is not encrypted", () => {
    const type = "aws:efs/fileSystem:FileSystem";
    expect(verdicts(resource(type, { encrypted: true }, { protect: true }))).toEqual([]);
    expect(verdicts(resource(type, {}, { protect: true }))).toEqual([
      "encrypted-storage: is not encrypted; set encrypted",
    ]);
  });
});

describe("buckets", () => {
  const parent = "urn:pulumi:prod::test::vllm-monitoring:index:Store::store";
  const bucket = (props: object = {}, protect = true) =>
    resource("aws:s3/bucket:Bucket", { ...props }, { parent, protect, name: "bucket" });
  const encryption = resource(
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    {},
    { parent },
  );
  const closed = {
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
  };
  const block = (props: object = {}, more: Partial<PolicyResource> = { parent }) =>
    resource("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", { ...closed, ...props }, more);

  test("one that is encrypted, closed and protected violates nothing", () => {
    expect(verdicts(bucket(), encryption, block())).toEqual([]);
  });

  test.each<[string, PolicyResource[], RegExp]>([
    ["encryption", [bucket(), block()], /^encrypted-buckets: has no Bucket/],
    [
      "protection",
      [bucket({}, false), encryption, block()],
      /^protected-state: may be deleted with the stack/,
    ],
    [
      "its contents",
      [bucket({ forceDestroy: true }), encryption, block()],
      /^protected-state: is deleted with everything/,
    ],
    ["its wall", [bucket(), encryption], /^protected-state: can be opened to the public/],
    [
      "a part of its wall",
      [bucket(), encryption, block({ blockPublicPolicy: false })],
      /^protected-state: can be opened/,
    ],
    [
      "its own wall, another bucket's is there",
      [bucket(), encryption, block({ bucket: "other" }, { parent: "other" })],
      /^protected-state: can be/,
    ],
  ])("lacks %s", (_, resources, message) => {
    expect(verdicts(...resources)).toEqual([expect.stringMatching(message)]);
  });

  test("are matched by name where no component holds them together", () => {
    const name = { bucket: "metrics" };
    const alone = (type: string, props: object) => resource(`aws:s3/${type}`, { ...name, ...props });
    expect(
      verdicts(
        { ...alone("bucket:Bucket", {}), protect: true },
        alone("bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", {}),
        alone("bucketPublicAccessBlock:BucketPublicAccessBlock", closed),
      ),
    ).toEqual([]);
  });

  test("file systems are protected too", () => {
    expect(verdicts(resource("aws:efs/fileSystem:FileSystem", { encrypted: true }))).toEqual([
      expect.stringContaining("protected-state"),
    ]);
  });
});

describe("no-wildcard-rights", () => {
  const policy = (statement: object, type = "aws:iam/policy:Policy") =>
    resource(type, { policy: JSON.stringify({ Version: "2012-10-17", Statement: statement }) });
  const allow = (more: object) => ({ Effect: "Allow", Resource: "arn:aws:s3:::metrics/*", ...more });

  test.each<[string, object, RegExp]>([
    ["everything", allow({ Action: "*" }), /allows \*; name the actions/],
    [
      "a whole service",
      [allow({ Sid: "Store", Action: ["s3:GetObject", "s3:*"] })],
      /the statement Store allows s3:\*/,
    ],
    ["all but some", allow({ NotAction: "iam:*" }), /allows all but/],
    ["elsewhere", allow({ NotResource: "arn:x", Action: "s3:GetObject" }), /allows all but/],
    [
      "changes everywhere",
      allow({ Action: "s3:PutObject", Resource: "*" }),
      /s3:PutObject on every resource/,
    ],
  ])("refuses %s", (_, statement, message) => {
    expect(verdicts(policy(statement))).toEqual([expect.stringMatching(message)]);
  });

  test.each<[string, object]>([
    ["named actions on named resources", allow({ Action: ["s3:GetObject", "s3:PutObject"] })],
    [
      "looking everywhere",
      allow({ Action: ["ec2:DescribeInstances", "ecr:GetAuthorizationToken"], Resource: "*" }),
    ],
    [
      "changes under a condition",
      allow({ Action: "ec2:CreateTags", Resource: "*", Condition: { StringEquals: { a: "b" } } }),
    ],
    ["denying everything", { Effect: "Deny", Action: "*", Resource: "*" }],
  ])("takes %s", (_, statement) => {
    expect(verdicts(policy(statement))).toEqual([]);
  });

  test("takes the account's own rights on a key, and nobody else's", () => {
    const keyPolicy = (principal: string) => {
      const { props } = policy(allow({ Action: "kms:*", Resource: "*", Principal: { AWS: principal } }));
      return resource("aws:kms/key:Key", { ...props, enableKeyRotation: true });
    };
    expect(verdicts(keyPolicy("arn:aws:iam::111122223333:root"))).toEqual([]);
    expect(verdicts(keyPolicy("arn:aws:iam::111122223333:role/x"))).toEqual([
      expect.stringContaining("kms:*"),
    ]);
  });

  test("refuses a role that everybody may take", () => {
    const trust = (principal: unknown, more: object = {}) =>
      resource("aws:iam/role:Role", {
        assumeRolePolicy: JSON.stringify({
          Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: principal, ...more }],
        }),
      });
    expect(verdicts(trust("*"))).toEqual([expect.stringContaining("lets everybody in")]);
    expect(verdicts(trust({ AWS: ["*"] }))).toEqual([expect.stringContaining("assumeRolePolicy: ")]);
    expect(verdicts(trust({ Service: "pods.eks.amazonaws.com" }))).toEqual([]);
  });

  test("refuses broad managed policies", () => {
    const attach = (policyArn: string) =>
      resource("aws:iam/rolePolicyAttachment:RolePolicyAttachment", { policyArn });
    expect(verdicts(attach("arn:aws:iam::aws:policy/AmazonS3FullAccess"))).toHaveLength(1);
    expect(verdicts(attach("arn:aws:iam::aws:policy/AdministratorAccess"))).toHaveLength(1);
    expect(verdicts(attach("arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"))).toEqual([]);
  });

  test("refuses roles of Kubernetes that name everything", () => {
    const role = (rule: object) => object("rbac.authorization.k8s.io/v1:ClusterRole", { rules: [rule] });
    expect(verdicts(role({ apiGroups: [""], resources: ["pods"], verbs: ["*"] }))).toEqual([
      "no-wildcard-rights: ClusterRole names * in verbs; name what is used",
    ]);
    expect(verdicts(role({ apiGroups: ["*"], resources: ["*"], verbs: ["get"] }))).toHaveLength(1);
    expect(verdicts(role({ apiGroups: [""], resources: ["pods"], verbs: ["get"] }))).toEqual([]);
  });
});
