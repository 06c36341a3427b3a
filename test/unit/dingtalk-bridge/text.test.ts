import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  cleanLine,
  cleanText,
  cutToBytes,
  ellipsis,
  escapeMarkdown,
  escapeMarkdownLines,
  jsonBytes,
  linkUrl,
} from "../../../services/dingtalk-bridge/text.ts";
import { anyText } from "./samples.ts";

const bytes = (text: string) => Buffer.byteLength(JSON.stringify(text), "utf8") - 2;

describe("jsonBytes", () => {
  it.each([
    ["a", 1],
    ["é", 2],
    ["告", 3],
    ["😀", 4],
    ['"', 2],
    ["\\", 2],
    ["\n", 2],
    ["\u0001", 6],
  ])("counts %j as %i", (text, size) => {
    expect(jsonBytes(text)).toBe(size);
  });

  it("is additive over well-formed texts", () => {
    fc.assert(
      fc.property(anyText(50), anyText(50), (a, b) => {
        const [left, right] = [a.toWellFormed(), b.toWellFormed()];
        expect(jsonBytes(left + right)).toBe(jsonBytes(left) + jsonBytes(right));
      }),
    );
  });
});

describe("cutToBytes", () => {
  it("leaves a text alone that fits exactly", () => {
    expect(cutToBytes("告警", 6)).toBe("告警");
  });

  it.each([
    ["告警告", 8, `告${ellipsis}`],
    ["告警告", 6, `告${ellipsis}`],
    ["告警告", 5, ellipsis],
    ["告警告", 2, ""],
    ["😀😀", 7, `😀${ellipsis}`],
    ["😀😀", 6, ellipsis],
  ])("cuts %j to %i bytes between characters", (text, limit, cut) => {
    expect(cutToBytes(text, limit)).toBe(cut);
  });

  it("never exceeds the limit, stays well formed and keeps the longest prefix", () => {
    fc.assert(
      fc.property(
        anyText(60).map((text) => text.toWellFormed()),
        fc.integer({ min: 0, max: 120 }),
        (text, limit) => {
          const cut = cutToBytes(text, limit);
          expect(bytes(cut)).toBeLessThanOrEqual(limit);
          expect(cut.isWellFormed()).toBe(true);
          if (cut === text || cut === "") return;
          const prefix = cut.slice(0, -ellipsis.length);
          expect(text.startsWith(prefix)).toBe(true);
          const [next] = text.slice(prefix.length);
          expect(bytes(prefix + (next ?? "") + ellipsis)).toBeGreaterThan(limit);
        },
      ),
    );
  });
});

describe("cleanText", () => {
  it("keeps line ends and removes what can't be shown", () => {
    expect(cleanText("a\r\nb\tc\u0000\u001b[31m\u2028d\ud800")).toBe("a\nb c[31m\nd\ufffd");
  });

  it("makes one line", () => {
    expect(cleanLine("  a\n b\t\tc ")).toBe("a b c");
  });
});

describe("escapeMarkdown", () => {
  it("neutralises emphasis, code, links and HTML", () => {
    expect(escapeMarkdown("num_requests *x* `y` [z](http://evil) <b> & \\")).toBe(
      "num\\_requests \\*x\\* \\`y\\` \\[z\\](http://evil) &lt;b> &amp; \\\\",
    );
  });

  it("leaves numbers and signs within a line alone", () => {
    expect(escapeMarkdown("-1.5 #2")).toBe("-1.5 #2");
  });

  it("neutralises what starts a block at the start of each line", () => {
    expect(escapeMarkdownLines("# a\n- b\n 1. c\n> d\ne - f")).toBe("\\# a\n\\- b\n 1\\. c\n\\> d\ne - f");
  });
});

describe("linkUrl", () => {
  it.each([
    undefined,
    "",
    "not a url",
    "javascript:alert(1)",
    "data:text/html,x",
    "/relative",
    `http://a/${"x".repeat(2000)}`,
  ])("refuses %j", (url) => {
    expect(linkUrl(url)).toBeUndefined();
  });

  it("can't end the Markdown link that it stands in", () => {
    expect(linkUrl("https://g.example.com/d/x?q=(a b)'c'")).toBe(
      "https://g.example.com/d/x?q=%28a%20b%29%27c%27",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.webUrl({ withFragments: true, withQueryParameters: true }),
          anyText(40).map((t) => `http://h/${t}`),
        ),
        (url) => {
          const link = linkUrl(url);
          if (link !== undefined) expect(link).not.toMatch(/[()<>\s]/);
        },
      ),
    );
  });
});
