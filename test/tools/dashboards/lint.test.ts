import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { dashboards } from "../../../dashboards/index.ts";
import { toolPath } from "../../../local/toolchain/tools.ts";

// A folder of its own: the linter would read a file of exclusions beside the dashboard.
const folder = mkdtempSync(path.join(os.tmpdir(), "vllm-monitoring-lint-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function lint(name: string, dashboard: unknown): { code: number | null; output: string } {
  const file = path.join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(dashboard));
  const { status, stdout, stderr } = spawnSync(toolPath("dashboard-linter"), ["lint", "--strict", file], {
    encoding: "utf8",
  });
  return { code: status, output: stdout + stderr };
}

describe("dashboard-linter --strict, without exclusions", () => {
  it.each(dashboards({ engines: ["vllm", "ray", "kserve"] }))("passes $name", ({ name, dashboard }) => {
    expect(lint(name, dashboard)).toMatchObject({ code: 0 });
  });

  it("would find a query that no variable narrows", () => {
    const [first] = dashboards();
    const [panel] = (first?.dashboard.panels ?? []).filter(({ type }) => type !== "row");
    const broken = {
      ...first?.dashboard,
      panels: [{ ...panel, targets: [{ refId: "A", expr: "sum(up)" }] }],
    };
    const { code, output } = lint("broken", broken);
    expect(code).not.toBe(0);
    expect(output).toContain("job selector not found");
  });
});
