/**
 * Checks configuration files, by the schema and by what the components refuse, without Pulumi, a cluster or secrets.
 *
 *   node stacks/config/check.ts [environment…]
 *
 * Without arguments all of `stacks/Pulumi.*.yaml`. Prints every error; exit 1 when there is one.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { checkSettings } from "../configuration.ts";
import { ConfigurationError } from "./parse.ts";
import { configurationOfFile } from "./sources.ts";

const directory = join(import.meta.dirname, "..");

export function environmentFiles(): string[] {
  return readdirSync(directory).filter((name) => /^Pulumi\.[\w-]+\.yaml$/.test(name));
}

function checkFile(name: string): boolean {
  const stack = name.split(".")[1] ?? name;
  try {
    const { settings, secretKeys, warnings } = checkSettings(
      configurationOfFile(join(directory, name), stack),
      `stacks/${name}`,
      {
        requireSecrets: false,
      },
    );
    const pods = settings.fleet.models.reduce((sum, model) => sum + model.replicas, 0);
    const secrets = secretKeys.length === 0 ? "no secrets" : `secrets ${secretKeys.join(", ")}`;
    console.log(
      `stacks/${name}: good; ${String(settings.fleet.models.length)} models, ${String(pods)} replicas; ${secrets}`,
    );
    for (const warning of warnings) console.log(`  warning: ${warning}`);
    return true;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    console.error(error.message);
    return false;
  }
}

if (import.meta.main) {
  const wanted = process.argv.slice(2);
  const files = wanted.length === 0 ? environmentFiles() : wanted.map((name) => `Pulumi.${name}.yaml`);
  const results = files.map(checkFile);
  process.exitCode = results.every(Boolean) ? 0 : 1;
}
