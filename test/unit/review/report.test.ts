import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { COMMENT_LIMIT, COMMENT_MARKER } from "../../../review/report/markdown.ts";
import { arrow, code, plain, windows } from "../../../review/report/text.ts";
import { reportOn } from "./reporting.ts";
import {
  changeDashboard,
  changeRoutes,
  changeRule,
  component,
  object,
  pick,
  policy,
  remove,
  rules,
  sample,
  set,
} from "./sample.ts";

/** Something of everything. */
function changed() {
  const head = sample();
  const container = ["spec", "template", "spec", "containers", 0];
  set(pick(head, "Deployment", "llama"), ["spec", "replicas"], 1);
  set(
    pick(head, "Deployment", "bge"),
    [...container, "image"],
    `vllm/vllm-openai:v0.34.0@sha256:${"b".repeat(64)}`,
  );
  set(pick(head, "Service", "llama"), ["spec", "type"], "LoadBalancer");
  set(pick(head, "PersistentVolumeClaim", "weights"), ["spec", "storageClassName"], "gp3");
  set(pick(head, "NetworkPolicy", "bge"), ["spec", "ingress", 0, "from"], undefined);
  set(pick(head, "ClusterRole", "prometheus"), ["rules", 1], {
    apiGroups: [""],
    resources: ["secrets"],
    verbs: ["get", "list"],
  });
  set(
    pick(head, "RolePolicy", "gpu-models"),
    ["policy"],
    JSON.stringify({
      ...policy,
      Statement: [{ ...policy.Statement[0], Action: ["s3:GetObject", "s3:PutObject"] }],
    }),
  );
  changeRule(head, 1, "expr", rules.waiting.expr.replace("100", "250"));
  changeRoutes(head, ({ route }) => {
    route.routes.pop();
  });
  changeDashboard(head, (model) => {
    (model["panels"] as object[]).pop();
  });
  head.nodeGroups.pop();
  head.secrets["pagerdutyRoutingKey"] = { fingerprint: "abcdefabcd" };
  remove(head, "PodMonitor", "bge");
  head.resources.push(object("v1", "ConfigMap", "new", { data: { key: "value" } }));
  return head;
}

it("is as it was agreed", async () => {
  await expect(reportOn(sample(), changed()).markdown).toMatchFileSnapshot("golden/report.md");
});

describe("warnings of the program", () => {
  const warningsAfter = (old: string, now: string) =>
    reportOn({ ...sample(), warnings: [old] }, { ...sample(), warnings: [now] }).markdown;

  it("are not new when there are fewer names in them", () => {
    expect(warningsAfter("the image of a, b, c moves", "the image of a, c moves")).toContain(
      "**No changes**",
    );
  });

  it("are new with a name that was not in them", () => {
    expect(warningsAfter("the image of a, c moves", "the image of a, b, c moves")).toContain(
      "**To know:** the image of a, b, c moves",
    );
  });
});

describe("the length of a comment", () => {
  /** So many changes that nothing would hold them. */
  function huge(count: number) {
    const [base, head] = [sample(), sample()];
    for (let index = 0; index < count; index += 1) {
      const name = `map-${String(index)}`;
      base.resources.push(object("v1", "ConfigMap", name, { data: { key: "x".repeat(100) } }));
      head.resources.push(object("v1", "ConfigMap", name, { data: { key: "y".repeat(100), other: name } }));
      base.resources.push(object("v1", "PersistentVolumeClaim", name, {}));
    }
    return { base, head };
  }

  it("is never exceeded, and the risks are kept", () => {
    const { base, head } = huge(600);
    const options = { limit: COMMENT_LIMIT, fullReport: "review.full.md" };
    const report = reportOn(base, head, options);
    expect(report.isCut).toBe(true);
    expect(report.markdown.length).toBeLessThanOrEqual(COMMENT_LIMIT);
    expect(report.markdown).toContain("The whole report: `review.full.md`.");
    expect(report.markdown.startsWith(COMMENT_MARKER)).toBe(true);
    expect(report.markdown).toContain("**High:** Deleted: `PersistentVolumeClaim map-0`");
    expect(reportOn(base, head).markdown.length).toBeGreaterThan(COMMENT_LIMIT);
  });

  it("is used for what matters: risks before the lines of components", () => {
    const [base, head] = [sample(), sample()];
    for (let index = 0; index < 300; index += 1) {
      const name = `claim-${String(index)}`;
      base.resources.push(
        ...component("Store", name, (parent) => [object("v1", "PersistentVolumeClaim", name, {}, parent)]),
      );
    }
    const { markdown } = reportOn(base, head, { limit: 34_000 });
    expect(markdown.match(/\*\*High:\*\* Deleted: `PersistentVolumeClaim/g)).toHaveLength(300);
    expect(markdown).toMatch(/^- \d+ more components$/m);
  });

  it("leaves no room unused", () => {
    const [base, head] = [sample(), sample()];
    for (const [side, letter] of [
      [base, "x"],
      [head, "y"],
    ] as const)
      for (let index = 0; index < 120; index += 1) {
        const name = `map-${String(index)}`;
        side.resources.push(
          ...component("Store", name, (parent) => [
            object("v1", "ConfigMap", name, { data: { key: letter.repeat(100) } }, parent),
          ]),
        );
      }
    const whole = reportOn(base, head).markdown.length;
    for (const limit of [0.5, 0.7, 0.9].map((share) => Math.round(share * whole)))
      expect(reportOn(base, head, { limit }).markdown.length).toBeGreaterThan(0.9 * limit);
  });

  it("holds at any limit", () => {
    const { base, head } = huge(40);
    fc.assert(
      fc.property(fc.integer({ min: 1000, max: 40_000 }), (limit) => {
        const { markdown, isCut } = reportOn(base, head, { limit });
        expect(markdown.length).toBeLessThanOrEqual(limit);
        expect(markdown.match(/<details>/g)?.length).toBe(markdown.match(/<\/details>/g)?.length);
        expect(isCut).toBe(reportOn(base, head).markdown.length > limit);
      }),
      { numRuns: 40 },
    );
  });
});

describe("values in Markdown", () => {
  it.each([
    ["plain", "`plain`"],
    ["a `tick`", "`` a `tick` ``"],
    ["``", "``` `` ```"],
    ["two\nlines", "`two ⏎ lines`"],
    ["left\u202eright", "`left\ufffdright`"],
  ])("%j", (text, expected) => {
    expect(code(text)).toBe(expected);
  });

  it("neither make markup nor call people", () => {
    expect(plain("<b>*x*</b> @team [a](b) | c")).toBe("\\<b\\>\\*x\\*\\</b\\> @\u200bteam \\[a\\](b) \\| c");
  });

  it("that are long show where they differ", () => {
    const [before, after] = windows(
      `${"a".repeat(300)}1${"b".repeat(300)}`,
      `${"a".repeat(300)}22${"b".repeat(300)}`,
    );
    expect(before).toMatch(/^…a{40}1b{40}…$/);
    expect(after).toMatch(/^…a{40}22b{40}…$/);
  });

  it("stay on one line whatever they hold", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(arrow(a, b)).not.toMatch(/[\n\r]/);
      }),
    );
  });
});
