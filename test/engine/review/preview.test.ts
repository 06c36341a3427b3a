/** The real CLI and engine preview a change of the local environment; the report is made of their events. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { afterAll, beforeAll, expect, it } from "vitest";

import { reviewEventLog, reviewPreview } from "../../../review/preview/preview.ts";
import { up, type ConfigurationOverrides } from "../../../stacks/automation.ts";
import { CLUSTER_TOKEN, DINGTALK_SIGNING_SECRET, DINGTALK_TOKEN, Sandbox } from "../stacks/stub.ts";

const root = join(import.meta.dirname, "../../..");
const sandbox = new Sandbox();
const directory = mkdtempSync(join(tmpdir(), "vllm-monitoring-preview-"));
beforeAll(async () => {
  await up(sandbox.options());
});
afterAll(() => {
  sandbox.remove();
  rmSync(directory, { recursive: true, force: true });
});

const secrets = [DINGTALK_TOKEN, DINGTALK_SIGNING_SECRET, CLUSTER_TOKEN];

async function report(configOverrides: ConfigurationOverrides, given: Record<string, string> = {}) {
  const options = sandbox.options({ configOverrides });
  const review = await reviewPreview({ ...options, secrets: { ...options.secrets, ...given } }, root);
  const { markdown, isEmpty } = review.write();
  for (const secret of [...secrets, ...Object.values(given)]) expect(markdown).not.toContain(secret);
  return { markdown, isEmpty };
}

it("says that nothing changes", async () => {
  expect(await report({})).toMatchObject({ isEmpty: true });
});

it("names replicas, rules' receivers and what comes and goes", async () => {
  const { markdown } = await report({
    "fleet.models[0].replicas": 1,
    "fleet.models[0].image": `vllm/vllm-openai:v0.34.0@sha256:${"ab".repeat(32)}`,
    "routes.repeatInterval": "2h",
  });
  expect(markdown).toContain("by a preview of the engine");
  expect(markdown).toContain("`vllm/llama-8b`: replicas `2` → `1`");
  expect(markdown).toContain("fewer replicas: 2 → 1");
  expect(markdown).toContain("### Images");
  expect(markdown).toContain("repeat `1h` → `2h`");
  // One replica needs no budget.
  expect(markdown).toContain("- **deleted** `PodDisruptionBudget llama-8b-budget`");
  expect(markdown).toContain("VllmDeployment llama-8b:");
});

it("names a secret that changed, without its value", async () => {
  const { markdown } = await report({}, { dingtalkAccessToken: "another-planted-token" });
  expect(markdown).toContain("Secret dingtalk-bridge-oncall-dingtalk");
  expect(markdown).toMatch(/`stringData[^`]*`: secret changed/);
});

it("makes the same report of an event log", async () => {
  const events: EngineEvent[] = [];
  const configOverrides = { "fleet.models[1].maxNumSeqs": 48 };
  const live = await reviewPreview(
    sandbox.options({ configOverrides, onEvent: (event) => events.push(event) }),
    root,
  );
  const file = join(directory, "events.log");
  writeFileSync(file, events.map((event) => JSON.stringify(event)).join("\n"));
  expect(reviewEventLog(file, "local", root).write()).toEqual(live.write());
  expect(live.write().markdown).toContain("args.--max-num-seqs`: `32` → `48`");
  expect(readFileSync(file, "utf8")).not.toContain(DINGTALK_TOKEN);
});

it("refuses a file that is no event log", () => {
  const file = join(directory, "wrong.log");
  writeFileSync(file, "Previewing update (local):\n");
  expect(() => reviewEventLog(file, "local", root)).toThrow("wrong.log:1: expected one JSON object a line");
  writeFileSync(file, '{"sequence":1}\n');
  expect(() => reviewEventLog(file, "local", root)).toThrow("no step of any resource");
});
