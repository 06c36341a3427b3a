/** What the Automation API is given and how its events are read. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { streamsEvents } from "../../../stacks/automation/command.ts";
import { errorLinesOf, UpdateError } from "../../../stacks/automation/errors.ts";
import { diagnosticLine, EventFollower, type UpdateProgress } from "../../../stacks/automation/events.ts";
import { fileBackendDirectory, stackLocks } from "../../../stacks/automation/locks.ts";
import { prepareWorkDirectory } from "../../../stacks/automation/work-directory.ts";

const root = join(import.meta.dirname, "../../..");
const directory = mkdtempSync(join(tmpdir(), "vllm-monitoring-unit-"));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

test("a CLI that would write the engine's events, secrets among them, into a file is told from one that streams", () => {
  for (const version of ["3.206.0", "3.259.0", "4.0.0"]) expect(streamsEvents(version)).toBe(true);
  for (const version of ["3.205.0", "3.9.9", "2.300.0", ""]) expect(streamsEvents(version)).toBe(false);
});

describe("the working copy", () => {
  const work = join(directory, "work");
  beforeEach(() => {
    rmSync(work, { recursive: true, force: true });
  });
  const configOf = (path: string) =>
    parse(readFileSync(path, "utf8")) as { encryptionsalt?: string; config: Record<string, never> };

  test("is the file with the overrides, beside a project that needs no program file", () => {
    const path = prepareWorkDirectory(work, root, "local", {
      "receivers[0].endpoint": "http://127.0.0.1:1/robot/send",
      "monitoring.prometheus.apiServer.host": "https://127.0.0.1:2",
      "fleet.models[1].labels": { tier: "gold" },
    });
    const source = parse(readFileSync(join(root, "stacks/Pulumi.local.yaml"), "utf8")) as {
      config: Record<string, unknown>;
    };
    const copy = configOf(path) as unknown as { config: Record<string, Record<string, unknown>> };
    expect(copy.config).toMatchObject({
      "vllm-monitoring:receivers": [{ endpoint: "http://127.0.0.1:1/robot/send", name: "oncall-dingtalk" }],
      "vllm-monitoring:monitoring": {
        prometheus: { apiServer: { host: "https://127.0.0.1:2" }, replicas: 1 },
      },
      "vllm-monitoring:fleet": { models: [{}, { labels: { tier: "gold" } }, {}] },
    });
    expect(Object.keys(copy.config)).toEqual(Object.keys(source.config));
    const project = parse(readFileSync(join(work, "Pulumi.yaml"), "utf8")) as object;
    expect(project).toMatchObject({ name: "vllm-monitoring", runtime: "nodejs" });
    expect(project).not.toHaveProperty("main");
    expect(project).not.toHaveProperty("stackConfigDir");
  });

  test("is fresh each time, and keeps the salt", () => {
    const path = prepareWorkDirectory(work, root, "local");
    writeFileSync(
      path,
      `${readFileSync(path, "utf8")}\nencryptionsalt: v1:salt\n`.replace(
        "environment: local",
        "environment: changed",
      ),
    );
    prepareWorkDirectory(work, root, "local");
    expect(configOf(path)).toMatchObject({
      encryptionsalt: "v1:salt",
      config: { "vllm-monitoring:environment": "local" },
    });
  });

  test("an override of an unknown key is refused", () => {
    expect(() => prepareWorkDirectory(work, root, "local", { "recievers[0].endpoint": "x" })).toThrow(
      /did you mean receivers/,
    );
  });

  test("a name cannot lead out of the directory", () => {
    expect(() => prepareWorkDirectory(work, root, "../../etc")).toThrow(
      /expected an environment that has a file/,
    );
  });
});

describe("locks", () => {
  const backend = `file://${directory}/state`;
  const locks = join(directory, "state/.pulumi/locks/organization/vllm-monitoring/local");
  beforeEach(() => {
    rmSync(locks, { recursive: true, force: true });
    mkdirSync(locks, { recursive: true });
  });
  const write = (content: object) => {
    writeFileSync(
      join(locks, "lock.json"),
      JSON.stringify({ username: "me", timestamp: "t", hostname: hostname(), ...content }),
    );
  };
  const read = () => stackLocks(backend, "vllm-monitoring", "local");

  test("none", () => {
    expect(read()).toEqual([]);
    expect(stackLocks("s3://bucket", "vllm-monitoring", "local")).toEqual([]);
    expect(stackLocks(backend, "vllm-monitoring", "prod")).toEqual([]);
  });

  test("of a process that is gone", () => {
    write({ pid: 2 ** 22 + 1 });
    expect(read()).toMatchObject([{ isStale: true, user: "me" }]);
  });

  test("of another program that got the number", () => {
    write({ pid: process.pid });
    // This process is no pulumi.
    expect(readFileSync(`/proc/${String(process.pid)}/cmdline`, "utf8")).not.toContain("bin/pulumi");
    expect(read()).toMatchObject([
      { isStale: !readFileSync(`/proc/${String(process.pid)}/cmdline`, "utf8").includes("pulumi") },
    ]);
  });

  test("of another machine", () => {
    write({ pid: 1, hostname: "elsewhere" });
    expect(read()).toMatchObject([{ isStale: false, host: "elsewhere" }]);
  });

  test("half written", () => {
    writeFileSync(join(locks, "lock.json"), '{"pid": 1');
    expect(read()).toMatchObject([{ isStale: true }]);
  });

  test.each([
    ["file:///a/b", "/a/b"],
    ["file:///a?no_tmp_dir=true", "/a"],
    ["https://api.pulumi.com", undefined],
    ["file://~", undefined],
  ])("backend %s", (url, expected) => {
    expect(fileBackendDirectory(url)).toBe(expected);
  });
});

describe("events", () => {
  const urn = (type: string, name: string) =>
    `urn:pulumi:local::vllm-monitoring::vllm-monitoring:index:A$${type}::${name}`;
  const step = (op: string, type: string, custom?: boolean) =>
    ({
      metadata: {
        op,
        type,
        urn: urn(type, "thing"),
        provider: "",
        ...(custom === undefined ? {} : { new: { custom } }),
      },
    }) as never;
  const base = { sequence: 0, timestamp: 0 };

  test("counts objects, not components, providers and the stack", () => {
    const follower = new EventFollower(undefined);
    for (const event of [
      step("create", "kubernetes:apps/v1:Deployment", true),
      step("update", "vllm-monitoring:index:VllmDeployment", false),
      step("update", "pulumi:providers:kubernetes", true),
      step("same", "kubernetes:core/v1:Service", true),
      step("create-replacement", "kubernetes:core/v1:Secret", true),
      step("replace", "kubernetes:core/v1:Secret", true),
      step("delete-replaced", "kubernetes:core/v1:Secret", true),
    ])
      follower.take({ ...base, resOutputsEvent: event });
    expect(follower.counts).toEqual({ created: 1, updated: 0, replaced: 1, deleted: 0, same: 1 });
  });

  test("progress names the resource and spares what does not change", () => {
    const seen: UpdateProgress[] = [];
    const follower = new EventFollower((progress) => seen.push(progress));
    follower.take({ ...base, resourcePreEvent: step("same", "kubernetes:core/v1:Service", true) });
    follower.take({ ...base, resourcePreEvent: step("create", "kubernetes:apps/v1:Deployment", true) });
    expect(seen).toMatchObject([
      { state: "started", operation: "create", kind: "Deployment", name: "thing" },
    ]);
  });

  test("errors are collected once, without colours and stack traces", () => {
    const follower = new EventFollower(undefined);
    const diagnostic = (message: string, of?: string) => ({
      message,
      color: "never",
      severity: "error" as const,
      ...(of === undefined ? {} : { urn: of }),
    });
    const refused = diagnostic(
      "<{%fg 1%}>error: <{%reset%}>Forbidden\n    at fn (file.js:1:2)\n",
      urn("kubernetes:core/v1:Secret", "s"),
    );
    for (const event of [
      refused,
      refused,
      diagnostic("update failed"),
      diagnostic("One or more errors occurred: x"),
    ])
      follower.take({ ...base, diagnosticEvent: event });
    expect(follower.errors).toEqual(["Secret s: Forbidden"]);
  });

  test("the text of a command that failed", () => {
    expect(
      errorLinesOf("stdout: x\nstderr: \nerror: could not read the state\nerror: update failed\n"),
    ).toEqual(["could not read the state"]);
    expect(errorLinesOf("a\nb\nlast words")).toEqual(["a", "b", "last words"]);
    expect(errorLinesOf("")).toHaveLength(1);
    expect(diagnosticLine(undefined, "\u001b[31merror: x\u001b[0m")).toBe("x");
  });

  test("an error says what was changed before it", () => {
    const none = { created: 0, updated: 0, replaced: 0, deleted: 0, same: 9 };
    expect(new UpdateError("update of dev", ["x"], none).message).toBe(
      "update of dev failed; nothing was changed:\n  x",
    );
    expect(new UpdateError("update of dev", ["x"], { ...none, created: 2 }).message).toContain(
      "2 resources were changed before it",
    );
  });
});

test("the checker and the generator are commands", () => {
  const run = (...args: string[]) =>
    execFileSync(process.execPath, args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  expect(run("stacks/config/check.ts", "local")).toMatch(
    /stacks\/Pulumi\.local\.yaml: good; 3 models, 4 replicas/,
  );
  expect(run("stacks/config/generate-schema.ts", "--check")).toBe("");
});
