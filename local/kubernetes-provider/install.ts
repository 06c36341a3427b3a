/** Putting the provider where the Pulumi engine looks for plugins that it has downloaded. */

import { existsSync } from "node:fs";
import { mkdir, rm, symlink } from "node:fs/promises";
import * as path from "node:path";

import { sdkVersion } from "./provider.ts";

const executable = "pulumi-resource-kubernetes";

/** Folder of this provider; put on PATH it is found as well, with a warning of the engine's for each operation. */
export const providerDirectory: string = import.meta.dirname;

/**
 * Installs the provider for one Pulumi home, as a link, unless the home has the official plugin of the SDK's version.
 *
 * @param pulumiHome the folder that `PULUMI_HOME` names
 * @returns whether the home now has the local provider
 */
export async function installPlugin(pulumiHome: string): Promise<boolean> {
  const directory = path.join(pulumiHome, "plugins", `resource-kubernetes-v${sdkVersion}`);
  const link = path.join(directory, executable);
  const ours = path.join(directory, "local-provider");
  if (existsSync(link) && !existsSync(ours)) {
    return false;
  }
  await mkdir(directory, { recursive: true });
  for (const [name, target] of [
    [link, path.join(providerDirectory, executable)],
    [ours, providerDirectory],
  ] as const) {
    await rm(name, { force: true });
    await symlink(target, name);
  }
  return true;
}
