#!/usr/bin/env node
/** Command line of the fake DingTalk robot. */
import { appendFileSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { startFakeRobot } from "./robot.ts";

const usage = `Usage: node services/dingtalk-fake-robot/main.ts --listen-address=127.0.0.1:PORT [options]

A DingTalk robot to test against: POST /robot/send?access_token=...; GET, DELETE /messages; GET /refusals; GET, POST /mode.

  --listen-address=HOST:PORT   required; a loopback address, since everybody who reaches it can read the messages
  --access-token-file=FILE     accept only this token (default: any)
  --signing-secret-file=FILE   require signatures made with this secret
  --keyword=TEXT               require this text in every message
  --rate-per-minute=N          messages per minute (default 20)
  --punish-seconds=N           how long a robot that was too fast is refused (default 600)
  --log=FILE                   append each accepted message as a line of JSON
`;

class UsageError extends Error {}

function parseCommandLine() {
  try {
    return parseArgs({
      options: {
        "listen-address": { type: "string" },
        "access-token-file": { type: "string" },
        "signing-secret-file": { type: "string" },
        keyword: { type: "string" },
        "rate-per-minute": { type: "string", default: "20" },
        "punish-seconds": { type: "string", default: "600" },
        log: { type: "string" },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  }
}

/** Reads a secret at each request, so that a rotated file counts at once; once at the start, to fail early. */
function secretReader(path: string | undefined): (() => string) | undefined {
  if (path === undefined) return undefined;
  const read = () => readFileSync(path, "utf8").trim();
  try {
    read();
  } catch (error) {
    throw new UsageError(
      `${path}: can't be read (${(error as NodeJS.ErrnoException).code ?? "unknown error"})`,
    );
  }
  return read;
}

function count(name: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new UsageError(`--${name}: ${JSON.stringify(text)}; must be a whole number`);
  return Number(text);
}

async function main(): Promise<void> {
  const options = parseCommandLine();
  if (options.help) {
    process.stdout.write(usage);
    return;
  }
  const match = /^\[?([^[\]\s]+?)\]?:(\d{1,5})$/.exec(options["listen-address"] ?? "");
  if (match === null) {
    throw new UsageError(
      `--listen-address: ${options["listen-address"] ?? "missing"}; must be HOST:PORT\n\n${usage}`,
    );
  }
  const log = options.log;
  const accessToken = secretReader(options["access-token-file"]);
  const signingSecret = secretReader(options["signing-secret-file"]);
  const robot = await startFakeRobot({
    host: match[1] ?? "127.0.0.1",
    port: Number(match[2]),
    ...(accessToken === undefined ? {} : { accessToken }),
    ...(signingSecret === undefined ? {} : { signingSecret }),
    ...(options.keyword === undefined ? {} : { keyword: options.keyword }),
    ratePerMinute: count("rate-per-minute", options["rate-per-minute"]),
    punishSeconds: count("punish-seconds", options["punish-seconds"]),
    ...(log === undefined
      ? {}
      : {
          onMessage: (message) => {
            appendFileSync(log, `${JSON.stringify(message)}\n`);
          },
        }),
  }).catch((error: unknown) => {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    throw new UsageError(`--listen-address: can't listen on ${options["listen-address"] ?? ""} (${code})`);
  });
  process.stdout.write(`fake DingTalk robot at ${robot.endpoint}\n`);
  const stop = () => {
    void robot.close().then(() => process.exit(0));
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`dingtalk-fake-robot: ${error.message}\n`);
  process.exitCode = 1;
}
