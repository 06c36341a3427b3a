/** Changes after which people are told less, or elsewhere. */
import { describe, expect, it } from "vitest";

import type { JsonObject } from "../../../review/model/json.ts";
import { resultLabels } from "../../../review/semantic/promql.ts";
import { reportOn } from "./reporting.ts";
import { changeRoutes, changeRule, pick, sample, set } from "./sample.ts";

type Routes = Parameters<Parameters<typeof changeRoutes>[1]>[0];

function report(change: (head: ReturnType<typeof sample>) => void, base = sample()): string {
  const head = structuredClone(base);
  change(head);
  return reportOn(base, head).markdown;
}

const nights = (start: string) => ({
  name: "nights",
  time_intervals: [{ times: [{ start_time: start, end_time: "24:00" }] }],
});

/** Routes whose first one is silent at night. */
function withNights(start: string, more: (config: Routes) => void = () => undefined) {
  return (config: Routes): void => {
    Object.assign(config, { time_intervals: [nights(start)] });
    Object.assign(config.route.routes[0] ?? {}, { mute_time_intervals: ["nights"] });
    more(config);
  };
}

describe("times", () => {
  const base = sample();
  changeRoutes(base, withNights("20:00"));

  it("that become longer are told", () => {
    const text = report((head) => {
      changeRoutes(head, withNights("00:00"));
    }, base);
    expect(text).toMatch(/- time interval `nights`: `20:00-24:00` → `00:00-24:00`, for `/);
    expect(text).toMatch(/\*\*Medium:\*\* Other times at which .* told: `nights` is/);
  });

  it("are told beside other changes", () => {
    const text = report((head) => {
      changeRoutes(
        head,
        withNights("00:00", (config) => {
          config.receivers.push({ name: "another", webhook_configs: [{ url: "http://another" }] } as never);
        }),
      );
    }, base);
    expect(text).toContain("receiver `another`: new");
    expect(text).toContain("time interval `nights`");
  });
});

describe("settings of all receivers", () => {
  const base = sample();
  const withMail = (global: JsonObject) => (config: Routes) => {
    Object.assign(config, { global });
  };
  changeRoutes(base, withMail({ smtp_smarthost: "mail.example.com:587", smtp_require_tls: true }));

  it("are told, and that mail may go out unencrypted", () => {
    const text = report((head) => {
      changeRoutes(head, withMail({ smtp_smarthost: "smtp.evil.example:25", smtp_require_tls: false }));
    }, base);
    expect(text).toContain("**High:** Mail of every receiver may go out unencrypted");
    expect(text).toMatch(
      /\*\*Medium:\*\* Another destination of every receiver: `global\.smtp_smarthost` `mail/,
    );
  });
});

describe("an alert that comes later", () => {
  it.each<[string, number, string, string, RegExp]>([
    [
      "by a higher threshold",
      1,
      "expr",
      "sum by (namespace, pod) (vllm:num_requests_waiting) > 1e9",
      /threshold `100` → `1e9`/,
    ],
    ["by a longer time", 1, "for", "10h", /it must hold for `2m` → `10h`/],
  ])("%s is a risk", (_, index, field, value, says) => {
    const rules = pick(sample(), "PrometheusRule", "alerts-vllm").inputs as {
      spec: { groups: { rules: { expr: string }[] }[] };
    };
    const old = rules.spec.groups[0]?.rules[index]?.expr ?? "";
    const text = report((head) => {
      changeRule(head, index, field, field === "expr" ? old.replace(/> 100$/, "> 1e9") : value);
    });
    expect(text).toMatch(/\*\*Medium:\*\* Alert `HighWaitingRequests`.* comes later or less often/);
    expect(text).toMatch(says);
  });

  it("and one that comes earlier is none", () => {
    expect(
      report((head) => {
        changeRule(head, 1, "for", "1m");
      }),
    ).not.toContain("comes later");
  });
});

it("says what a group does to all of its rules", () => {
  const text = report((head) => {
    const rules = pick(head, "PrometheusRule", "alerts-vllm");
    set(rules, ["spec", "groups", 0, "query_offset"], "30m");
    set(rules, ["spec", "groups", 0, "limit"], 1);
  });
  expect(text).toContain("query offset: `none` → `30m`");
  expect(text).toContain("limit: `none` → `1`");
});

it.each([
  ['absent(up{job="kube-state-metrics"} == 1)', ["job"]],
  ["alertmanager_config_last_reload_successful == 0", []],
  ["up == 0", undefined],
])("knows which labels the alerts of %s can have", (expression, labels) => {
  expect(resultLabels(expression)).toEqual(labels);
});
