import { describe, expect, it } from "vitest";

import {
  bucketPolicy,
  irsaTrustPolicy,
  partitionOf,
  programPolicy,
  ThanosProgram,
  type BucketFacts,
} from "../../../../components/object-store/policies.ts";
import { Decision, evaluate, type IamRequest } from "../../../support/iam.ts";

const kmsKeyArn = "arn:aws:kms:eu-central-1:111122223333:key/0000";
const facts: BucketFacts = {
  bucket: "history",
  prefix: "thanos/prod",
  region: "eu-central-1",
  kmsKeyArn,
  partition: "aws",
};
const bucket = "arn:aws:s3:::history";
const block = `${bucket}/thanos/prod/01J00000000000000000000000`;
const byS3 = { "kms:ViaService": "s3.eu-central-1.amazonaws.com" };

/** Everything that the programs do, by what it is. */
const requests: Record<string, IamRequest> = {
  "list the prefix": {
    action: "s3:ListBucket",
    resource: bucket,
    context: { "s3:prefix": "thanos/prod/" },
  },
  "list a block": {
    action: "s3:ListBucket",
    resource: bucket,
    context: { "s3:prefix": "thanos/prod/01J00000000000000000000000/" },
  },
  // S3 asks for the right to list before it answers HEAD of a missing object with 404; the request has no prefix.
  "be told that an object is missing": { action: "s3:ListBucket", resource: bucket },
  "read an index": { action: "s3:GetObject", resource: `${block}/index` },
  "write a chunk": { action: "s3:PutObject", resource: `${block}/chunks/000001` },
  "mark a block": { action: "s3:PutObject", resource: `${block}/deletion-mark.json` },
  "give up a large upload": { action: "s3:AbortMultipartUpload", resource: `${block}/chunks/000001` },
  "delete a block": { action: "s3:DeleteObject", resource: `${block}/meta.json` },
  "decrypt by S3": { action: "kms:Decrypt", resource: kmsKeyArn, context: byS3 },
  "encrypt by S3": { action: "kms:GenerateDataKey", resource: kmsKeyArn, context: byS3 },
};

const reading = ["list the prefix", "list a block", "be told that an object is missing", "read an index"];
const uploading = [...reading, "write a chunk", "mark a block", "give up a large upload"];
const allowed: Record<ThanosProgram, string[]> = {
  sidecar: [...uploading, "decrypt by S3", "encrypt by S3"],
  ruler: [...uploading, "decrypt by S3", "encrypt by S3"],
  store: [...reading, "decrypt by S3"],
  compactor: [...uploading, "delete a block", "decrypt by S3", "encrypt by S3"],
};

/** What none of them may do. */
const never: Record<string, IamRequest> = {
  "read beside the prefix": { action: "s3:GetObject", resource: `${bucket}/thanos/prod-2/index` },
  "read another program's data": { action: "s3:GetObject", resource: `${bucket}/models/weights` },
  "write beside the prefix": { action: "s3:PutObject", resource: `${bucket}/thanos/x` },
  "delete beside the prefix": { action: "s3:DeleteObject", resource: `${bucket}/thanos/staging/01J/index` },
  "list beside the prefix": {
    action: "s3:ListBucket",
    resource: bucket,
    context: { "s3:prefix": "thanos/staging/" },
  },
  "list a prefix that begins alike": {
    action: "s3:ListBucket",
    resource: bucket,
    context: { "s3:prefix": "thanos/prod-2/" },
  },
  "read another bucket": { action: "s3:GetObject", resource: "arn:aws:s3:::other/thanos/prod/x" },
  "destroy an old version": { action: "s3:DeleteObjectVersion", resource: `${block}/index` },
  "delete the bucket": { action: "s3:DeleteBucket", resource: bucket },
  "change the policy": { action: "s3:PutBucketPolicy", resource: bucket },
  "change the lifecycle": { action: "s3:PutLifecycleConfiguration", resource: bucket },
  "stop the versions": { action: "s3:PutBucketVersioning", resource: bucket },
  "give an object away": { action: "s3:PutObjectAcl", resource: `${block}/index` },
  "use the key by itself": { action: "kms:Decrypt", resource: kmsKeyArn },
  "use the key in another region": {
    action: "kms:Decrypt",
    resource: kmsKeyArn,
    context: { "kms:ViaService": "s3.eu-west-1.amazonaws.com" },
  },
  "use another key": { action: "kms:Decrypt", resource: `${kmsKeyArn}1`, context: byS3 },
  "delete the key": { action: "kms:ScheduleKeyDeletion", resource: kmsKeyArn },
  "give the key to others": { action: "kms:CreateGrant", resource: kmsKeyArn, context: byS3 },
};

describe.each(Object.values(ThanosProgram))("the role of %s", (program) => {
  const documents = [programPolicy(program, facts)];
  const cases = Object.entries(requests).map(
    ([what, request]) => [allowed[program].includes(what) ? "may" : "may not", what, request] as const,
  );

  it.each(cases)("%s %s", (verdict, _, request) => {
    const expected = verdict === "may" ? Decision.Allowed : Decision.ImplicitlyDenied;
    expect(evaluate(documents, request)).toBe(expected);
  });

  it.each(Object.entries(never))("may not %s", (_, request) => {
    expect(evaluate(documents, request)).toBe(Decision.ImplicitlyDenied);
  });

  it("is the document that was looked at", async () => {
    const text = JSON.stringify(documents[0], undefined, 2);
    await expect(text).toMatchFileSnapshot(`golden/policy-${program}.json`);
  });
});

describe("policies", () => {
  it("give the whole bucket where there is no prefix", () => {
    const documents = [programPolicy(ThanosProgram.Store, { ...facts, prefix: "" })];
    expect(evaluate(documents, { action: "s3:GetObject", resource: `${bucket}/01J/index` })).toBe(
      Decision.Allowed,
    );
    const list = { action: "s3:ListBucket", resource: bucket, context: { "s3:prefix": "" } };
    expect(evaluate(documents, list)).toBe(Decision.Allowed);
    expect(documents[0]?.Statement[0]?.Condition).toBeUndefined();
  });

  it("need no key with S3's own encryption", () => {
    const { Statement } = programPolicy(ThanosProgram.Compactor, { ...facts, kmsKeyArn: undefined });
    expect(JSON.stringify(Statement)).not.toContain("kms");
  });

  it("are of the region's partition", () => {
    expect(["cn-north-1", "us-gov-west-1", "eu-central-1"].map(partitionOf)).toEqual([
      "aws-cn",
      "aws-us-gov",
      "aws",
    ]);
    const region = "cn-north-1";
    const china = programPolicy(ThanosProgram.Store, { ...facts, region, partition: partitionOf(region) });
    expect(china.Statement[0]?.Resource).toBe("arn:aws-cn:s3:::history");
    expect(JSON.stringify(china)).toContain("s3.cn-north-1.amazonaws.com.cn");
  });
});

describe("the bucket's policy", () => {
  const documents = [bucketPolicy("history", "aws"), programPolicy(ThanosProgram.Compactor, facts)];
  const read = (context: Record<string, string>) =>
    evaluate(documents, { action: "s3:GetObject", resource: `${block}/index`, context });

  it("lets nobody read in clear or with old TLS, whatever else allows it", () => {
    expect(read({ "aws:SecureTransport": "true", "s3:TlsVersion": "1.3" })).toBe(Decision.Allowed);
    expect(read({ "aws:SecureTransport": "true", "s3:TlsVersion": "1.2" })).toBe(Decision.Allowed);
    expect(read({ "aws:SecureTransport": "true", "s3:TlsVersion": "1.1" })).toBe(Decision.ExplicitlyDenied);
    expect(read({ "aws:SecureTransport": "false" })).toBe(Decision.ExplicitlyDenied);
  });

  it("gives no rights", () => {
    expect(documents[0]?.Statement.map(({ Effect }) => Effect)).toEqual(["Deny", "Deny"]);
  });
});

describe("the trust of IRSA", () => {
  it("is for one account and for STS only", () => {
    const document = irsaTrustPolicy(
      "arn:aws:iam::111122223333:oidc-provider/oidc.eks.example/id/A",
      "https://oidc.eks.example/id/A",
      "monitoring",
      "thanos-store",
    );
    expect(document.Statement[0]?.Condition).toEqual({
      StringEquals: {
        "oidc.eks.example/id/A:aud": "sts.amazonaws.com",
        "oidc.eks.example/id/A:sub": "system:serviceaccount:monitoring:thanos-store",
      },
    });
  });
});
