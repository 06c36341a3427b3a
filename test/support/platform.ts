import { spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import * as path from "node:path";

import { localEnvironment, type LocalEnvironment } from "../../local/environment/environment.ts";
import { cacheDirectory, repositoryRoot } from "../../local/toolchain/tools.ts";

/** Result of one run of the command line. */
export interface CommandResult {
  readonly code: number;
  /** Standard output and error, as they came. */
  readonly output: string;
  readonly milliseconds: number;
}

/** An embedded environment of its own, apart from the one that a person may have up on the same machine. */
export interface TestPlatform {
  readonly environment: LocalEnvironment;
  /** Runs `node local/cli/main.ts …` as a user would, in this environment. */
  readonly run: (
    args: readonly string[],
    variables?: Readonly<Record<string, string>>,
  ) => Promise<CommandResult>;
}

const portBase = 27400;
const network = 40;

/**
 * @param name folder of its state below the cache
 * @param slot keeps apart platforms that exist at the same time
 */
export function testPlatform(name: string, slot = 0): TestPlatform {
  const directory = path.join(cacheDirectory(), "test-platforms", name);
  mkdirSync(directory, { recursive: true });
  const settings = { portBase: portBase + slot * 100, network: network + slot * 2 };
  const own: Record<string, string> = {
    VLLM_MONITORING_STATE: directory,
    VLLM_MONITORING_PORT_BASE: String(settings.portBase),
    VLLM_MONITORING_NETWORK: String(settings.network),
    KUBECONFIG: "",
    NO_COLOR: "1",
  };
  return {
    environment: localEnvironment({ directory, ...settings }),
    run: async (args, variables = {}) => {
      const begun = Date.now();
      const child = spawn(process.execPath, [path.join(repositoryRoot, "local", "cli", "main.ts"), ...args], {
        cwd: repositoryRoot,
        env: { ...process.env, ...own, ...variables },
        stdio: ["ignore", "pipe", "pipe"],
      });
      const chunks: Buffer[] = [];
      child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
      child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
      const code = await new Promise<number>((resolve, reject) => {
        child.once("error", reject);
        child.once("close", (exit) => {
          resolve(exit ?? 1);
        });
      });
      return { code, output: Buffer.concat(chunks).toString("utf8"), milliseconds: Date.now() - begun };
    },
  };
}

/** Removes the state of a platform that is down. */
export function removePlatform(platform: TestPlatform): void {
  rmSync(platform.environment.directory, { recursive: true, force: true });
}
