import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { composeMessage } from "../../../services/dingtalk-bridge/message.ts";
import type { MessageSettings, RobotMessage } from "../../../services/dingtalk-bridge/message.ts";
import { mergeNotifications } from "../../../services/dingtalk-bridge/webhook.ts";
import type { Notification } from "../../../services/dingtalk-bridge/webhook.ts";
import { checkBody } from "../../../services/dingtalk-fake-robot/checks.ts";
import { alert, anyNotification, anyText, notification, recorded, settings } from "./samples.ts";

function compose(notifications: Notification[], change: Partial<MessageSettings> = {}) {
  const composed = composeMessage(notifications, { ...settings, ...change });
  const message = JSON.parse(composed.body) as RobotMessage;
  const text = message.msgtype === "markdown" ? message.markdown.text : message.actionCard.text;
  const title = message.msgtype === "markdown" ? message.markdown.title : message.actionCard.title;
  return { ...composed, message, text, title };
}

/** DingTalk's limit, on purpose not the program's constant. */
const maxMessageBytes = 20_000;

/** Alerts that the text shows, and the number behind "+N more". */
function counts(text: string): { shown: number; more: number } {
  return {
    shown: text.match(/^\*\*(FIRING|RESOLVED)/gm)?.length ?? 0,
    more: Number(/^\*\*\+(\d+) more\*\*/m.exec(text)?.[1] ?? 0),
  };
}

const golden = (name: string) => `../golden/dingtalk-bridge/${name}`;
const readable = (message: RobotMessage) => `${JSON.stringify(message, null, 2)}\n`;

describe("golden messages", () => {
  const shanghai = { timezone: "Asia/Shanghai" };

  it.each(["firing", "resolved"] as const)("markdown of a recorded notification: %s", async (name) => {
    const { text } = compose([recorded(name)], {
      ...shanghai,
      keyword: "vLLM",
      mentionMobiles: ["13800000000"],
    });
    await expect(`${text}\n`).toMatchFileSnapshot(golden(`${name}.md`));
  });

  it.each(["firing", "resolved"] as const)(
    "whole action card of a recorded notification: %s",
    async (name) => {
      const { message } = compose([recorded(name)], {
        messageType: "actionCard",
        mentionUserIds: ["manager1"],
      });
      await expect(readable(message)).toMatchFileSnapshot(golden(`${name}.actioncard.json`));
    },
  );

  it("markdown of a single alert with everything", async () => {
    const single = notification({
      alerts: [
        alert({
          labels: {
            alertname: "VllmEngineStuck",
            severity: "critical",
            pod: "llama_0",
            weird: "a*b [c](http://x) <d>",
          },
          annotations: {
            summary: "no step for 60 s",
            description: "# not a heading\n1. not a list",
            runbook_url: "https://runbooks.example.com/x(1)",
            dashboard_url: "javascript:alert(1)",
            team: "ml-platform",
          },
        }),
      ],
      groupLabels: {},
    });
    await expect(`${compose([single]).text}\n`).toMatchFileSnapshot(golden("single.md"));
  });

  it("markdown of coalesced groups", async () => {
    const groups = [
      recorded("resolved"),
      notification({
        groupKey: "b",
        alerts: [alert({ labels: { alertname: "Watchers", severity: "info" } })],
        groupLabels: { alertname: "Watchers" },
      }),
      { ...recorded("firing"), groupKey: "c", truncatedAlerts: 7 },
      notification({
        groupKey: "d",
        alerts: [alert({ labels: { alertname: "Down", severity: "critical" } })],
        groupLabels: { alertname: "Down" },
      }),
    ];
    await expect(`${compose(groups).text}\n`).toMatchFileSnapshot(golden("coalesced.md"));
  });

  it("markdown of a storm that must be cut", async () => {
    const alerts = Array.from({ length: 300 }, (_, index) =>
      alert({
        fingerprint: String(index),
        status: index % 3 === 0 ? "resolved" : "firing",
        endsAt: "2026-11-23T10:30:00Z",
        labels: {
          alertname: "HighWaitingRequests",
          severity: index === 299 ? "critical" : "warning",
          pod: `pod-${String(index)}`,
        },
      }),
    );
    const { text, omittedAlerts } = compose([notification({ alerts })]);
    expect(omittedAlerts).toBeGreaterThan(200);
    await expect(`${text}\n`).toMatchFileSnapshot(golden("storm.md"));
  });
});

describe("content", () => {
  it("shows firing before resolved and the most severe first", () => {
    const named = (name: string, severity: string, status: "firing" | "resolved") =>
      alert({ labels: { alertname: name, severity }, status, fingerprint: name });
    const { text, title } = compose([
      notification({
        alerts: [
          named("A", "critical", "resolved"),
          named("B", "info", "firing"),
          named("C", "critical", "firing"),
          named("D", "custom", "firing"),
          named("E", "warning", "firing"),
        ],
      }),
    ]);
    expect(title).toBe("[FIRING:4, RESOLVED:1] HighWaitingRequests");
    expect([...text.matchAll(/^\*\*(FIRING|RESOLVED) \\\[\w+\\\] (\w)/gm)].map((match) => match[2])).toEqual([
      "C",
      "E",
      "D",
      "B",
      "A",
    ]);
  });

  it("mentions people only while something fires", () => {
    const people = { mentionMobiles: ["13800000000"], mentionUserIds: ["u1"], mentionAll: true };
    const firing = compose([recorded("firing")], people);
    expect(firing.message.at).toEqual({ atMobiles: ["13800000000"], atUserIds: ["u1"], isAtAll: true });
    expect(firing.text).toMatch(/\n\n@13800000000 @u1$/);
    const resolved = compose([recorded("resolved")], people);
    expect(resolved.message.at).toEqual({ atMobiles: [], atUserIds: [], isAtAll: false });
    expect(resolved.text).not.toContain("@");
  });

  it("adds the keyword only where it is missing", () => {
    expect(compose([recorded("firing")], { keyword: "监控" }).text).toMatch(/\n\n监控$/);
    // DingTalk compares character by character, so it is neither escaped nor tidied.
    expect(compose([recorded("firing")], { keyword: "a_b  <c>" }).text).toMatch(/\n\na_b {2}<c>$/);
    expect(compose([recorded("firing")], { keyword: "HighWaitingRequests" }).text).toBe(
      compose([recorded("firing")]).text,
    );
  });

  it("links to the configured Alertmanager rather than to the one in the notification", () => {
    const { text } = compose([recorded("firing")], { alertmanagerUrl: "https://alerts.corp.example/am/" });
    expect(text).toContain(
      "](https://alerts.corp.example/am/#/silences/new?filter=%7Balertname%3D%22HighWaitingRequests%22",
    );
    expect(text).not.toContain("alertmanager.example.com");
  });

  it("never offers to silence everything", () => {
    const unlabelled = notification({ groupLabels: {}, commonLabels: {}, alerts: [alert({ labels: {} })] });
    expect(JSON.stringify(compose([unlabelled], { messageType: "actionCard" }).message)).not.toContain(
      "silences",
    );
  });

  it("writes an action card's single button alone, and markdown when there is nothing to press", () => {
    const many = [notification({ groupKey: "a" }), notification({ groupKey: "b" })];
    const single = compose(many, { messageType: "actionCard" }).message;
    expect(single).toMatchObject({
      actionCard: { singleTitle: "Alertmanager", singleURL: "https://alertmanager.example.com/#/alerts" },
    });
    const nowhere = compose([notification({ externalURL: "" })], { messageType: "actionCard" }).message;
    expect(nowhere.msgtype).toBe("markdown");
  });

  it("counts what Alertmanager left out", () => {
    const { text, omittedAlerts } = compose([notification({ truncatedAlerts: 40 })]);
    expect(omittedAlerts).toBe(40);
    expect(text).toContain(
      "**+40 more** (40 left out by Alertmanager): [see Alertmanager](https://alertmanager.example.com/#/alerts?filter=",
    );
  });
});

describe("size", () => {
  const oneOf = (annotation: string) =>
    notification({ alerts: [alert({ annotations: { description: annotation } })] });

  it("shows an alert whole that just fits, and shortens one that is a byte larger", () => {
    const base = Buffer.byteLength(compose([oneOf("x")]).body) - 1;
    const fits = compose([oneOf("x".repeat(maxMessageBytes - base))]);
    expect(Buffer.byteLength(fits.body)).toBe(maxMessageBytes);
    expect(fits).toMatchObject({ omittedAlerts: 0, shortenedAlerts: 0 });
    const larger = compose([oneOf("x".repeat(maxMessageBytes - base + 1))]);
    expect(larger).toMatchObject({ omittedAlerts: 0, shortenedAlerts: 1 });
    expect(larger.text).toContain("x…");
    expect(Buffer.byteLength(larger.body)).toBeGreaterThan(3000);
  });

  it("never cuts an alert when leaving out whole ones is enough", () => {
    const alerts = Array.from({ length: 30 }, (_, index) =>
      alert({
        fingerprint: String(index),
        annotations: { description: `${String(index)}:${"告".repeat(600)}:end` },
      }),
    );
    const { text, omittedAlerts, shortenedAlerts } = compose([notification({ alerts })]);
    expect(shortenedAlerts).toBe(0);
    expect(counts(text)).toEqual({ shown: 30 - omittedAlerts, more: omittedAlerts });
    expect(text.match(/:end$/gm)).toHaveLength(30 - omittedAlerts);
    expect(text).not.toContain("…");
  });

  it("still shows small alerts besides a giant one", () => {
    const alerts = [
      alert({ fingerprint: "0", annotations: { description: "\u0001\\".repeat(50_000) } }),
      ...Array.from({ length: 5 }, (_, index) => alert({ fingerprint: `s${String(index)}` })),
    ];
    const { text, omittedAlerts, shortenedAlerts } = compose([notification({ alerts })]);
    expect({ omittedAlerts, shortenedAlerts, ...counts(text) }).toEqual({
      omittedAlerts: 0,
      shortenedAlerts: 1,
      shown: 6,
      more: 0,
    });
  });

  const anySettings = fc.record({
    messageType: fc.constantFrom("markdown" as const, "actionCard" as const),
    keyword: fc.option(
      fc
        .string({ unit: "grapheme", minLength: 1, maxLength: 100 })
        .map((text) => text.trim())
        .filter((text) => text !== "" && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text) && text.isWellFormed()),
      { nil: undefined },
    ),
    mentionMobiles: fc.array(fc.stringMatching(/^1[0-9]{10}$/), { maxLength: 50 }),
    mentionUserIds: fc.oneof(
      fc.array(fc.stringMatching(/^[a-z0-9]{1,64}$/), { maxLength: 50 }),
      fc.constant(Array.from({ length: 50 }, () => "u".repeat(64))),
    ),
    mentionAll: fc.boolean(),
    alertmanagerUrl: fc.option(fc.webUrl(), { nil: undefined }),
    timezone: fc.constantFrom("UTC", "Asia/Shanghai"),
  });

  it("holds for any alerts and any text: at most 20,000 bytes of valid UTF-8, right counts, keyword, strict shape", () => {
    fc.assert(
      fc.property(
        fc.array(anyNotification(25), { minLength: 1, maxLength: 4 }),
        anySettings,
        (notifications, options) => {
          const { body, text, title, omittedAlerts } = compose(notifications, options);
          const raw = Buffer.from(body, "utf8");
          expect(raw.byteLength).toBeLessThanOrEqual(maxMessageBytes);
          expect(new TextDecoder("utf-8", { fatal: true }).decode(raw)).toBe(body);
          expect(`${title}${text}`.isWellFormed()).toBe(true);

          const merged = mergeNotifications(notifications);
          const total = merged.reduce((sum, one) => sum + one.alerts.length + one.truncatedAlerts, 0);
          const { shown, more } = counts(text);
          expect(more).toBe(omittedAlerts);
          expect(shown + more).toBe(total);
          expect(shown).toBeGreaterThan(0);
          if (options.keyword !== undefined) expect(text).toContain(options.keyword);
          expect(checkBody(raw, options.keyword)).not.toHaveProperty("errcode");
        },
      ),
      { numRuns: 150 },
    );
  });

  it("keeps the title short whatever the labels are", () => {
    fc.assert(
      fc.property(anyText(500), (name) => {
        const { title } = compose([notification({ groupLabels: { alertname: name } })]);
        expect(Buffer.byteLength(title)).toBeLessThanOrEqual(300);
        expect(title).not.toMatch(/[\r\n]/);
      }),
    );
  });
});
