/** The policy pack as the real engine runs it: it stops what a policy forbids and lets the project's components through. */
import * as path from "node:path";

import * as aws from "@pulumi/aws";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { EksCluster } from "../../../components/eks-cluster.ts";
import { GpuNodeGroup } from "../../../components/gpu-node-group.ts";
import { installAwsStub } from "../../support/aws-stub/install.ts";
import { createTestStack, type TestStack } from "../../support/pulumi-engine.ts";

const policyPacks = [path.join(import.meta.dirname, "../../../policies/vllm-monitoring-policies")];

let test: TestStack;

beforeAll(async () => {
  test = await createTestStack();
  await installAwsStub(test.stack.workspace.pulumiHome ?? "");
});

afterAll(async () => {
  await test.remove();
});

/** Verdicts of a preview of the program, and whether it was let through. */
async function preview(program: () => void): Promise<{ passed: boolean; verdicts: string[] }> {
  test.program = () => {
    program();
    return Promise.resolve();
  };
  const verdicts: string[] = [];
  const onEvent = ({ policyEvent }: EngineEvent) => {
    if (policyEvent === undefined) return;
    const name = policyEvent.resourceUrn?.split("::").at(-1) ?? "";
    verdicts.push(`${policyEvent.enforcementLevel} ${policyEvent.policyName} ${name}`);
  };
  try {
    await test.stack.preview({ policyPacks, onEvent, color: "never" });
    return { passed: true, verdicts };
  } catch {
    return { passed: false, verdicts };
  }
}

describe("the policy pack", () => {
  it("lets a cluster with GPU nodes through", async () => {
    const { passed, verdicts } = await preview(() => {
      const cluster = new EksCluster("vllm", {
        network: { zones: ["eu-central-1a", "eu-central-1b"] },
        access: [
          { name: "deploy", principalArn: "arn:aws:iam::111122223333:role/deploy", level: "administrator" },
        ],
      });
      new GpuNodeGroup("gpu", {
        cluster: {
          name: cluster.clusterName,
          securityGroupId: cluster.securityGroupId,
          vpcId: cluster.vpcId,
        },
        network: { subnetIds: cluster.privateSubnetIds },
        instanceTypes: ["g6.12xlarge"],
        scaling: { max: 2 },
      });
    });
    expect(verdicts).toEqual([]);
    expect(passed).toBe(true);
  });

  it("stops a resource that a policy forbids, before it is made", async () => {
    const { passed, verdicts } = await preview(() => {
      new aws.ec2.LaunchTemplate("open", {
        blockDeviceMappings: [{ deviceName: "/dev/xvda", ebs: { volumeSize: 20 } }],
      });
      new aws.iam.Policy("all", {
        policy: JSON.stringify({ Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] }),
      });
    });
    expect(passed).toBe(false);
    expect(verdicts.sort()).toEqual(["mandatory encrypted-storage open", "mandatory no-wildcard-rights all"]);
  });

  const closed = {
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
  };
  const bucket = (protect: boolean) => () => {
    const state = new aws.s3.Bucket("state", { bucket: "metrics" }, { protect });
    new aws.s3.BucketServerSideEncryptionConfiguration(
      "encryption",
      { bucket: "metrics", rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms" } }] },
      { dependsOn: state },
    );
    new aws.s3.BucketPublicAccessBlock("wall", { bucket: "metrics", ...closed }, { dependsOn: state });
  };

  it("stops a stack whose resources together break one", async () => {
    expect(await preview(bucket(false))).toEqual({
      passed: false,
      verdicts: ["mandatory protected-state state"],
    });
    expect(await preview(bucket(true))).toEqual({ passed: true, verdicts: [] });
  });
});
