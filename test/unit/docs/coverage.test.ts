import { readFileSync } from "node:fs";
import * as path from "node:path";

import { expect, it } from "vitest";

import { dashboards } from "../../../dashboards/index.ts";
import { previewBoard } from "../../../local/dashboards/model.ts";
import { repositoryRoot } from "../../../local/toolchain/tools.ts";

const text = readFileSync(path.join(repositoryRoot, "docs", "dashboard-coverage.md"), "utf8");
const panels = new Set(
  dashboards()
    .map(({ dashboard }) => previewBoard(dashboard))
    .flatMap(({ title, sections }) =>
      sections.flatMap((section) =>
        section.panels.map((panel) => `${title.replace("vLLM / ", "")}: ${panel.title}`),
      ),
    ),
);

it("the table of coverage names panels that there are", () => {
  const named = [...text.matchAll(/`([A-Z][^`:]*: [^`]+)`/g)].map(([, name]) => name ?? "");
  expect(named.length).toBeGreaterThan(200);
  expect([...new Set(named)].filter((name) => !panels.has(name))).toEqual([]);
});

it("the table of coverage says where each panel is, or why not", () => {
  const rows = text.split("\n").filter((line) => line.startsWith("|") && !/^\| *(?:panel|-)/.test(line));
  expect(rows.filter((row) => !/\| (?:`|not here: )/.test(row))).toEqual([]);
});
