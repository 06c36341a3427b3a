import { describe, expect, it } from "vitest";
import { stringify } from "yaml";

import type { Snapshot } from "../../../review/model/snapshot.ts";
import { destinationLines, parseLabels, routeRows } from "../../../review/semantic/who-gets-what.ts";
import { pick, sample } from "./sample.ts";

describe("labels", () => {
  it.each([
    ["", {}],
    ["severity=critical team=search", { severity: "critical", team: "search" }],
    ["severity=critical,team=search", { severity: "critical", team: "search" }],
    ['summary="a \\"b\\", c" team=', { summary: 'a "b", c', team: "" }],
    ["model_name=meta-llama/Llama-3.1-8B", { model_name: "meta-llama/Llama-3.1-8B" }],
  ])("%j", (text, labels) => {
    expect(parseLabels(text)).toEqual(labels);
  });

  it.each(["critical", "a-b=c", "team=search severity"])("not %j", (text) => {
    expect(() => parseLabels(text)).toThrow(/LABELS: got .*expected label=value/);
  });
});

describe("who gets what", () => {
  const config = {
    route: {
      receiver: "all",
      group_by: ["alertname"],
      routes: [
        { matchers: ['alertname="Watchdog"'], receiver: "nobody" },
        { matchers: ['severity="critical"'], receiver: "page", continue: true, group_wait: "10s" },
        { matchers: ['team="search"'], receiver: "mail", active_time_intervals: ["office"] },
      ],
    },
    inhibit_rules: [
      { source_matchers: ['alertname="Down"'], target_matchers: ['alertname="Slow"'], equal: ["model_name"] },
    ],
    time_intervals: [
      {
        name: "office",
        time_intervals: [
          { times: [{ start_time: "09:00", end_time: "18:00" }], weekdays: ["monday"], location: "UTC" },
        ],
      },
    ],
    receivers: [
      { name: "all", webhook_configs: [{ url: "http://all.example.com/" }] },
      { name: "page", pagerduty_configs: [{ routing_key_file: "/etc/key" }] },
      { name: "mail", email_configs: [{ to: "search@example.com" }] },
      { name: "nobody" },
    ],
  };
  const snapshot: Snapshot = sample();
  pick(snapshot, "AlertRoutes", "routes").outputs = { configuration: stringify(config) };

  it("tells each destination with its ways, rhythm and times", () => {
    const lines = destinationLines(snapshot, { alertname: "Slow", severity: "critical", team: "search" });
    expect(lines).toEqual([
      "page: pagerduty",
      "  one message for equal alertname; first after 10s, changes after 5m, repeated after 4h",
      "mail: email search@example.com",
      "  one message for equal alertname; first after 30s, changes after 5m, repeated after 4h",
      "  sent only during office (09:00-18:00, monday, UTC)",
      'muted while an alert fires with alertname="Down" and equal model_name',
    ]);
  });

  it("says when nobody is told", () => {
    expect(destinationLines(snapshot, { alertname: "Watchdog" })[0]).toBe("nobody: tells nobody");
  });

  it("lists every alert once for each set of receivers", () => {
    const rows = routeRows(snapshot);
    expect(rows.length).toBeGreaterThan(1);
    expect(new Set(rows.map((row) => row.join())).size).toBe(rows.length);
    expect(rows.find(([name]) => name === "HighWaitingRequests")).toEqual([
      "HighWaitingRequests",
      "warning",
      expect.stringMatching(/all|mail/),
      expect.any(String),
    ]);
  });

  it("names the environment that has no Alertmanager", () => {
    expect(() => destinationLines({ ...snapshot, resources: [] }, {})).toThrow(/has no configuration/);
  });
});
