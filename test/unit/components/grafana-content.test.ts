import * as grafana from "@pulumiverse/grafana";
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import { describe, expect, it } from "vitest";

import { GrafanaContent, type GrafanaContentArgs } from "../../../components/grafana-content.ts";
import { dashboards } from "../../../dashboards/index.ts";
import { at, runWithMocks, valueOf, type MockRun } from "../../support/mocks.ts";

const board = (fields: object = {}) => JSON.stringify({ uid: "a", title: "A", panels: [], ...fields });
const minimal: GrafanaContentArgs = { dashboards: [{ name: "a", json: board() }] };

const build = (args: Partial<GrafanaContentArgs> = {}): Promise<MockRun<GrafanaContent>> =>
  runWithMocks(() => {
    const provider = new grafana.Provider("cloud", {
      url: "https://example.grafana.net",
      auth: pulumi.secret("t"),
    });
    return new GrafanaContent("vllm", { ...minimal, ...args }, { provider });
  });

const full: GrafanaContentArgs = {
  folder: "Models",
  folderUid: "models",
  dashboards: [
    { name: "one", json: board({ uid: "one", id: 7, version: 3 }) },
    { name: "two", uid: "two", json: pulumi.output(board({ uid: undefined })) },
  ],
  dataSource: {
    name: "vLLM",
    uid: "vllm-metrics",
    url: "https://thanos.example.com",
    isThanos: true,
    isDefault: false,
    scrapeInterval: "30s",
    basicAuth: { username: "reader", password: "planted-password" },
  },
  contactPoints: [
    { name: "mail", kind: "email", addresses: ["a@example.com"] },
    { name: "slack", kind: "slack", secret: "https://hooks.example.com/planted-slack" },
    { name: "pager", kind: "pagerduty", secret: "planted-pagerduty" },
    { name: "hook", kind: "webhook", secret: "https://example.com/planted-hook" },
    { name: "robot", kind: "dingtalk", secret: "https://oapi.example.com/planted-robot" },
    { name: "wecom", kind: "wecom", secret: "https://qyapi.example.com/planted-wecom" },
  ],
  rights: [
    { teamId: "3", right: "Edit" },
    { role: "Viewer", right: "View" },
  ],
};

describe("GrafanaContent", () => {
  it("makes a folder and the dashboards in it", async () => {
    const run = await build();
    expect(run.childrenOf("vllm").map(({ name, type }) => `${type} ${name}`)).toEqual([
      "grafana:oss/folder:Folder vllm-folder",
      "grafana:oss/dashboard:Dashboard vllm-a",
    ]);
    expect(run.find("grafana:oss/folder:Folder").inputs).toEqual({
      title: "vLLM",
      uid: "vllm",
      preventDestroyIfNotEmpty: true,
    });
    expect(await valueOf(run.result.folderUid)).toBe("vllm");
    expect(await valueOf(run.result.dataSourceUid)).toBe("");
  });

  it("makes everything else on request, as in the golden file", async () => {
    const run = await build(full);
    const objects = run
      .childrenOf("vllm")
      .map(({ name, type, inputs }) => ({ type, name, inputs }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const text = stringify(objects, { lineWidth: 0, sortMapEntries: true });
    await expect(text.replaceAll(/planted-[a-z]+/g, "[secret]")).toMatchFileSnapshot(
      "golden/grafana-content.yaml",
    );
    expect(await valueOf(run.result.dataSourceUid)).toBe("vllm-metrics");
  });

  it("keeps what authenticates secret, however it is given", async () => {
    const run = await build({
      ...full,
      dataSource: { url: "https://p.example.com", bearerToken: "planted-token" },
    });
    const source = run.find("grafana:oss/dataSource:DataSource");
    expect(at(source.inputs, "httpHeaders.Authorization")).toBe("Bearer planted-token");
    // What the component itself shows is what state holds of it.
    expect(JSON.stringify(run.find("GrafanaContent").inputs)).not.toContain("planted");
    const secrets = Object.fromEntries(
      run.childrenOf("vllm").map((child) => [child.name, child.secretPaths]),
    );
    for (const name of ["slack", "pager", "hook", "robot", "wecom", "source"])
      expect(secrets[`vllm-${name}`], name).toHaveLength(1);
  });

  it("takes the project's dashboards as they are", async () => {
    const run = await build({
      dashboards: dashboards().map(({ name, dashboard }) => ({ name, json: JSON.stringify(dashboard) })),
    });
    expect(run.childrenOf("vllm").filter(({ type }) => type.includes("dashboard"))).toHaveLength(
      dashboards().length,
    );
  });

  it("is refused without a provider of Grafana", async () => {
    await expect(runWithMocks(() => new GrafanaContent("vllm", minimal))).rejects.toThrow(
      /provider is required.*grafana\.Provider/s,
    );
  });

  it.each<[string, Partial<GrafanaContentArgs>, RegExp]>([
    ["a folder's uid", { folderUid: "a b" }, /folderUid is no uid of Grafana, is "a b"/],
    [
      "an address without a scheme",
      { dataSource: { url: "prometheus:9090" } },
      /dataSource\.url is no address/,
    ],
    [
      "a password in an address",
      { dataSource: { url: "https://u:planted@p" } },
      /dataSource\.url holds a user name/,
    ],
    [
      "credentials over plain HTTP",
      { dataSource: { url: "http://p", bearerToken: "t" } },
      /dataSource\.url would send credentials in clear/,
    ],
    [
      "two kinds of credentials",
      { dataSource: { url: "https://p", bearerToken: "t", basicAuth: { username: "u", password: "p" } } },
      /dataSource\.basicAuth can't be together with bearerToken/,
    ],
    ["a data source's uid", { dataSource: { url: "https://p", uid: "ä" } }, /dataSource\.uid is no uid/],
    [
      "an interval",
      { dataSource: { url: "https://p", scrapeInterval: "soon" } },
      /dataSource\.scrapeInterval is no duration/,
    ],
    [
      "a mail without recipients",
      { contactPoints: [{ name: "m", kind: "email" }] },
      /contactPoints\[0\]\.addresses must name somebody/,
    ],
    [
      "a mail with a secret",
      { contactPoints: [{ name: "m", kind: "email", addresses: ["a@b"], secret: "x" }] },
      /contactPoints\[0\]\.secret is not for e-mail/,
    ],
    [
      "a webhook without its URL",
      { contactPoints: [{ name: "w", kind: "webhook" }] },
      /contactPoints\[0\]\.secret is required/,
    ],
    [
      "a webhook with recipients",
      { contactPoints: [{ name: "w", kind: "webhook", secret: "x", addresses: ["a@b"] }] },
      /contactPoints\[0\]\.addresses is for e-mail only/,
    ],
    [
      "a kind that is none",
      { contactPoints: [{ name: "w", kind: "fax" as never, secret: "x" }] },
      /contactPoints\[0\]\.kind must be one of email/,
    ],
    [
      "a contact point without a name",
      { contactPoints: [{ name: "", kind: "slack", secret: "x" }] },
      /contactPoints\[0\]\.name must not be empty/,
    ],
    [
      "two contact points of one name",
      {
        contactPoints: [
          { name: "w", kind: "slack", secret: "x" },
          { name: "w", kind: "slack", secret: "y" },
        ],
      },
      /contactPoints\[1\]\.name is used twice/,
    ],
    ["a right of nobody", { rights: [{ right: "View" }] }, /rights\[0\]\.teamId and role exclude each other/],
    [
      "a right of two",
      { rights: [{ right: "View", teamId: "1", role: "Viewer" }] },
      /rights\[0\]\.teamId and role exclude/,
    ],
    [
      "a role that is none",
      { rights: [{ right: "View", role: "Boss" }] },
      /rights\[0\]\.role must be one of Viewer, Editor/,
    ],
    [
      "a right that is none",
      { rights: [{ right: "Own" as never, teamId: "1" }] },
      /rights\[0\]\.right must be one of View, Edit, Admin/,
    ],
    [
      "two dashboards of one name",
      {
        dashboards: [
          { name: "a", json: board() },
          { name: "a", json: board({ uid: "b" }) },
        ],
      },
      /dashboards\[1\]\.name is used twice/,
    ],
    [
      "two dashboards of one uid",
      {
        dashboards: [
          { name: "a", json: board() },
          { name: "b", json: board() },
        ],
      },
      /dashboards\[1\]\.uid is the uid of "a" too/,
    ],
    ["no dashboard's JSON", { dashboards: [{ name: "a", json: "{" }] }, /dashboards\[0\]\.json/],
    ["no list", { dashboards: pulumi.output([]) as never }, /dashboards must be a plain list/],
  ])("refuses %s", async (_, args, expected) => {
    const attempt = build(args);
    await expect(attempt).rejects.toThrow(expected);
    await expect(attempt).rejects.not.toThrow(/planted/);
  });
});
