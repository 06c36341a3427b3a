/** Configuration of the bridge: one JSON file without secrets; secrets are files that it names. */
import { readFileSync } from "node:fs";
import { isAbsolute } from "node:path";
import { z } from "zod";
import { maxQueuedBytes } from "./queue.ts";
import { isWellFormed } from "./text.ts";

/** DingTalk's endpoint of custom robots. */
export const defaultEndpoint = "https://oapi.dingtalk.com/robot/send";
/** Messages that DingTalk accepts from one robot per minute. */
export const maxRatePerMinute = 20;
/** Where the bridge listens unless told otherwise: all addresses. */
export const defaultListenAddress = ":8060";

const secretFileRemedy = "must be the absolute path of a file that holds the secret, never the secret itself";
const secretFile = z.string(secretFileRemedy).refine((path) => isAbsolute(path), secretFileRemedy);

const endpoint = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), "must be an https URL")
  .refine(
    (text) => !URL.canParse(text) || !/[?&](access_token|sign)=/i.test(text),
    "must not carry access_token or sign; put the token alone into the file of accessTokenFile",
  )
  .refine(
    (text) => !URL.canParse(text) || new URL(text).username + new URL(text).password === "",
    "must not carry a user or password",
  );

const externalUrl = z
  .string()
  .refine(
    (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
    "must be an http or https URL, as people reach it with their browser",
  );

const seconds = (minimum: number, maximum: number, remedy: string) =>
  z.number(remedy).min(minimum, remedy).max(maximum, remedy);

const robotSchema = z.strictObject({
  endpoint: endpoint.default(defaultEndpoint),
  /** Allows http to other hosts than this one: the token then travels in clear. For tests only. */
  allowPlainHttp: z.boolean("must be true or false").default(false),
  accessTokenFile: secretFile,
  signingSecretFile: secretFile.optional(),
  keyword: z
    .string("must be a text")
    .trim()
    .min(1, "must not be empty; leave it out when the robot has no keyword")
    .max(100, "must be at most 100 characters, as DingTalk's settings take no longer keyword")
    .refine((text) => isWellFormed(text) && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text), "must be one line of text")
    .optional(),
  messageType: z.enum(["markdown", "actionCard"], 'must be "markdown" or "actionCard"').default("markdown"),
  mentionMobiles: z
    .array(
      z.string().regex(/^\+?[0-9][0-9-]{4,19}$/, "must be a mobile number, digits only, such as 13800000000"),
    )
    .max(50, "must be at most 50 numbers")
    .default([]),
  mentionUserIds: z
    .array(z.string().regex(/^[\w.@$:-]{1,64}$/, "must be a DingTalk user id"))
    .max(50, "must be at most 50 user ids")
    .default([]),
  mentionAll: z.boolean("must be true or false").default(false),
  ratePerMinute: z
    .int("must be a whole number from 1 to 20")
    .min(1, "must be a whole number from 1 to 20")
    .max(
      maxRatePerMinute,
      "must be at most 20, DingTalk's limit; share it out when several bridges use the same robot",
    )
    .default(maxRatePerMinute),
});

const requestBytesRemedy = `must be a whole number of bytes, 1024 to ${String(maxQueuedBytes)}`;

const configSchema = z.strictObject({
  listenAddress: z
    .string("must be HOST:PORT or :PORT")
    .refine(
      (text) => parseListenAddress(text) !== undefined,
      "must be HOST:PORT or :PORT, such as :8060 or [::1]:8060",
    )
    .default(defaultListenAddress),
  robots: z.record(z.string(), robotSchema, "must be an object of robots by name"),
  /** Addresses under which people reach the systems that messages link to. */
  externalUrls: z
    .strictObject({
      /** Alertmanager. Default: the address that Alertmanager gives in each notification. */
      alertmanager: externalUrl.optional(),
    })
    .default({}),
  timeouts: z
    .strictObject({
      /** One call to DingTalk. Default 5. */
      requestSeconds: seconds(0.05, 60, "must be 0.05 to 60 seconds").default(5),
      /** How long a notification may wait for its turn before Alertmanager is told 503. Default 25; keep it under `group_interval`. */
      holdSeconds: seconds(0, 300, "must be 0 to 300 seconds").default(25),
      /** How long a stop may take. Default 10; keep it under the pod's termination grace period. */
      shutdownSeconds: seconds(0, 120, "must be 0 to 120 seconds").default(10),
    })
    .prefault({}),
  /** IANA time zone of the times in messages. Default UTC. */
  timezone: z
    .string("must be an IANA time zone such as Asia/Shanghai")
    .refine(isTimeZone, "must be an IANA time zone such as Asia/Shanghai")
    .default("UTC"),
  /** Largest webhook request in bytes. Default 4 MiB; at most what may wait for one robot, 16 MiB. */
  maxRequestBytes: z
    .int(requestBytesRemedy)
    .min(1024, requestBytesRemedy)
    .max(maxQueuedBytes, requestBytesRemedy)
    .default(4 * 1024 * 1024),
});

/** The configuration file as written: fields with defaults may be left out. */
export type BridgeConfigInput = z.input<typeof configSchema>;
/** The configuration with its defaults filled in. */
export type BridgeConfig = z.output<typeof configSchema>;
/** One robot's part of it. */
export type RobotConfig = BridgeConfig["robots"][string];

/** The configuration can't be used; the message lists every error with path, value and remedy. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

/** Parses `HOST:PORT`, `:PORT` or `[IPV6]:PORT`; undefined when it is none of them. Port 0 means any free one. */
export function parseListenAddress(text: string): { host: string | undefined; port: number } | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const port = Number(match[3]);
  if (port > 65535) return undefined;
  const host = match[1] ?? match[2] ?? "";
  return { host: host === "" ? undefined : host, port };
}

/**
 * Reads and checks the configuration file.
 *
 * @throws ConfigError with every error of it at once
 */
export function loadConfig(path: string): BridgeConfig {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    throw new ConfigError(
      `Can't read the configuration file ${path} (${code}); give its path with --config=FILE.`,
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // The parser's own message may quote the file, so only the position is repeated.
    const position = /line \d+ column \d+|position \d+/.exec(
      error instanceof Error ? error.message : "",
    )?.[0];
    throw new ConfigError(`${path} is not JSON${position === undefined ? "" : ` (at ${position})`}.`);
  }
  return parseConfig(value, path);
}

/**
 * Checks a configuration.
 *
 * @param source what to call it in the error
 * @throws ConfigError with every error of it at once
 */
export function parseConfig(value: unknown, source = "configuration"): BridgeConfig {
  const result = configSchema.safeParse(value);
  // Checks that zod would only run once everything else is right come on top, so that all errors show at once.
  const issues = result.success ? [] : result.error.issues.flatMap((issue) => issueLines(issue, value));
  const lines = [...issues, ...robotErrors(valueAt(value, ["robots"]))];
  if (result.success && lines.length === 0) return result.data;
  const count = `${String(lines.length)} error${lines.length === 1 ? "" : "s"}`;
  throw new ConfigError(`${source} has ${count}:\n${lines.join("\n")}`);
}

/** Names of robots, and endpoints that would send the token in clear. */
function robotErrors(robots: unknown): string[] {
  if (typeof robots !== "object" || robots === null || Array.isArray(robots)) return [];
  const entries = Object.entries(robots as Record<string, unknown>);
  if (entries.length === 0) return ["  robots: an object; must name at least one robot"];
  return entries.flatMap(([name, robot]) => {
    const lines: string[] = [];
    if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) {
      lines.push(`  robots.${name}: the name must be 1 to 63 of a-z, 0-9 and -, as it is part of a URL`);
    }
    const url = valueAt(robot, ["endpoint"]);
    if (typeof url !== "string" || !URL.canParse(url) || valueAt(robot, ["allowPlainHttp"]) === true)
      return lines;
    if (new URL(url).protocol === "http:" && !isLoopback(new URL(url).hostname)) {
      const remedy =
        "must use https, since the URL carries the token (for tests: a loopback address, or allowPlainHttp)";
      lines.push(`  robots.${name}.endpoint: ${describe("endpoint", url)}; ${remedy}`);
    }
    return lines;
  });
}

function issueLines(issue: z.core.$ZodIssue, root: unknown): string[] {
  const path = issue.path.map(String);
  if (issue.code === "unrecognized_keys") {
    // Values of unknown keys are not shown: somebody may have put a secret there.
    return issue.keys.map(
      (key) => `  ${[...path, key].join(".")}: unknown key; remove it or correct its name`,
    );
  }
  const value = valueAt(root, path);
  const shown = value === undefined ? "missing" : describe(path.at(-1) ?? "", value);
  return [`  ${path.join(".") || "(root)"}: ${shown}; ${remedy(issue)}`];
}

function remedy(issue: z.core.$ZodIssue): string {
  if (issue.code !== "invalid_type" || !issue.message.startsWith("Invalid input")) return issue.message;
  return `must be ${/^[aeiou]/.test(issue.expected) ? "an" : "a"} ${issue.expected}`;
}

function valueAt(root: unknown, path: readonly string[]): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** A value for an error message. What could be a secret in the wrong place is not shown. */
function describe(key: string, value: unknown): string {
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  if (typeof value === "string" && /token|secret/i.test(key) && !isAbsolute(value))
    return "a text (not shown)";
  if (typeof value === "string" && key === "endpoint") return describeEndpoint(value);
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** An endpoint without what may be a credential: user, password, query. */
function describeEndpoint(text: string): string {
  const url = URL.parse(text);
  if (url === null || url.host === "") return "a text that is no URL (not shown)";
  return JSON.stringify(`${url.protocol}//${url.host}${url.pathname}${url.search === "" ? "" : "?…"}`);
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
