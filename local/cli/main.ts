import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";

import { ensureTools, SdkChanged } from "../toolchain/build.ts";
import { progressSince } from "./progress.ts";
import { openSession } from "./session.ts";
import { shellVariables } from "./shell.ts";
import { scenario } from "./scenario.ts";
import { status } from "./status.ts";
import { destroy, down } from "./stop.ts";
import { preview, up } from "./up.ts";

const usage = `usage: node local/cli/main.ts COMMAND [--environment=NAME]

  up         bring an environment up
  preview    show what \`up\` would change
  status     show what runs, where to look, and what fires
  scenario   set the simulated load: --name=steady|ramp|burst|stuck|crash|cold-start [--model=NAME]
  down       stop what \`up\` started
  destroy    delete the environment
  shell      print the variables with which the plain pulumi command works on the same stack
  tools      build the pinned programs`;

async function run(): Promise<boolean> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      environment: { type: "string", default: "local" },
      name: { type: "string", default: "" },
      model: { type: "string", default: "" },
    },
  });
  const progress = progressSince(Date.now());
  const { environment } = values;
  switch (positionals[0]) {
    case "up":
      await up(environment, progress);
      return true;
    case "preview":
      await preview(environment, progress);
      return true;
    case "status":
      return await status(environment);
    case "scenario":
      await scenario(environment, values.name, values.model);
      return true;
    case "down":
      await down(environment, progress);
      return true;
    case "destroy":
      await destroy(environment, progress);
      return true;
    case "shell":
      console.log(shellVariables(openSession(environment)));
      return true;
    case "tools":
      await ensureTools(progress);
      return true;
    default:
      console.error(usage);
      return false;
  }
}

try {
  process.exitCode = (await run()) ? 0 : 1;
} catch (error) {
  if (error instanceof SdkChanged) {
    // This process has the other version loaded.
    const again = spawnSync(process.execPath, process.argv.slice(1), { stdio: "inherit" });
    process.exit(again.status ?? 1);
  }
  // Errors are written for the person who reads them; a stack trace is for whoever asks for it.
  const text = error instanceof Error ? error.message : String(error);
  console.error(process.env["DEBUG"] === undefined ? text : error);
  process.exitCode = 1;
}
