/** How an environment's dashboards reach Grafana. */
import { expect, test } from "vitest";
import { componentProblems } from "../../../stacks/configuration.ts";
import { grafanaContentArgs, grafanaDashboardsArgs } from "../../../stacks/mapping/dashboards.ts";
import { change, problemsOf, said, settingsOf, valuesOf } from "./support.ts";

const path = "monitoring.grafana";
const api = { kind: "api", url: "https://example.grafana.net", tokenFromSecret: "grafanaToken" };
const operator = { kind: "operator", instanceLabels: { dashboards: "vllm" } };

test.each<[string, object, string, RegExp]>([
  ["another kind", { kind: "sidekar" }, "kind", /sidecar, operator/],
  ["no labels", { kind: "operator" }, "instanceLabels", /./],
  ["an empty selector", { ...operator, instanceLabels: {} }, "instanceLabels", /at least one label/],
  ["a period without a unit", { ...operator, resyncPeriod: "10" }, "resyncPeriod", /duration/],
  ["a wrong flag", { ...operator, otherNamespaces: "yes" }, "otherNamespaces", /true or false/],
  ["an API without a token", { kind: "api", url: "https://g.example.com" }, "tokenFromSecret", /./],
  ["an API in clear", { ...api, url: "http://g.example.com" }, "url", /https, since a token/],
  [
    "a contact point of no kind",
    { ...api, contactPoints: [{ name: "a" }] },
    "contactPoints[0].kind",
    /email/,
  ],
  [
    "an address that is none",
    { ...api, contactPoints: [{ name: "a", kind: "email", addresses: ["a"] }] },
    "contactPoints[0].addresses[0]",
    /e-mail address/,
  ],
  ["a right that is none", { ...api, rights: [{ role: "Viewer", right: "Own" }] }, "rights[0].right", /View/],
  ["a team without quotes", { ...api, rights: [{ teamId: 7, right: "View" }] }, "rights[0].teamId", /number/],
  ["a data source without an address", { ...api, dataSource: {} }, "dataSource.url", /./],
])("%s is refused", (_, delivery, field, expected) => {
  const problems = problemsOf(change(valuesOf("local"), path, { delivery }));
  expect(problems.find((problem) => problem.path === `${path}.delivery.${field}`)?.expected).toMatch(
    expected,
  );
});

test.each([operator, api])(
  "$kind beside the stack's own Grafana is refused, which has a sidecar",
  (delivery) => {
    const problems = problemsOf(change(valuesOf("prod"), `${path}.delivery`, delivery));
    expect(problems).toContainEqual(
      expect.objectContaining({
        path: `${path}.delivery.kind`,
        expected: expect.stringMatching(/sidecar/) as string,
      }),
    );
  },
);

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

test("Grafana's HTTP API gets the same dashboards, and a data source on request", () => {
  const dataSource = { url: "https://thanos.example.com", isThanos: true, tokenFromSecret: "thanosToken" };
  const { settings, secretKeys } = settingsOf("local", [
    [path, { folder: "Models", delivery: { ...api, dataSource } }],
  ]);
  const args = grafanaContentArgs(settings, (key) => `value of ${key}`);
  expect(args?.dashboards).toEqual(grafanaDashboardsArgs(settingsOf("local").settings).dashboards);
  expect(args).toMatchObject({
    folder: "Models",
    dataSource: {
      url: "https://thanos.example.com",
      isThanos: true,
      scrapeInterval: "5s",
      bearerToken: "value of thanosToken",
    },
  });
  expect(secretKeys).toEqual(expect.arrayContaining(["grafanaToken", "thanosToken"]));
  expect(grafanaContentArgs(settingsOf("local").settings, () => "")).toBeUndefined();
});

test("a token that would go to a data source in clear is refused by the setting's path, before anything is made", () => {
  const dataSource = { url: "http://thanos.example.com", tokenFromSecret: "thanosToken" };
  const { settings } = settingsOf("local", [[path, { delivery: { ...api, dataSource } }]]);
  expect(componentProblems(settings)).toMatchObject([
    { path: `${path}.delivery.dataSource.url`, got: expect.stringMatching(/http:/) as string },
  ]);
});

test("contact points and rights go to Grafana with their secrets", () => {
  const delivery = {
    ...api,
    contactPoints: [
      { name: "on call", kind: "email", addresses: ["oncall@example.com"] },
      { name: "robot", kind: "dingtalk", secretFromSecret: "robotUrl" },
    ],
    rights: [
      { teamId: "7", right: "Edit" },
      { role: "Viewer", right: "View" },
    ],
  };
  const { settings, secretKeys } = settingsOf("local", [[path, { delivery }]]);
  expect(secretKeys).toContain("robotUrl");
  expect(grafanaContentArgs(settings, (key) => `value of ${key}`)).toMatchObject({
    contactPoints: [
      { name: "on call", kind: "email", addresses: ["oncall@example.com"] },
      { name: "robot", kind: "dingtalk", secret: "value of robotUrl" },
    ],
    rights: delivery.rights,
  });
  expect(componentProblems(settings)).toEqual([]);
});

test.each<[string, object, string, RegExp]>([
  [
    "a robot without its address",
    { contactPoints: [{ name: "a", kind: "slack" }] },
    "contactPoints[0].secretFromSecret",
    /required/,
  ],
  [
    "one name twice",
    {
      contactPoints: [
        { name: "a", kind: "email", addresses: ["a@b"] },
        { name: "a", kind: "email", addresses: ["c@d"] },
      ],
    },
    "contactPoints[1].name",
    /twice/,
  ],
  ["a right of nobody", { rights: [{ right: "View" }] }, "rights[0].teamId", /one is needed/],
])("%s is refused by the setting's path", (_, more, field, expected) => {
  const { settings } = settingsOf("local", [[path, { delivery: { ...api, ...more } }]]);
  expect(said(componentProblems(settings))).toMatchObject([
    { path: `${path}.delivery.${field}`, says: expect.stringMatching(expected) as string },
  ]);
});

test.each(["sidecarLabel", "sidecarLabelValue", "folderAnnotation"])(
  "%s is refused where no sidecar reads it",
  (field) => {
    const of = (delivery: object) =>
      problemsOf(change(valuesOf("local"), path, { [field]: "other", delivery })).map(
        (problem) => problem.path,
      );
    expect(of(api)).toContain(`${path}.${field}`);
    expect(of({ kind: "sidecar" })).not.toContain(`${path}.${field}`);
  },
);
