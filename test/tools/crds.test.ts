import { readFileSync } from "node:fs";

import { expect, it } from "vitest";

import { generateCrds, withoutDescriptions } from "../../components/crds/generate.ts";
import { crdFile, monitoringCrds } from "../../components/crds/manifests.ts";

it("the committed CRDs are those of the pinned operator", () => {
  expect(readFileSync(crdFile, "utf8") === generateCrds(), "run: node components/crds/generate.ts").toBe(
    true,
  );
});

it("cover every kind that a typed class exists for", () => {
  expect(monitoringCrds().map(({ metadata }) => metadata.name.split(".")[0])).toEqual([
    "alertmanagerconfigs",
    "alertmanagers",
    "podmonitors",
    "probes",
    "prometheusagents",
    "prometheuses",
    "prometheusrules",
    "scrapeconfigs",
    "servicemonitors",
    "thanosrulers",
  ]);
});

it("lose descriptions, but no property of that name", () => {
  const schema = {
    description: "gone",
    properties: { description: { type: "string", description: "gone" } },
  };
  expect(withoutDescriptions(schema)).toEqual({ properties: { description: { type: "string" } } });
});
