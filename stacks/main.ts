/** Entry of the plain CLI (`pulumi up`): Pulumi.yaml names this file. */
import * as pulumi from "@pulumi/pulumi";
import { join } from "node:path";
import { ConfigurationError } from "./config/parse.ts";
import { environmentProgram } from "./program.ts";

async function run() {
  try {
    return await environmentProgram({ root: join(import.meta.dirname, "..") })();
  } catch (error) {
    // A RunError is shown as it is, without a stack trace, which would tell nothing about a wrong configuration.
    if (error instanceof ConfigurationError) throw new pulumi.RunError(error.message);
    throw error;
  }
}

/** Everything that other stacks and tools may rely on; see {@link readPlatform}. */
export const { platform } = await run();
