/** amtool on a configuration that the project renders. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { toolPath } from "../../local/toolchain/tools.ts";

export interface ToolResult {
  code: number | null;
  output: string;
}

/** `amtool check-config`. */
export function checkConfig(configuration: string): ToolResult {
  return withFile(configuration, (file) => amtool(["check-config", file]));
}

/** Receivers, in order, that an alert with these labels reaches. */
export function receiversOf(configuration: string, labels: Record<string, string>): string[] {
  const { code, output } = withFile(configuration, (file) =>
    amtool([
      "config",
      "routes",
      "test",
      `--config.file=${file}`,
      ...Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`),
    ]),
  );
  if (code !== 0) throw new Error(output);
  return output.trim().split(",");
}

function withFile<T>(configuration: string, work: (file: string) => T): T {
  const folder = mkdtempSync(path.join(os.tmpdir(), "vllm-monitoring-routes-"));
  try {
    const file = path.join(folder, "alertmanager.yaml");
    writeFileSync(file, configuration);
    return work(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function amtool(args: string[]): ToolResult {
  const { status, stdout, stderr } = spawnSync(toolPath("amtool"), args, { encoding: "utf8" });
  return { code: status, output: stdout + stderr };
}
