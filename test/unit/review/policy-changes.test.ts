/** A change of the policies themselves, which must not hide what they would have said. */
import { expect, it } from "vitest";

import { POLICIES, type Policy } from "../../../policies/index.ts";
import { compareSnapshots } from "../../../review/diff/changes.ts";
import type { Snapshot } from "../../../review/model/snapshot.ts";
import { analyse } from "../../../review/report/analysis.ts";
import { renderReport } from "../../../review/report/markdown.ts";
import type { PolicySides } from "../../../review/semantic/policies.ts";
import { prices } from "./reporting.ts";
import { pick, sample, set } from "./sample.ts";

const without = (name: string): Policy[] => POLICIES.filter((policy) => policy.name !== name);
const images = "image-versions";

function reportWith(policies: PolicySides, change: (head: Snapshot) => void = () => undefined): string {
  const head = sample();
  change(head);
  const analysis = analyse(compareSnapshots(sample(), head), prices, [], policies);
  return renderReport([{ environment: "prod", state: "both", analysis }], { subject: "Compared." }).markdown;
}

const useLatest = (head: Snapshot) => {
  set(
    pick(head, "Deployment", "llama"),
    ["spec", "template", "spec", "containers", 0, "image"],
    "vllm/vllm-openai:latest",
  );
};

it("names a policy that is taken away, and what it would have said", () => {
  const report = reportWith({ base: POLICIES, head: without(images) }, useLatest);
  expect(report).toContain(`- **High:** Policy \`${images}\` is gone`);
  expect(report).toMatch(
    new RegExp(`Policy \`${images}\` as it was \\(mandatory\\) on \`Deployment llama\``),
  );
  expect(report).toContain(`- **gone:** the policy \`${images}\``);
});

it("names one that only advises from now on", () => {
  const head = POLICIES.map((policy) =>
    policy.name === images ? { ...policy, enforcement: "advisory" as const } : policy,
  );
  expect(reportWith({ base: POLICIES, head })).toContain(`- **High:** Policy \`${images}\` is now advisory`);
});

it("names a new one, with what it finds of resources that are as before", () => {
  const report = reportWith({ base: without(images), head: POLICIES }, useLatest);
  expect(report).toContain(`- **new:** the policy \`${images}\``);
  expect(report).toContain(`- **violated:** \`${images}\``);
});

it("says nothing where the policies and what they see stay", () => {
  expect(reportWith({ base: POLICIES, head: [...POLICIES] })).toContain("**No changes**");
});
