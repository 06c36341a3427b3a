import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

import {
  AlertRoutes,
  matchAny,
  type AlertInhibitionArgs,
  type AlertReceiverArgs,
  type AlertRoutesArgs,
  type AlertTimeIntervalArgs,
  type AlertTimeWindowArgs,
  type WeComIntegrationArgs,
} from "../../../components/alert-routes.ts";
import { renderMatcher } from "../../../components/alert-routes/config.ts";
import { everyReceiver, routesExample, SECRETS } from "../../support/alert-routes.ts";
import { renderManifests } from "../../support/manifests.ts";
import { at, runWithMocks, type MockRun } from "../../support/mocks.ts";

const hook: AlertReceiverArgs = { name: "hook", webhook: [{ url: "http://hook.example.com/" }] };
const base: AlertRoutesArgs = { namespace: "monitoring", receivers: [hook], route: { receiver: "hook" } };

const cause = matchAny("alertname", ["Down"]);
const symptom = matchAny("alertname", ["Slow", "Absent"]);
const severe = matchAny("severity", ["critical"]);
const night: AlertTimeWindowArgs[] = [
  { times: [{ start: "22:00", end: "24:00" }] },
  { times: [{ start: "00:00", end: "06:00" }] },
];

/** One time interval that a branch uses. */
function withInterval(interval: Partial<AlertTimeIntervalArgs>): Partial<AlertRoutesArgs> {
  return {
    route: { receiver: "hook", routes: [{ matchers: [severe], activeTimeIntervals: ["a"] }] },
    timeIntervals: [{ name: "a", timeZone: "UTC", windows: night, ...interval }],
  };
}

/** One window of it. */
function withWindow(window: AlertTimeWindowArgs): Partial<AlertRoutesArgs> {
  return withInterval({ windows: [window] });
}

function inhibiting(inhibition: Partial<AlertInhibitionArgs>): Partial<AlertRoutesArgs> {
  return { inhibitions: [{ source: [cause], target: [symptom], equal: ["cluster"], ...inhibition }] };
}

function withWeCom(application: Partial<WeComIntegrationArgs>): Partial<AlertRoutesArgs> {
  const wecom = { corpId: "c", agentId: "1", apiSecret: "s", toUsers: ["@all"], ...application };
  return { receivers: [{ name: "hook", wecom: [wecom] }] };
}

function build(args: Partial<AlertRoutesArgs> = {}) {
  return runWithMocks(() => new AlertRoutes("alert-routes", { ...base, ...args }));
}

function withReceiver(receiver: Partial<AlertReceiverArgs>): Partial<AlertRoutesArgs> {
  return { receivers: [{ name: "hook", ...receiver }] };
}

function configOf(run: MockRun): Record<string, unknown> {
  const text = at(run.find("Secret", "alert-routes").inputs, 'stringData["alertmanager.yaml"]') as string;
  return parse(text) as Record<string, unknown>;
}

describe("AlertRoutes", () => {
  it("renders the golden manifests and configuration", async () => {
    const run = await build(routesExample);
    await expect(renderManifests(run)).toMatchFileSnapshot("golden/alert-routes.yaml");
    const { outputs } = run.find("vllm-monitoring:index:AlertRoutes");
    await expect(outputs?.["configuration"]).toMatchFileSnapshot("golden/alertmanager.yaml");
  });

  it("keeps every credential in one Secret and names its files in the configuration", async () => {
    const run = await build({ receivers: [...everyReceiver, hook] });
    const component = run.find("vllm-monitoring:index:AlertRoutes");
    expect(component.outputs).toMatchObject({
      configSecretName: "alert-routes",
      mountedSecretNames: ["alert-routes-credentials"],
    });
    const credentials = run.find("Secret", "alert-routes-credentials");
    const data = at(credentials.inputs, "stringData") as Record<string, string>;
    expect(Object.values(data).sort()).toEqual([...SECRETS].sort());
    const named = [...JSON.stringify(configOf(run)).matchAll(/\/etc\/alertmanager\/secrets\/[^"]+/g)].map(
      ([file]) => file,
    );
    const files = Object.keys(data).map((key) => `/etc/alertmanager/secrets/alert-routes-credentials/${key}`);
    expect(named.sort()).toEqual(files.sort());
    for (const resource of run.resources.filter(({ urn }) => urn !== credentials.urn)) {
      const text = JSON.stringify([resource.inputs, resource.outputs]);
      for (const secret of SECRETS) expect(text.includes(secret), resource.urn).toBe(false);
    }
    for (const key of Object.keys(data)) {
      expect(credentials.secretPaths.some((path) => path === "stringData" || path.includes(key))).toBe(true);
    }
  });

  it("mounts nothing when there is no credential", async () => {
    const run = await build();
    expect(run.all("Secret")).toHaveLength(1);
    expect(run.find("vllm-monitoring:index:AlertRoutes").outputs).toMatchObject({ mountedSecretNames: [] });
  });

  it("calls the bridge at the robot's address", async () => {
    const run = await build(
      withReceiver({
        dingtalk: [{ bridgeUrl: pulumi.output("http://bridge.monitoring.svc:8060"), robot: "oncall" }],
      }),
    );
    expect(at(configOf(run), "receivers[0].webhook_configs[0]")).toEqual({
      url: "http://bridge.monitoring.svc:8060/dingtalk/oncall/send",
      send_resolved: true,
    });
  });

  it("sends the Watchdog to the heartbeat, before any other branch, or nowhere", async () => {
    const nowhere = configOf(await build());
    expect(at(nowhere, "route.routes[0]")).toEqual({
      receiver: "discard",
      matchers: ['alertname="Watchdog"'],
    });
    expect(at(nowhere, "receivers[1]")).toEqual({ name: "discard" });
    const heartbeat = configOf(await build({ heartbeat: { receiver: "hook", interval: "2m" } }));
    expect(at(heartbeat, "route.routes[0]")).toMatchObject({
      receiver: "hook",
      group_wait: "0s",
      group_interval: "2m",
      repeat_interval: "2m",
    });
    expect(at(heartbeat, "receivers")).toHaveLength(1);
  });

  it("mutes a warning only for a critical alert about the same thing", async () => {
    const config = configOf(await build());
    expect(config["inhibit_rules"]).toEqual(
      [
        ["critical", "warning|info"],
        ["warning", "info"],
      ].map(([source = "", target = ""]) => ({
        source_matchers: [`severity="${source}"`],
        target_matchers: [`severity=~"${target}"`],
        equal: ["alertname", "cluster", "namespace", "model_name", "node", "pod", "instance"],
      })),
    );
  });

  it("mutes a symptom only where its cause names the same thing", async () => {
    const config = configOf(
      await build({
        inhibitions: [{ source: [cause], target: [symptom], equal: ["cluster", "model_name"] }],
      }),
    );
    expect(at(config, "inhibit_rules[2]")).toEqual({
      source_matchers: ['alertname="Down"', 'cluster!=""', 'model_name!=""'],
      target_matchers: ['alertname=~"Slow|Absent"', 'cluster!=""', 'model_name!=""'],
      equal: ["cluster", "model_name"],
    });
  });

  it("names its time intervals in the branches that use them", async () => {
    const config = configOf(
      await build({
        route: { receiver: "hook", routes: [{ matchers: [severe], muteTimeIntervals: ["night"] }] },
        timeIntervals: [{ name: "night", timeZone: "Europe/Berlin", windows: night }],
      }),
    );
    expect(at(config, "route.routes[1].mute_time_intervals")).toEqual(["night"]);
    expect(config["time_intervals"]).toEqual([
      {
        name: "night",
        time_intervals: [
          { times: [{ start_time: "22:00", end_time: "24:00" }], location: "Europe/Berlin" },
          { times: [{ start_time: "00:00", end_time: "06:00" }], location: "Europe/Berlin" },
        ],
      },
    ]);
    expect(configOf(await build())).not.toHaveProperty("time_intervals");
  });

  it("quotes what a matcher compares with", () => {
    expect(renderMatcher({ label: "a", operator: "=", value: 'x"\\\n' })).toBe('a="x\\"\\\\\\n"');
    expect(matchAny("team", ["chat"])).toEqual({ label: "team", operator: "=", value: "chat" });
    expect(matchAny("model_name", ["a/b.c", "d"])).toEqual({
      label: "model_name",
      operator: "=~",
      value: "a/b\\.c|d",
    });
  });
});

describe("AlertRoutes refuses", () => {
  const all = { matchers: [] };
  const match = (value: string, operator = "=") => ({
    matchers: [{ label: "a", operator: operator as "=", value }],
  });
  const mail = { to: ["a@example.com"], from: "b@example.com", smarthost: "smtp.example.com:587" };
  const refusals: [string, Partial<AlertRoutesArgs>, RegExp][] = [
    ["no receiver", { receivers: [] }, /receivers must hold a receiver/],
    ["two receivers of one name", { receivers: [hook, hook] }, /receivers\[1\]\.name must be unique/],
    [
      "a bad name",
      { receivers: [hook, { ...hook, name: "A b" }] },
      /receivers\[1\]\.name must be a DNS label/,
    ],
    [
      "the reserved name",
      { receivers: [hook, { ...hook, name: "discard" }] },
      /is the name of the receiver that tells/,
    ],
    [
      "a receiver that reaches nobody",
      { receivers: [{ name: "hook" }] },
      /receivers\[0\] must reach somebody/,
    ],
    ["an unknown default receiver", { route: { receiver: "x" } }, /route\.receiver is no receiver/],
    [
      "an unknown receiver in a branch",
      {
        route: { receiver: "hook", routes: [{ ...match("b"), routes: [{ ...match("c"), receiver: "x" }] }] },
      },
      /route\.routes\[0\]\.routes\[0\]\.receiver is no receiver/,
    ],
    ["an unknown heartbeat", { heartbeat: { receiver: "x" } }, /heartbeat\.receiver is no receiver/],
    [
      "a slow heartbeat",
      { heartbeat: { receiver: "hook", interval: "1h" } },
      /heartbeat\.interval is so long/,
    ],
    ["grouping by nothing", { route: { receiver: "hook", groupBy: [] } }, /route\.groupBy must name a label/],
    [
      "grouping by everything",
      { route: { receiver: "hook", groupBy: ["..."] } },
      /groupBy\[0\] would send a message for each/,
    ],
    [
      "grouping by no label",
      { route: { receiver: "hook", groupBy: ["a-b"] } },
      /groupBy\[0\] must be a label name/,
    ],
    [
      "grouping twice by a label",
      { route: { receiver: "hook", groupBy: ["a", "a"] } },
      /groupBy\[1\] stands there twice/,
    ],
    [
      "a bad label",
      { route: { receiver: "hook", routes: [{ matchers: [{ label: "a-b", operator: "=", value: "c" }] }] } },
      /matchers\[0\]\.label must be a label name/,
    ],
    [
      "a bad operator",
      { route: { receiver: "hook", routes: [match("b", "==")] } },
      /matchers\[0\]\.operator must be one of/,
    ],
    [
      "a bad expression",
      { route: { receiver: "hook", routes: [match("(", "=~")] } },
      /matchers\[0\]\.value must be a regular/,
    ],
    [
      "look-ahead, which RE2 lacks",
      { route: { receiver: "hook", routes: [match("(?=a)", "=~")] } },
      /must be a regular/,
    ],
    [
      "an expression for everything",
      { route: { receiver: "hook", routes: [match(".*", "=~")] } },
      /matches every alert/,
    ],
    [
      "a branch behind one that takes all",
      { route: { receiver: "hook", routes: [all, match("b")] } },
      /takes every alert/,
    ],
    [
      "no duration",
      { route: { receiver: "hook", groupWait: "soon" } },
      /route\.groupWait must be a duration/,
    ],
    [
      "no group interval",
      { route: { receiver: "hook", groupInterval: "0s" } },
      /route\.groupInterval must be a duration above/,
    ],
    [
      "repeats between two ticks",
      { route: { receiver: "hook", groupInterval: "7m" } },
      /repeatInterval must be a multiple of .* 7m.*use 14700s/,
    ],
    ["repeats more often than ticks", { route: { receiver: "hook", repeatInterval: "1m" } }, /use 300s/],
    [
      "repeats after all is forgotten",
      { route: { receiver: "hook", repeatInterval: "5d" } },
      /must be shorter than .* retention 120h/,
    ],
    [
      "repeats of a branch that do not fit the interval above it",
      { route: { receiver: "hook", routes: [{ ...match("b"), repeatInterval: "7m" }] } },
      /route\.routes\[0\]\.repeatInterval must be a multiple/,
    ],
    ["inhibition without alertname", { inhibitionLabels: ["namespace"] }, /must hold alertname/],
    ["inhibition by severity", { inhibitionLabels: ["alertname", "severity"] }, /must not hold severity/],
    [
      "a webhook without URL",
      withReceiver({ webhook: [{}] }),
      /webhook\[0\] must have exactly one of url and secretUrl, is "none"/,
    ],
    [
      "a webhook with two",
      withReceiver({ webhook: [{ url: "http://a/", secretUrl: "http://b/" }] }),
      /is "both"/,
    ],
    [
      "a token in a URL",
      withReceiver({ webhook: [{ url: "http://a/?token=b" }] }),
      /must not hold a credential/,
    ],
    [
      "a password in a URL",
      withReceiver({ webhook: [{ url: "http://u:p@a/" }] }),
      /must not hold a credential/,
    ],
    ["no URL", withReceiver({ webhook: [{ url: "a" }] }), /webhook\[0\]\.url must be an http or https URL/],
    [
      "half an alert",
      withReceiver({ webhook: [{ url: "http://a/", maxAlerts: 0.5 }] }),
      /maxAlerts must be a whole number/,
    ],
    [
      "a bridge without address",
      withReceiver({ dingtalk: [{ bridgeUrl: "b", robot: "a" }] }),
      /bridgeUrl must be an http/,
    ],
    [
      "a robot that is none",
      withReceiver({ dingtalk: [{ bridgeUrl: "http://b", robot: "A/b" }] }),
      /robot must be a DNS label/,
    ],
    ["mail to nobody", withReceiver({ email: [{ ...mail, to: [] }] }), /email\[0\]\.to must hold an address/],
    [
      "no address",
      withReceiver({ email: [{ ...mail, to: ["a"] }] }),
      /email\[0\]\.to must be an e-mail address/,
    ],
    [
      "no sender",
      withReceiver({ email: [{ ...mail, from: "a" }] }),
      /email\[0\]\.from must be an e-mail address/,
    ],
    ["no port", withReceiver({ email: [{ ...mail, smarthost: "smtp" }] }), /smarthost must be host:port/],
    [
      "a user without password",
      withReceiver({ email: [{ ...mail, username: "a" }] }),
      /password must be there/,
    ],
    [
      "a password without user",
      withReceiver({ email: [{ ...mail, password: "a" }] }),
      /username must be there/,
    ],
    [
      "Slack without a way",
      withReceiver({ slack: [{ channel: "#a" }] }),
      /exactly one of webhookUrl and appToken/,
    ],
    ["no channel", withReceiver({ slack: [{ channel: "# a", appToken: "t" }] }), /channel must be a channel/],
    [
      "a bad endpoint",
      withReceiver({ pagerduty: [{ routingKey: "k", endpoint: "x" }] }),
      /endpoint must be an http/,
    ],
    ["WeCom for nobody", withWeCom({ toUsers: [] }), /wecom\[0\] must reach somebody/],
    ["two users in one", withWeCom({ toUsers: ["a|b"] }), /wecom\[0\]\.toUsers\[0\] must be one ID/],
    ["an application by name", withWeCom({ agentId: "alerts" }), /agentId must be a number/],
    ["a form that WeCom lacks", withWeCom({ messageType: "html" as "text" }), /messageType must be markdown/],
    ["a WeCom endpoint without slash", withWeCom({ endpoint: "http://a/cgi-bin" }), /must end with a slash/],
    ["inhibition of everything", inhibiting({ equal: [] }), /inhibitions\[0\]\.equal must name a label/],
    ["inhibition by no label", inhibiting({ equal: ["a-b"] }), /equal\[0\] must be a label name/],
    ["inhibition of its own cause", inhibiting({ target: [cause] }), /both source and target/],
    ["inhibition of anything", inhibiting({ target: [severe] }), /both source and target/],
    [
      "inhibition by an expression that may match its target",
      inhibiting({ source: [{ label: "alertname", operator: "=~", value: "S.*" }] }),
      /both source and target/,
    ],
    ["inhibition by a label that differs", inhibiting({ equal: ["alertname"] }), /equal can't be equal/],
    [
      "a time interval that nobody uses",
      withInterval({ name: "b" }),
      /timeIntervals\[0\]\.name must be used/,
    ],
    [
      "a time interval that is not there",
      { route: { receiver: "hook", routes: [{ matchers: [severe], muteTimeIntervals: ["x"] }] } },
      /route\.routes\[0\]\.muteTimeIntervals\[0\] must be a time interval/,
    ],
    ["no time zone", withInterval({ timeZone: "Middle-earth/Shire" }), /timeZone must be a time zone/],
    ["an offset for a time zone", withInterval({ timeZone: "+08:00" }), /timeZone must be a time zone/],
    ["an interval without windows", withInterval({ windows: [] }), /windows must hold a window/],
    ["a window that always holds", withWindow({}), /windows\[0\] must hold at some times only/],
    ["a window over midnight", withWindow({ times: [{ start: "22:00", end: "06:00" }] }), /must be later/],
    ["no time", withWindow({ times: [{ start: "9:00", end: "25:00" }] }), /start must be a time HH:MM/],
    ["no weekday", withWindow({ weekdays: ["mon" as "monday"] }), /weekdays\[0\] must be a weekday/],
    ["the 32nd", withWindow({ daysOfMonth: ["32"] }), /daysOfMonth\[0\] must be a number or a range/],
    ["a range that goes back", withWindow({ months: ["12:1"] }), /months\[0\] must be a number or a range/],
    ["no year", withWindow({ years: ["26"] }), /years\[0\] must be a number or a range/],
  ];

  it.each(refusals)("%s", async (_, args, message) => {
    await expect(build(args)).rejects.toThrow(message);
  });
});
