import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  assertFits,
  CONFIG_MAP_LIMIT_BYTES,
  formatDashboard,
} from "../../../components/grafana/dashboard-json.ts";
import { GrafanaDashboards, type GrafanaDashboardsArgs } from "../../../components/grafana-dashboards.ts";
import { renderManifests } from "../../support/manifests.ts";
import { at, runWithMocks, valueOf, type MockRun } from "../../support/mocks.ts";

const board = (fields: object = {}) => JSON.stringify({ uid: "a", title: "A", panels: [], ...fields });

function build(args: Partial<GrafanaDashboardsArgs>): Promise<MockRun<GrafanaDashboards>> {
  const dashboards = [{ name: "a", json: board() }];
  return runWithMocks(
    () => new GrafanaDashboards("boards", { namespace: "monitoring", dashboards, ...args }),
  );
}

describe("GrafanaDashboards", () => {
  it("makes a ConfigMap each, as in the golden manifest", async () => {
    const run = await build({
      folder: "vLLM",
      dashboards: [
        { name: "one", json: board({ uid: "one", panels: [{ z: 1, a: { y: [3, 1], b: null } }] }) },
        { name: "two", uid: "two", json: pulumi.output(board({ uid: undefined, id: 7, version: 12 })) },
      ],
    });
    await expect(renderManifests(run)).toMatchFileSnapshot("golden/grafana-dashboards.yaml");
    expect(run.childrenOf("boards").map(({ name }) => name)).toEqual(["boards-one", "boards-two"]);
    expect(await valueOf(run.result.configMapNames)).toEqual(["boards-one", "boards-two"]);
    expect(run.find("GrafanaDashboards").outputs).toEqual({ configMapNames: ["boards-one", "boards-two"] });
  });

  it("follows the sidecar's settings", async () => {
    const run = await build({
      sidecarLabel: "example.com/dashboard",
      sidecarLabelValue: "yes",
      folder: "Models",
      folderAnnotation: "k8s-sidecar-target-directory",
    });
    const metadata = at(run.find("ConfigMap").inputs, "metadata");
    expect(metadata).toMatchObject({
      labels: { "example.com/dashboard": "yes" },
      annotations: { "k8s-sidecar-target-directory": "Models" },
    });
    const plain = (await build({})).find("ConfigMap").inputs;
    expect(at(plain, "metadata.labels.grafana_dashboard")).toBe("1");
    expect(at(plain, "metadata")).not.toHaveProperty("annotations");
  });

  const operator = { instanceSelector: { dashboards: "vllm" } };

  it("makes objects of grafana-operator on request, and no ConfigMap, as in the golden manifest", async () => {
    const dashboards = [
      { name: "one", json: board({ uid: "one" }) },
      { name: "two", uid: "two", json: pulumi.output(board({ uid: undefined })) },
    ];
    const run = await build({ folder: "vLLM", dashboards, operator });
    await expect(renderManifests(run)).toMatchFileSnapshot("golden/grafana-operator-dashboards.yaml");
    expect(run.all("ConfigMap")).toEqual([]);
    expect(run.childrenOf("boards").map(({ name }) => name)).toEqual([
      "boards-folder",
      "boards-one",
      "boards-two",
    ]);
    expect(await valueOf(run.result.configMapNames)).toEqual([]);
  });

  it("follows the operator's settings", async () => {
    const run = await build({
      operator: { ...operator, resyncPeriod: "1h", allowCrossNamespaceImport: true },
    });
    const spec = at(run.find("GrafanaDashboard").inputs, "spec");
    expect(spec).toMatchObject({ resyncPeriod: "1h", allowCrossNamespaceImport: true });
    expect(spec).not.toHaveProperty("folderRef");
    expect(run.all("GrafanaFolder")).toEqual([]);
  });

  it("gives files names that no other component's have", async () => {
    const run = await build({});
    expect(Object.keys(at(run.find("ConfigMap").inputs, "data") as object)).toEqual(["boards-a.json"]);
  });

  type Refusal = [title: string, args: object, path: string, message: RegExp];
  const refusals: Refusal[] = [
    ["no namespace", { namespace: "" }, "namespace", /is required/],
    ["a malformed namespace", { namespace: "A" }, "namespace", /DNS label/],
    ["a malformed label", { sidecarLabel: "a b" }, "sidecarLabel", /no label key/],
    ["a malformed label value", { sidecarLabelValue: "a b" }, "sidecarLabelValue", /no label value/],
    ["a list that comes later", { dashboards: pulumi.output([]) }, "dashboards", /must be a plain list/],
    [
      "a sidecar's label beside the operator",
      { operator, sidecarLabel: "x" },
      "sidecarLabel",
      /for the sidecar.*leave one/,
    ],
    [
      "an operator that selects every Grafana",
      { operator: { instanceSelector: {} } },
      "operator.instanceSelector",
      /selects every Grafana/,
    ],
    [
      "a resync period that is none",
      { operator: { ...operator, resyncPeriod: "often" } },
      "operator.resyncPeriod",
      /no duration/,
    ],
    ["a malformed name", one({ name: "A b" }), "dashboards[0].name", /DNS label/],
    ["text that is no JSON", one({ json: "{" }), "dashboards[0].json", /is no JSON \(.*correct it/],
    ["a list as dashboard", one({ json: "[]" }), "dashboards[0].json", /no JSON object/],
    ["schema v2", one({ json: board({ elements: {} }) }), "dashboards[0].json", /schema v2.*classic/],
    [
      "an API answer",
      one({ json: JSON.stringify({ dashboard: {}, meta: {} }) }),
      "dashboards[0].json",
      /key dashboard/,
    ],
    ["no title", one({ json: board({ title: " " }) }), "dashboards[0].json", /no title/],
    ["no panels", one({ json: board({ panels: undefined }) }), "dashboards[0].json", /no panels/],
    ["no uid", one({ json: board({ uid: "" }) }), "dashboards[0].json", /no uid/],
    ["a long uid", one({ json: board({ uid: "u".repeat(41) }) }), "dashboards[0].json", /at most 40/],
    [
      "two uids for one dashboard",
      one({ uid: "b" }),
      "dashboards[0].json",
      /uid "a" in its JSON, but uid is "b"/,
    ],
    [
      "a dashboard above the limit",
      one({ json: board({ description: "x".repeat(CONFIG_MAP_LIMIT_BYTES) }) }),
      "dashboards[0].json",
      /more than the 1048576 of a ConfigMap.*split/,
    ],
    [
      "a name twice",
      {
        dashboards: [
          { name: "a", json: board() },
          { name: "a", json: board({ uid: "b" }) },
        ],
      },
      "dashboards[1].name",
      /used twice/,
    ],
    [
      "a uid twice",
      {
        dashboards: [
          { name: "a", json: board() },
          { name: "b", json: board({ uid: "" }), uid: "a" },
        ],
      },
      "dashboards[1].uid",
      /is the uid of "a" too.*keep only one/,
    ],
  ];

  it.each(refusals)("refuses %s", async (_, args, path, message) => {
    const error: unknown = await build(args).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!pulumi.InputPropertiesError.isInstance(error)) throw new Error("was accepted", { cause: error });
    const found = error.errors.find(({ propertyPath }) => propertyPath === path);
    expect(found?.reason).toMatch(message);
  });

  it("refuses the same in JSON that comes later", async () => {
    await expect(build(one({ json: pulumi.output("{") }))).rejects.toThrow(/is no JSON/);
    const twice = [
      { name: "a", json: board() },
      { name: "b", json: pulumi.output(board()) },
    ];
    await expect(build({ dashboards: twice })).rejects.toThrow(/uid of "a" too/);
  });

  function one(fields: object): Partial<GrafanaDashboardsArgs> {
    return { dashboards: [{ name: "a", json: board(), ...fields }] };
  }
});

describe("formatDashboard", () => {
  it("keeps the content, whatever the order of keys, and settles after one pass", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (fields) => {
        const input = { ...fields, uid: "u", title: "T", panels: [fields] };
        for (const key of ["id", "version", "iteration", "elements", "spec"])
          Reflect.deleteProperty(input, key);
        const { json } = formatDashboard(JSON.stringify(input), undefined);
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(input)));
        const reversed = Object.fromEntries(Object.entries(input).reverse());
        expect(formatDashboard(JSON.stringify(reversed), undefined).json).toBe(json);
        expect(formatDashboard(json, undefined).json).toBe(json);
      }),
    );
  });

  it("counts bytes, not characters, against the limit", () => {
    const half = CONFIG_MAP_LIMIT_BYTES / 2;
    expect(() => {
      assertFits("", "é".repeat(half));
    }).not.toThrow();
    expect(() => {
      assertFits("k", "é".repeat(half));
    }).toThrow(/1048577 bytes/);
  });
});
