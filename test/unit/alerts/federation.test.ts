import { expect, it } from "vitest";

import { fleetRules, modelRules } from "../../../alerts/index.ts";
import { federationMatches, federationPath, recordedLevels } from "../../../alerts/federation.ts";

const model = modelRules({
  namespace: "vllm",
  modelName: "llama",
  team: "chat",
  owner: "ann",
  replicas: 2,
  loadSeconds: 60,
  objectives: { periodDays: 30, availability: { objectivePercent: 99 } },
});

it("takes every series that a rule on the fleet records", () => {
  const records = [...fleetRules({ prices: { a: 1 } }), ...(model === undefined ? [] : [model])]
    .flatMap(({ groups }) => groups)
    .flatMap(({ recordings = [] }) => recordings)
    .map(({ record }) => record);
  const levels: readonly string[] = recordedLevels;
  const own = records.filter((record) => /vllm|gpu|dcgm|litellm|slo|dollars|request_path/.test(record));
  expect(own.length).toBeGreaterThan(80);
  expect(own.filter((record) => !levels.includes(record.split(":")[0] ?? ""))).toEqual([]);
});

it("takes nothing raw", () => {
  const [matcher = ""] = federationMatches();
  const pattern = new RegExp(`^(?:${/"(.*)"/.exec(matcher)?.[1] ?? ""})$`);
  expect(pattern.test("model:vllm_requests_running:sum")).toBe(true);
  expect(pattern.test("vllm:num_requests_running")).toBe(false);
  expect(pattern.test("kserve_vllm:num_requests_running")).toBe(false);
});

it("is an address", () => {
  const url = new URL(federationPath(["model"]), "http://prometheus.example.com");
  expect(url.pathname).toBe("/federate");
  expect(url.searchParams.getAll("match[]")).toEqual(['{__name__=~"(?:model):.+"}', "ALERTS"]);
});
