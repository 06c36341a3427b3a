/** How an environment's dashboards reach Grafana. */
import { expect, test } from "vitest";
import { componentProblems } from "../../../stacks/configuration.ts";
import { grafanaDashboardsArgs } from "../../../stacks/mapping/dashboards.ts";
import { change, problemsOf, settingsOf, valuesOf } from "./support.ts";

const path = "monitoring.grafana";
const operator = { kind: "operator", instanceLabels: { dashboards: "vllm" } };

test.each<[string, object, string, RegExp]>([
  ["another kind", { kind: "sidekar" }, "kind", /sidecar, operator/],
  ["no labels", { kind: "operator" }, "instanceLabels", /./],
  ["an empty selector", { ...operator, instanceLabels: {} }, "instanceLabels", /at least one label/],
  ["a period without a unit", { ...operator, resyncPeriod: "10" }, "resyncPeriod", /duration/],
  ["a wrong flag", { ...operator, otherNamespaces: "yes" }, "otherNamespaces", /true or false/],
])("%s is refused", (_, delivery, field, expected) => {
  const problems = problemsOf(change(valuesOf("local"), path, { delivery }));
  expect(problems.find((problem) => problem.path === `${path}.delivery.${field}`)?.expected).toMatch(
    expected,
  );
});

test("the operator beside the stack's own Grafana is refused, which has a sidecar", () => {
  const problems = problemsOf(change(valuesOf("prod"), `${path}.delivery`, operator));
  expect(problems).toContainEqual(
    expect.objectContaining({
      path: `${path}.delivery.kind`,
      expected: expect.stringMatching(/sidecar/) as string,
    }),
  );
});

test("by default the sidecar finds ConfigMaps", () => {
  const args = grafanaDashboardsArgs(settingsOf("local").settings);
  expect(args).toMatchObject({ sidecarLabel: "grafana_dashboard", sidecarLabelValue: "1" });
  expect(args.operator).toBeUndefined();
});

test("the operator gets the same dashboards, and nothing for a sidecar", () => {
  const { settings } = settingsOf("local", [[path, { folder: "Models", delivery: operator }]]);
  const args = grafanaDashboardsArgs(settings);
  expect(args.dashboards.map(({ name }) => name)).toEqual(
    grafanaDashboardsArgs(settingsOf("local").settings).dashboards.map(({ name }) => name),
  );
  expect(args).toMatchObject({
    folder: "Models",
    operator: {
      instanceSelector: { dashboards: "vllm" },
      allowCrossNamespaceImport: false,
      resyncPeriod: "10m",
    },
  });
  expect(args).not.toHaveProperty("sidecarLabel");
  expect(componentProblems(settings)).toEqual([]);
});
