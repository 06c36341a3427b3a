/** Documents that are generated are current, and links lead somewhere. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";

import { describe, expect, it } from "vitest";

import { publishedSchema, REFERENCE_DOCUMENT, referenceDocument } from "../../../package/reference.ts";

const root = join(import.meta.dirname, "../../..");
const skipped = new Set(["node_modules", ".cache", ".local", ".git", "dist", "coverage"]);

function documents(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : documents(path);
    return entry.name.endsWith(".md") ? [path] : [];
  });
}

/** The text without what is shown as it stands. */
function withoutCode(text: string): string {
  return text.replaceAll(/^( *)```[^]*?^\1```/gm, "").replaceAll(/`[^`\n]*`/g, "code");
}

/** Anchor that a heading gets: small letters, no punctuation, hyphens. */
function anchorsOf(file: string): Set<string> {
  const headings = readFileSync(file, "utf8")
    .replaceAll(/^( *)```[^]*?^\1```/gm, "")
    .matchAll(/^#+ +(.+)$/gm);
  return new Set(
    [...headings].map(([, text = ""]) =>
      text
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .trim()
        .replaceAll(" ", "-"),
    ),
  );
}

function brokenLinks(file: string): string[] {
  const links = withoutCode(readFileSync(file, "utf8")).matchAll(/\]\(([^)\s]+)\)/g);
  return [...links].flatMap(([, target = ""]) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [path = "", anchor] = target.split("#");
    const to = path === "" ? file : join(dirname(file), decodeURIComponent(path));
    const name = `${relative(root, file)} → ${target}`;
    if (!existsSync(to)) return [`${name}: no such file`];
    if (anchor === undefined || statSync(to).isDirectory() || !to.endsWith(".md")) return [];
    return anchorsOf(to).has(anchor) ? [] : [`${name}: no such heading`];
  });
}

describe("links", () => {
  const files = documents(root).filter((file) => !relative(root, file).startsWith("test/"));

  it("lead to files and headings that are there", () => {
    expect(files.length).toBeGreaterThan(20);
    expect(files.flatMap(brokenLinks)).toEqual([]);
  });

  it("lead from the README to every document", () => {
    const reached = new Set<string>();
    const follow = (file: string): void => {
      if (reached.has(file)) return;
      reached.add(file);
      for (const [, target = ""] of withoutCode(readFileSync(file, "utf8")).matchAll(/\]\(([^)#\s]+)/g)) {
        const to = join(dirname(file), target);
        if (target.endsWith(".md") && existsSync(to)) follow(to);
      }
    };
    follow(join(root, "README.md"));
    const unreached = files.filter((file) => relative(root, file).startsWith("docs/") && !reached.has(file));
    expect(unreached.map((file) => relative(root, file))).toEqual([]);
  });
});

it("docs/reference.md is current: `node package/reference.ts` would change nothing", () => {
  expect(readFileSync(REFERENCE_DOCUMENT, "utf8")).toBe(referenceDocument(publishedSchema()));
});
