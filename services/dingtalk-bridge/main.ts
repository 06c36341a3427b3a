#!/usr/bin/env node
/** Command line of the DingTalk bridge. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { startBridge } from "./bridge.ts";
import { ConfigError, loadConfig, parseListenAddress } from "./config.ts";

const usage = `Usage: node services/dingtalk-bridge/main.ts --config=FILE [--listen-address=HOST:PORT] [--check-config]

Receives Alertmanager's webhook notifications at /dingtalk/<robot>/send and sends them to DingTalk robots.

  --config=FILE               configuration, JSON; see services/dingtalk-bridge/README.md
  --listen-address=HOST:PORT  instead of the configuration's listenAddress; also DINGTALK_BRIDGE_LISTEN_ADDRESS
  --check-config              only check the configuration and exit
  --version                   print the version and exit
  --help                      print this and exit
`;

function readVersion(): string {
  const file = new URL("../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

function parseCommandLine(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        config: { type: "string" },
        "listen-address": { type: "string" },
        "check-config": { type: "boolean", default: false },
        version: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    throw new ConfigError(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  }
}

async function main(): Promise<void> {
  const options = parseCommandLine(process.argv.slice(2));
  const version = readVersion();
  if (options.help) {
    process.stdout.write(usage);
    return;
  }
  if (options.version) {
    process.stdout.write(`${version}\n`);
    return;
  }
  if (options.config === undefined)
    throw new ConfigError(`--config is missing; give the configuration's path.\n\n${usage}`);
  const config = loadConfig(options.config);
  const override = options["listen-address"] ?? process.env["DINGTALK_BRIDGE_LISTEN_ADDRESS"];
  if (override !== undefined && parseListenAddress(override) === undefined) {
    throw new ConfigError(`--listen-address: ${JSON.stringify(override)}; must be HOST:PORT or :PORT`);
  }
  if (options["check-config"]) {
    process.stdout.write(`${options.config} is valid: robots ${Object.keys(config.robots).join(", ")}\n`);
    return;
  }
  const bridge = await startBridge(
    { ...config, listenAddress: override ?? config.listenAddress },
    { version, write: (line) => process.stdout.write(line) },
  );
  const stop = (signal: NodeJS.Signals) => {
    bridge.log.info("signal received", { signal });
    void bridge.stop().then((clean) => process.exit(clean ? 0 : 1));
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`dingtalk-bridge: ${error.message}\n`);
  process.exitCode = 1;
}
