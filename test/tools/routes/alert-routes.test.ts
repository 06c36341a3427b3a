import { beforeAll, describe, expect, it } from "vitest";

import { AlertRoutes, matchAny, type AlertRoutesArgs } from "../../../components/alert-routes.ts";
import { routesExample } from "../../support/alert-routes.ts";
import { checkConfig, receiversOf } from "../../support/amtool.ts";
import { runWithMocks, valueOf } from "../../support/mocks.ts";

async function configurationOf(args: AlertRoutesArgs): Promise<string> {
  const run = await runWithMocks(() => valueOf(new AlertRoutes("alert-routes", args).configuration));
  return run.result;
}

describe("the example's configuration", () => {
  let configuration: string;
  beforeAll(async () => {
    configuration = await configurationOf(routesExample);
  });

  it("is accepted by Alertmanager's own check", () => {
    const { code, output } = checkConfig(configuration);
    expect(output).toContain("SUCCESS");
    expect(code, output).toBe(0);
  });

  it("would not be accepted with a receiver that is not there", () => {
    expect(checkConfig(configuration.replace("receiver: mail", "receiver: nobody")).code).not.toBe(0);
  });

  const llama = "meta-llama/Llama-3.1-8B";
  it.each([
    [{ alertname: "Watchdog", severity: "none" }, ["heartbeat"]],
    [{ alertname: "A", severity: "critical", team: "chat" }, ["archive", "oncall"]],
    [{ alertname: "A", severity: "warning", team: "chat", model_name: llama }, ["archive", "chat-team"]],
    [
      { alertname: "A", severity: "warning", team: "chat", model_name: "meta-llama/Llama-3x1-8B" },
      ["archive", "mail"],
    ],
    [{ alertname: "A", severity: "warning", team: "search" }, ["archive", "mail"]],
    [{ alertname: "A", severity: "warning", team: "searching" }, ["archive", "oncall-dingtalk"]],
    [{ alertname: "A", severity: "info" }, ["archive", "oncall-dingtalk"]],
    [{ alertname: "A", severity: "none" }, ["oncall-dingtalk"]],
    [{ alertname: "A" }, ["archive", "oncall-dingtalk"]],
  ])("takes %j to %j", (labels, receivers) => {
    expect(receiversOf(configuration, labels as Record<string, string>)).toEqual(receivers);
  });
});

describe("without a heartbeat", () => {
  it("the Watchdog reaches nobody, and everything else somebody", async () => {
    const configuration = await configurationOf({
      namespace: "monitoring",
      receivers: [{ name: "all", webhook: [{ url: "http://127.0.0.1:1/" }] }],
      route: { receiver: "all" },
    });
    expect(checkConfig(configuration).code).toBe(0);
    expect(receiversOf(configuration, { alertname: "Watchdog" })).toEqual(["discard"]);
    expect(receiversOf(configuration, { alertname: "HighWaitingRequests", severity: "warning" })).toEqual([
      "all",
    ]);
  });
});

it("matchers mean the text itself, whatever is in it", async () => {
  const odd = [
    'quote"quote',
    "back\\slash",
    "dot.dot",
    "a|b",
    "{brace}",
    "中文",
    "new\nline",
    "$(x)",
    " space ",
  ];
  const configuration = await configurationOf({
    namespace: "monitoring",
    receivers: [
      { name: "default", webhook: [{ url: "http://127.0.0.1:1/" }] },
      { name: "one", webhook: [{ url: "http://127.0.0.1:2/" }] },
      { name: "many", webhook: [{ url: "http://127.0.0.1:3/" }] },
    ],
    route: {
      receiver: "default",
      routes: [
        ...odd.map((value) => ({ matchers: [matchAny("one", [value])], receiver: "one" })),
        { matchers: [matchAny("many", odd)], receiver: "many" },
      ],
    },
  });
  expect(checkConfig(configuration).output).toContain("SUCCESS");
  for (const value of odd) {
    expect(receiversOf(configuration, { one: value }), value).toEqual(["one"]);
    expect(receiversOf(configuration, { many: value }), value).toEqual(["many"]);
  }
  expect(receiversOf(configuration, { many: "dotxdot" })).toEqual(["default"]);
  expect(receiversOf(configuration, { many: "a" })).toEqual(["default"]);
});
