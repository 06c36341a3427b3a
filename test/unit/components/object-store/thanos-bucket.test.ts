import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";

import { ThanosBucket, type ThanosBucketArgs } from "../../../../components/thanos-bucket.ts";
import { at, runWithMocks, valueOf } from "../../../support/mocks.ts";
import { renderResources } from "../../../support/resources.ts";

const base: ThanosBucketArgs = {
  bucketName: "example-history",
  region: "eu-central-1",
  prefix: "thanos",
  identity: {
    clusterName: "vllm-prod",
    clusterArn: "arn:aws:eks:eu-central-1:111122223333:cluster/vllm-prod",
  },
  accounts: [
    { program: "sidecar", namespace: "monitoring", serviceAccount: "monitoring-prometheus" },
    { program: "store", namespace: "monitoring", serviceAccount: "thanos-store" },
    { program: "compactor", namespace: "monitoring", serviceAccount: "thanos-compactor" },
  ],
};
const irsa = {
  method: "irsa",
  oidcProviderArn: "arn:aws:iam::111122223333:oidc-provider/oidc.eks.example/id/A",
  oidcIssuer: "https://oidc.eks.example/id/A",
} as const;

const outputs = (type: string, name: string) => ({
  arn:
    type === "aws:kms/key:Key" ? "arn:aws:kms:eu-central-1:111122223333:key/0000" : `arn:aws:iam:::${name}`,
  keyId: "0000",
  name,
});

function build(args: Partial<ThanosBucketArgs> = {}) {
  return runWithMocks(() => new ThanosBucket("thanos", { ...base, ...args }), { outputs });
}

describe("ThanosBucket", () => {
  it("makes the golden bucket and roles", async () => {
    await expect(renderResources(await build())).toMatchFileSnapshot("golden/thanos-bucket.yaml");
  });

  it("keeps bucket and key when the stack goes, and refuses to destroy them", async () => {
    const run = await build();
    for (const type of ["aws:s3/bucket:Bucket", "aws:kms/key:Key"]) {
      const resource = run.find(type);
      expect([resource.protect, resource.retainOnDelete], type).toEqual([true, true]);
    }
    // What guards it stays with it.
    for (const resource of run.resources.filter(({ type }) => type.startsWith("aws:s3/"))) {
      expect(resource.retainOnDelete, resource.type).toBe(true);
    }
    expect(at(run.find("aws:s3/bucket:Bucket").inputs, "forceDestroy")).toBe(false);
  });

  it("has no lifecycle rule that removes a live object", async () => {
    const { inputs } = (await build()).find("BucketLifecycleConfiguration");
    const rules = at(inputs, "rules") as Record<string, unknown>[];
    expect(rules.map(({ id }) => id)).toEqual(["incomplete-uploads", "old-versions"]);
    for (const rule of rules) {
      expect(at(rule, "expiration.days")).toBeUndefined();
      expect(at(rule, "expiration.date")).toBeUndefined();
      expect(at(rule, "transitions")).toBeUndefined();
    }
    expect(at(rules[1], "noncurrentVersionExpiration.noncurrentDays")).toBe(14);
    const longer = (await build({ noncurrentVersionDays: 60 })).find("BucketLifecycleConfiguration");
    expect(at(longer.inputs, "rules[1].noncurrentVersionExpiration.noncurrentDays")).toBe(60);
  });

  it("encrypts with an own key, a given one or S3's", async () => {
    const encryption = "BucketServerSideEncryptionConfiguration";
    const given = "arn:aws:kms:eu-central-1:111122223333:key/1111";
    const withKey = await build({ encryption: { kmsKeyArn: given } });
    expect(at(withKey.find(encryption).inputs, "rules[0]")).toEqual({
      applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: given },
      bucketKeyEnabled: true,
    });
    expect(withKey.all("Key")).toEqual([]);
    const plain = await build({ encryption: { sseS3: true } });
    expect(at(plain.find(encryption).inputs, "rules[0]")).toEqual({
      applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" },
    });
    expect(plain.all("Key")).toEqual([]);
    expect(JSON.stringify(plain.all("aws:iam/rolePolicy:RolePolicy"))).not.toContain("kms");
  });

  it("gives IRSA's accounts the cluster's issuer to trust, and no association", async () => {
    const run = await build({ identity: irsa });
    expect(run.all("PodIdentityAssociation")).toEqual([]);
    const trust = at(run.find("aws:iam/role:Role", "thanos-store").inputs, "assumeRolePolicy") as string;
    expect(trust).toContain("system:serviceaccount:monitoring:thanos-store");
    await expect(valueOf(run.result.roleArns)).resolves.toEqual({
      sidecar: "arn:aws:iam:::thanos-sidecar",
      store: "arn:aws:iam:::thanos-store",
      compactor: "arn:aws:iam:::thanos-compactor",
    });
  });

  it("makes only roles for a bucket that is there", async () => {
    const run = await build({
      existing: true,
      encryption: { kmsKeyArn: "arn:aws:kms:eu-central-1:111122223333:key/1" },
    });
    expect(run.resources.filter(({ type }) => /^aws:(s3|kms)\//.test(type))).toEqual([]);
    expect(run.all("aws:iam/role:Role")).toHaveLength(3);
    await expect(valueOf(run.result.bucketArn)).resolves.toBe("arn:aws:s3:::example-history");
  });

  it("puts tags, a path and a boundary where there are some", async () => {
    const run = await build({
      tags: { team: "platform" },
      rolePath: "/vllm/",
      permissionsBoundaryArn: "arn:aws:iam::111122223333:policy/boundary",
    });
    const { inputs } = run.find("aws:iam/role:Role", "thanos-store");
    expect(at(inputs, "path")).toBe("/vllm/");
    expect(at(inputs, "permissionsBoundary")).toBe("arn:aws:iam::111122223333:policy/boundary");
    for (const type of ["aws:s3/bucket:Bucket", "aws:kms/key:Key"]) {
      expect(at(run.find(type).inputs, "tags")).toEqual({ team: "platform" });
    }
  });
});

describe("ThanosBucket refuses", () => {
  it.each<[string, Partial<Record<keyof ThanosBucketArgs, unknown>>, string]>([
    ["a bucket without a region", { region: undefined }, "region must name the bucket's region, is missing"],
    [
      "a zone as region",
      { region: "eu-central-1a" },
      'region must name the bucket\'s region, is "eu-central-1a"',
    ],
    ["a bad name", { bucketName: "History" }, "bucketName must be 3 to 63 lower-case letters"],
    ["a bad prefix", { prefix: "/thanos" }, "prefix must be a path within the bucket"],
    [
      "an alias as key",
      { encryption: { kmsKeyArn: "arn:aws:kms:eu-central-1:111122223333:alias/x" } },
      "must be the ARN of a key, no alias",
    ],
    [
      "two encryptions",
      { encryption: { kmsKeyArn: "arn:aws:kms:eu-central-1:111122223333:key/1", sseS3: true } },
      "encryption.sseS3 must be absent with a KMS key",
    ],
    ["no days", { noncurrentVersionDays: 0 }, "noncurrentVersionDays must be a whole number of at least 1"],
    [
      "an unknown method",
      { identity: { ...base.identity, method: "kiam" } },
      "identity.method must be one of pod-identity, irsa",
    ],
    [
      "Pod Identity without its cluster",
      { identity: { clusterName: "vllm" } },
      "identity.clusterArn is required with method pod-identity",
    ],
    [
      "IRSA without its issuer",
      { identity: { ...irsa, oidcIssuer: undefined } },
      "identity.oidcIssuer is required with method irsa",
    ],
    ["no program", { accounts: [] }, "accounts must name a program"],
    [
      "a program twice",
      { accounts: [...base.accounts, base.accounts[0]] },
      "accounts[3].program must not stand there twice",
    ],
    [
      "an unknown program",
      { accounts: [{ program: "query", namespace: "m", serviceAccount: "q" }] },
      "accounts[0].program must be one of",
    ],
    [
      "a bad account",
      { accounts: [{ program: "store", namespace: "M", serviceAccount: "q" }] },
      "accounts[0].namespace must be a DNS label",
    ],
  ])("%s", async (_, change, expected) => {
    await expect(build(change as Partial<ThanosBucketArgs>)).rejects.toThrow(expected);
  });

  it("what turns out wrong later, too", async () => {
    const later = pulumi.output(Promise.resolve(0));
    await expect(build({ noncurrentVersionDays: later })).rejects.toThrow("noncurrentVersionDays");
  });
});
