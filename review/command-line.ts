import { join } from "node:path";
import { parseArgs } from "node:util";

import { renderSnapshot } from "./render/tree.ts";
import { writeTree } from "./render/write.ts";
import { environmentsOf } from "./run/configuration.ts";
import { runEnvironment } from "./run/run.ts";

export const projectRoot = join(import.meta.dirname, "..");

const usage = `usage: node review/cli.ts COMMAND

  render --environment=NAME|all [--out=DIR]
      write everything that the environment consists of into DIR/NAME (default: .cache/render)`;

/** Runs a command. @returns the exit code */
export async function run(args: string[]): Promise<number> {
  const [command, ...rest] = args;
  switch (command) {
    case "render":
      return await render(rest);
    default:
      console.error(usage);
      return 2;
  }
}

/** The environments that a flag means. @throws when there is none of that name */
export function chosenEnvironments(flag: string | undefined, known: readonly string[]): string[] {
  if (flag === undefined || flag === "all") return [...known];
  if (known.includes(flag)) return [flag];
  throw new Error(
    `--environment: got ${JSON.stringify(flag)}; expected all or one of ${known.join(", ")}, which have a file in stacks/`,
  );
}

async function render(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { environment: { type: "string" }, out: { type: "string", default: ".cache/render" } },
  });
  const environments = chosenEnvironments(values.environment, environmentsOf(projectRoot));
  for (const environment of environments) {
    const maskKey = process.env["VLLM_MONITORING_MASK_KEY"];
    const snapshot = await runEnvironment({ root: projectRoot, environment, maskKey });
    const files = renderSnapshot(snapshot);
    const directory = join(values.out, environment);
    writeTree(directory, files);
    console.log(
      `${directory}: ${String(snapshot.resources.length)} resources in ${String(files.size)} files`,
    );
    for (const warning of snapshot.warnings) console.error(`warning: ${warning}`);
    for (const { urn, path, key } of snapshot.leaks)
      console.error(`warning: the secret ${key} stands in clear in ${path} of ${urn}; mark it as secret`);
  }
  return 0;
}
