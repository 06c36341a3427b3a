import { describe, expect, it } from "vitest";
import {
  MalformedWebhookError,
  mergeNotifications,
  parseWebhook,
} from "../../../services/dingtalk-bridge/webhook.ts";
import { alert, notification, recorded, recordedBody } from "./samples.ts";

function problem(body: string): string {
  try {
    parseWebhook(body);
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedWebhookError);
    return (error as Error).message;
  }
  throw new Error("was accepted");
}

const changed = (change: Record<string, unknown>) =>
  JSON.stringify({ ...(JSON.parse(recordedBody("firing")) as object), ...change });

describe("parseWebhook", () => {
  it.each(["firing", "resolved"] as const)("reads what Alertmanager sends: %s", (name) => {
    const parsed = recorded(name);
    expect(parsed).toMatchObject({ status: name, receiver: "dingtalk-ops", truncatedAlerts: 0 });
    expect(parsed.alerts.map((one) => one.labels["pod"])).toEqual(["llama-8b-0", "llama-8b-1"]);
  });

  it("ignores fields that newer versions add", () => {
    expect(parseWebhook(changed({ notification_reason: "new alerts" })).status).toBe("firing");
  });

  it.each([
    ["", "not JSON"],
    ["{", "not JSON"],
    ["[]", "body: "],
    [changed({ version: "3" }), "version: "],
    [changed({ alerts: [] }), "alerts: "],
    [changed({ alerts: [{ ...alert(), startsAt: "yesterday" }] }), "alerts.0.startsAt: "],
    [changed({ alerts: [{ ...alert(), labels: { a: 1 } }] }), "alerts.0.labels.a: "],
    [changed({ groupKey: undefined }), "groupKey: "],
  ])("refuses %j and says where", (body, part) => {
    expect(problem(body)).toContain(part);
  });

  it("names at most five errors of a large body", () => {
    const alerts = Array.from({ length: 500 }, () => ({}));
    expect(problem(changed({ alerts })).length).toBeLessThan(1000);
  });
});

describe("mergeNotifications", () => {
  it("keeps different groups and receivers apart, in their order", () => {
    const [a, b, c] = [
      notification({ groupKey: "a" }),
      notification({ groupKey: "b" }),
      notification({ groupKey: "a", receiver: "other" }),
    ];
    expect(mergeNotifications([a, b, c])).toEqual([a, b, c]);
  });

  it("joins those of one group: all alerts once, each in its later state", () => {
    const one = alert({ fingerprint: "1" });
    const two = alert({ fingerprint: "2" });
    const resolved = alert({ fingerprint: "1", status: "resolved" });
    const merged = mergeNotifications([
      notification({ alerts: [one, two], truncatedAlerts: 3 }),
      notification({ alerts: [resolved], status: "resolved" }),
    ]);
    expect(merged).toEqual([notification({ alerts: [resolved, two], truncatedAlerts: 3 })]);
  });

  it("tells alerts apart by their labels when there is no fingerprint", () => {
    const one = alert({ labels: { a: "1", b: "2" } });
    const same = alert({ labels: { b: "2", a: "1" }, status: "resolved" });
    const other = alert({ labels: { a: "1" } });
    expect(
      mergeNotifications([notification({ alerts: [one, other] }), notification({ alerts: [same] })]),
    ).toEqual([notification({ alerts: [same, other] })]);
  });
});
