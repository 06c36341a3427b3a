/** Puts the AWS stub where the engine looks for the AWS provider. */
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import * as path from "node:path";

/** @param pulumiHome the folder that `PULUMI_HOME` names */
export async function installAwsStub(pulumiHome: string): Promise<void> {
  const { version } = createRequire(import.meta.url)("@pulumi/aws/package.json") as { version: string };
  const directory = path.join(pulumiHome, "plugins", `resource-aws-v${version}`);
  await mkdir(directory, { recursive: true });
  const launcher = path.join(directory, "pulumi-resource-aws");
  const program = path.join(import.meta.dirname, "provider.ts");
  await writeFile(launcher, `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
  await chmod(launcher, 0o755);
}
