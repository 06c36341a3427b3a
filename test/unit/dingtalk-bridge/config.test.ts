import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  ConfigError,
  loadConfig,
  parseConfig,
  parseListenAddress,
} from "../../../services/dingtalk-bridge/config.ts";

const robot = { accessTokenFile: "/secrets/token" };
const withRobot = (change: Record<string, unknown>) => ({ robots: { ops: { ...robot, ...change } } });

function errors(value: unknown): string {
  try {
    parseConfig(value, "config.json");
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error("was accepted");
}

describe("parseConfig", () => {
  it("fills in the defaults", () => {
    expect(parseConfig({ robots: { ops: robot } })).toEqual({
      listenAddress: ":8060",
      robots: {
        ops: {
          endpoint: "https://oapi.dingtalk.com/robot/send",
          allowPlainHttp: false,
          accessTokenFile: "/secrets/token",
          messageType: "markdown",
          mentionMobiles: [],
          mentionUserIds: [],
          mentionAll: false,
          ratePerMinute: 20,
        },
      },
      externalUrls: {},
      timeouts: { requestSeconds: 5, holdSeconds: 25, shutdownSeconds: 10 },
      timezone: "UTC",
      maxRequestBytes: 4194304,
    });
  });

  it("names every error at once with path, value and remedy", () => {
    const message = errors({
      listenAddress: "8060",
      robots: {
        Ops: {
          messageType: "text",
          ratePerMinute: 30,
          endpoint: "http://oapi.dingtalk.com/robot/send",
          keyword: "",
        },
        "b c": "no object",
      },
      externalUrls: { alertmanager: "alertmanager:9093" },
      timeouts: { requestSeconds: "5", holdSeconds: -1 },
      timezone: "Mars/Olympus",
      maxRequestBytes: 1,
      extra: true,
    });
    expect(message.split("\n")).toEqual([
      "config.json has 15 errors:",
      '  listenAddress: "8060"; must be HOST:PORT or :PORT, such as :8060 or [::1]:8060',
      "  robots.Ops.accessTokenFile: missing; must be the absolute path of a file that holds the secret, never the secret itself",
      '  robots.Ops.keyword: ""; must not be empty; leave it out when the robot has no keyword',
      '  robots.Ops.messageType: "text"; must be "markdown" or "actionCard"',
      "  robots.Ops.ratePerMinute: 30; must be at most 20, DingTalk's limit; share it out when several bridges use the same robot",
      '  robots.b c: "no object"; must be an object',
      '  externalUrls.alertmanager: "alertmanager:9093"; must be an http or https URL, as people reach it with their browser',
      '  timeouts.requestSeconds: "5"; must be 0.05 to 60 seconds',
      "  timeouts.holdSeconds: -1; must be 0 to 300 seconds",
      '  timezone: "Mars/Olympus"; must be an IANA time zone such as Asia/Shanghai',
      "  maxRequestBytes: 1; must be a whole number of bytes, 1024 to 16777216",
      "  extra: unknown key; remove it or correct its name",
      "  robots.Ops: the name must be 1 to 63 of a-z, 0-9 and -, as it is part of a URL",
      '  robots.Ops.endpoint: "http://oapi.dingtalk.com/robot/send"; must use https, since the URL carries the token (for tests: a loopback address, or allowPlainHttp)',
      "  robots.b c: the name must be 1 to 63 of a-z, 0-9 and -, as it is part of a URL",
    ]);
  });

  it.each([
    [
      "a token in a file's place",
      withRobot({ accessTokenFile: "s3cr3t" }),
      "robots.ops.accessTokenFile: a text (not shown); must be the absolute path",
    ],
    [
      "a token under a key of its own",
      withRobot({ accessToken: "s3cr3t" }),
      "robots.ops.accessToken: unknown key",
    ],
    [
      "a token in the endpoint",
      withRobot({ endpoint: "https://oapi.dingtalk.com/robot/send?access_token=s3cr3t" }),
      'robots.ops.endpoint: "https://oapi.dingtalk.com/robot/send?…"; must not carry access_token',
    ],
    [
      "a password in the endpoint",
      withRobot({ endpoint: "https://u:s3cr3t@proxy.example.com/" }),
      "must not carry a user",
    ],
  ])("doesn't repeat %s", (_, value, part) => {
    const message = errors(value);
    expect(message).toContain(part);
    expect(message).not.toContain("s3cr3t");
  });

  it.each([
    [null, "(root): null; must be an object"],
    [{}, "robots: missing; must be an object of robots by name"],
    [{ robots: [] }, "robots: a list; must be an object of robots by name"],
    [{ robots: {} }, "must name at least one robot"],
    [withRobot({ mentionMobiles: ["all"] }), 'robots.ops.mentionMobiles.0: "all"; must be a mobile number'],
    [withRobot({ mentionAll: "yes" }), 'robots.ops.mentionAll: "yes"; must be true or false'],
    [withRobot({ endpoint: "ftp://x" }), 'robots.ops.endpoint: "ftp://x/"; must be an https URL'],
    [withRobot({ ratePerMinute: 0 }), "robots.ops.ratePerMinute: 0; must be a whole number from 1 to 20"],
    [withRobot({ keyword: "a\nb" }), "must be one line of text"],
  ])("refuses %j", (value, part) => {
    expect(errors(value)).toContain(part);
  });

  it.each(["http://127.0.0.1:1/x", "http://127.9.8.7/x", "http://localhost/x", "http://[::1]:9/x"])(
    "accepts http to %s",
    (endpoint) => {
      expect(parseConfig(withRobot({ endpoint })).robots["ops"]?.endpoint).toBe(endpoint);
    },
  );

  it("accepts http elsewhere only when told so", () => {
    const endpoint = "http://127.0.0.1.example.com/x";
    expect(errors(withRobot({ endpoint }))).toContain("must use https");
    expect(parseConfig(withRobot({ endpoint, allowPlainHttp: true })).robots["ops"]?.endpoint).toBe(endpoint);
  });
});

describe("parseListenAddress", () => {
  it.each([
    [":8060", undefined, 8060],
    ["127.0.0.1:0", "127.0.0.1", 0],
    ["[::1]:65535", "::1", 65535],
    ["bridge.example:80", "bridge.example", 80],
  ])("reads %s", (text, host, port) => {
    expect(parseListenAddress(text)).toEqual({ host, port });
  });

  it.each(["", "8060", ":", ":65536", "::1:80", "a b:80", "http://x:80"])("refuses %j", (text) => {
    expect(parseListenAddress(text)).toBeUndefined();
  });
});

describe("loadConfig", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "bridge-config-"));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it("reads a file", () => {
    const path = join(folder, "ok.json");
    writeFileSync(path, JSON.stringify({ robots: { ops: robot } }));
    expect(Object.keys(loadConfig(path).robots)).toEqual(["ops"]);
  });

  it("names a file that isn't there", () => {
    expect(() => loadConfig(join(folder, "none.json"))).toThrow(
      /Can't read the configuration file .*none\.json \(ENOENT\)/,
    );
  });

  it("doesn't repeat the text of a file that isn't JSON", () => {
    const path = join(folder, "broken.json");
    writeFileSync(path, '{"robots": {"ops": {"accessToken": "s3cr3t" oops}}}');
    expect(() => loadConfig(path)).toThrow(/^(?!.*s3cr3t).*broken\.json is not JSON/);
    writeFileSync(path, "s3cr3t");
    expect(() => loadConfig(path)).toThrow(/^(?!.*s3cr3t).*is not JSON/);
  });
});
