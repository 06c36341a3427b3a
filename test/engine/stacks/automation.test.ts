/** The real CLI and engine run the program of the local environment; a stub stands for the kubernetes provider. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { constants, gunzipSync } from "node:zlib";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  destroy,
  outputs,
  preview,
  refresh,
  up,
  UpdateError,
  type UpdateProgress,
} from "../../../stacks/automation.ts";
import { CLUSTER_TOKEN, DINGTALK_SIGNING_SECRET, DINGTALK_TOKEN, Sandbox } from "./stub.ts";

const sandbox = new Sandbox();
const root = join(import.meta.dirname, "../../..");

/** A directory for temporary files of its own, so that the tests see what the CLI and the Automation API leave there. */
const temporary = join(sandbox.directory, "tmp");
const outerTemporary = process.env["TMPDIR"];
beforeAll(() => {
  mkdirSync(temporary);
  process.env["TMPDIR"] = temporary;
});
afterAll(() => {
  if (outerTemporary === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = outerTemporary;
  sandbox.remove();
});

const noChange = { created: 0, updated: 0, replaced: 0, deleted: 0 };

function gitStatus(): string {
  return execFileSync("git", ["status", "--porcelain", "--", "stacks", "Pulumi.yaml"], {
    cwd: root,
    encoding: "utf8",
  });
}

/** All files below a directory with their text. */
function filesBelow(directory: string): [path: string, text: string][] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .flatMap((path): [string, string][] => {
      // During an operation the CLI removes files while they are listed.
      if (!existsSync(path)) return [];
      const bytes = readFileSync(path);
      return [[path, (isGzip(bytes) ? unzipped(bytes) : bytes).toString("latin1")]];
    });
}

function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** As much as there is of a file that may still be written. */
function unzipped(bytes: Buffer): Buffer {
  return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
}

/** Files below the sandbox that hold a planted secret in clear or in base64. */
function leaks(): string[] {
  const forms = [DINGTALK_TOKEN, DINGTALK_SIGNING_SECRET, CLUSTER_TOKEN].flatMap((secret) => [
    secret,
    Buffer.from(secret).toString("base64").replace(/=+$/, ""),
  ]);
  return filesBelow(sandbox.directory)
    .filter(([path]) => !path.endsWith("/kubeconfig"))
    .flatMap(([path, text]) =>
      forms.filter((form) => text.includes(form)).map((form) => `${form} in ${path}`),
    );
}

let objects = 0;

describe("the life of an environment", () => {
  test("a wrong configuration lists every error and changes nothing", async () => {
    const configOverrides = {
      "fleet.models[0].replicas": -1,
      "monitoring.scrapeInterval": "often",
      "routes.defaultReceiver": "nobody",
    };
    const failed = up(sandbox.options({ configOverrides, secrets: {} }));
    await expect(failed).rejects.toThrow(/5 errors in the configuration/);
    await expect(failed).rejects.toThrow(/fleet\.models\[0\]\.replicas: got -1; expected a whole number/);
    await expect(failed).rejects.toThrow(
      /pulumi config set --secret vllm-monitoring:dingtalkAccessToken --stack local/,
    );
    expect(sandbox.changes()).toEqual([]);
    expect(existsSync(sandbox.stateFile())).toBe(false);
  });

  test("a preview counts what would be created and creates nothing", async () => {
    const result = await preview(sandbox.options());
    expect(result).toMatchObject({ updated: 0, replaced: 0, deleted: 0, same: 0 });
    objects = result.created;
    expect(objects).toBeGreaterThan(40);
    expect(sandbox.changes()).toEqual([]);
  });

  test("the first update creates every object, in order, and leaves the git tree alone", async () => {
    const before = gitStatus();
    const seen: UpdateProgress[] = [];
    const result = await up(sandbox.options({ onProgress: (progress) => seen.push(progress) }));
    expect(result).toMatchObject({ ...noChange, created: objects });
    expect(gitStatus()).toBe(before);

    const created = sandbox.changes();
    expect(created).toHaveLength(objects);
    const position = (text: string) => created.findIndex((line) => line.endsWith(text));
    const lastCrd = created.findLastIndex((line) => line.includes("CustomResourceDefinition"));
    expect(position("PodMonitor llama-8b-monitor")).toBeGreaterThan(lastCrd);
    expect(position("Alertmanager monitoring-alertmanager")).toBeGreaterThan(lastCrd);
    expect(position("Alertmanager monitoring-alertmanager")).toBeGreaterThan(position("Secret alert-routes"));
    expect(position("Deployment llama-8b-server")).toBeGreaterThan(position("Namespace namespace-vllm"));

    const finished = seen.filter((progress) => progress.state === "finished");
    expect(finished.at(-1)?.counts.created).toBe(objects);
    expect(seen).toContainEqual(
      expect.objectContaining({
        state: "started",
        operation: "create",
        kind: "Deployment",
        name: "llama-8b-server",
      }),
    );
  });

  test("the outputs are those of the stack", async () => {
    expect(await outputs(sandbox.options())).toMatchObject({
      platform: { version: 1, environment: "local", models: [{ name: "llama-8b", replicas: 2 }, {}, {}] },
    });
  });

  test("no secret is in clear in the state, the working copy or anything else that the CLI wrote", () => {
    expect(existsSync(sandbox.stateFile())).toBe(true);
    expect(leaks()).toEqual([]);
  });

  test("nor in any file while an operation is under way, with the CLI's own logs on", async () => {
    // A home that was there before is the user's: its logs are left on.
    const pulumiHome = join(sandbox.directory, "users-home");
    mkdirSync(pulumiHome);
    const events: EngineEvent[] = [];
    const found: string[] = [];
    await preview(
      sandbox.options({
        pulumiHome,
        secrets: {
          dingtalkAccessToken: `${DINGTALK_TOKEN}-2`,
          dingtalkSigningSecret: DINGTALK_SIGNING_SECRET,
        },
        onEvent: (event) => {
          events.push(event);
          if (events.length % 20 === 1) found.push(...leaks());
        },
      }),
    );
    expect([...found, ...leaks()]).toEqual([]);
    // It looked at the logs, and while there was something under way.
    expect(readdirSync(join(pulumiHome, "logs")).some((name) => name.endsWith(".log"))).toBe(true);
    expect(events.length).toBeGreaterThan(40);
    expect(JSON.stringify(events)).not.toContain(DINGTALK_TOKEN);
    expect(JSON.stringify(events)).not.toContain(DINGTALK_SIGNING_SECRET);
    // Every event came over the socket: nothing is left of a log.
    expect(filesBelow(temporary).map(([path]) => path)).toEqual([]);
  });

  test("the state is locked by the passphrase of the file, whatever the environment says", async () => {
    writeFileSync(join(sandbox.directory, "wrong"), "not it");
    process.env["PULUMI_CONFIG_PASSPHRASE"] = "";
    try {
      const failed = up(sandbox.options({ passphraseFile: join(sandbox.directory, "wrong") }));
      await expect(failed).rejects.toBeInstanceOf(UpdateError);
      await expect(failed).rejects.toThrow(/incorrect passphrase/);
      expect(sandbox.changes()).toEqual([]);
      expect(await up(sandbox.options())).toMatchObject(noChange);
    } finally {
      delete process.env["PULUMI_CONFIG_PASSPHRASE"];
    }
  });

  test("a second update changes nothing", async () => {
    expect(await up(sandbox.options())).toMatchObject({ ...noChange, same: objects });
    expect(sandbox.changes()).toEqual([]);
  });

  // How many replicas there should be stands in the Deployment and in the rule that misses one.
  const replicaChanges = [
    expect.stringMatching(/^update .*PrometheusRule llama-8b-rules$/),
    expect.stringMatching(/^update .*Deployment llama-8b-server$/),
  ];

  test("another replica changes the Deployment and its rule", async () => {
    const configOverrides = { "fleet.models[0].replicas": 3 };
    expect(await preview(sandbox.options({ configOverrides }))).toMatchObject({ ...noChange, updated: 2 });
    expect(await up(sandbox.options({ configOverrides }))).toMatchObject({
      ...noChange,
      updated: 2,
      same: objects - 2,
    });
    expect(sandbox.changes().sort()).toEqual(replicaChanges);
  });

  test("new cluster credentials change no object", async () => {
    const path = join(sandbox.directory, "kubeconfig");
    writeFileSync(
      path,
      readFileSync(path, "utf8")
        .replace(CLUSTER_TOKEN, `${CLUSTER_TOKEN}-rotated`)
        .replace("127.0.0.1:1", "127.0.0.2:1"),
    );
    expect(await up(sandbox.options())).toMatchObject({ ...noChange, updated: 2, same: objects - 2 });
    expect(sandbox.changes().sort()).toEqual(replicaChanges);
  });

  test("a refusal of the API server is one line that names the object; the next update heals", async () => {
    const configOverrides = {
      "fleet.models[2].maxModelLength": 4096,
      "fleet.models[2].name": "mistral-boom",
    };
    const failed = up(sandbox.options({ configOverrides, variables: { STUB_FAIL: "mistral-boom-server" } }));
    await expect(failed).rejects.toBeInstanceOf(UpdateError);
    const error = (await failed.catch((reason: unknown) => reason)) as UpdateError;
    expect(error.lines).toEqual([
      "Deployment mistral-boom-server: the API server says no to mistral-boom-server",
    ]);
    expect(error.message).toMatch(/^update of local failed; \d resources were changed before it:/);
    const made = sandbox.changes().filter((line) => line.startsWith("create "));
    expect(made.length).toBeGreaterThanOrEqual(4);
    expect(await up(sandbox.options())).toMatchObject({ ...noChange, deleted: made.length });
    expect(sandbox.changes()).toHaveLength(made.length);
  });

  test("the lock of a dead update is removed, that of a living one respected", async () => {
    const lock = join(sandbox.state, ".pulumi/locks/organization/vllm-monitoring/local/dead.json");
    mkdirSync(dirname(lock), { recursive: true });
    const content = {
      pid: 2 ** 22 + 1,
      username: "me",
      hostname: hostname(),
      timestamp: "2026-01-01T00:00:00Z",
    };
    writeFileSync(lock, JSON.stringify(content));
    const messages: string[] = [];
    await up(sandbox.options({ onMessage: (line) => messages.push(line) }));
    expect(messages).toEqual([expect.stringMatching(/removed the lock of process 4194305/)]);
    writeFileSync(lock, JSON.stringify({ ...content, hostname: "another-machine" }));
    await expect(up(sandbox.options())).rejects.toThrow(
      /another update of local is running: process 4194305 of me on another-machine/,
    );
    execFileSync("rm", [lock]);
  });

  test("what a killed update left half done is asked of the cluster first", async () => {
    const path = sandbox.stateFile();
    const state = JSON.parse(readFileSync(path, "utf8")) as {
      checkpoint: { latest: Record<string, unknown> };
    };
    const [, resource] = state.checkpoint.latest["resources"] as Record<string, unknown>[];
    const lost = {
      ...resource,
      urn: "urn:pulumi:local::vllm-monitoring::kubernetes:core/v1:Namespace::namespace-lost",
      type: "kubernetes:core/v1:Namespace",
      custom: true,
    };
    state.checkpoint.latest["pending_operations"] = [{ resource: lost, type: "creating" }];
    writeFileSync(path, JSON.stringify(state));
    const messages: string[] = [];
    expect(await up(sandbox.options({ onMessage: (line) => messages.push(line) }))).toMatchObject(noChange);
    expect(messages).toEqual([expect.stringMatching(/interrupted with 1 operations under way/)]);
    expect(readFileSync(path, "utf8")).not.toContain("namespace-lost");
  });

  test("a refresh finds nothing changed", async () => {
    expect(await refresh(sandbox.options())).toMatchObject(noChange);
  });

  test("destroy deletes everything, namespaces and CRDs after what is in them", async () => {
    expect(await destroy(sandbox.options())).toMatchObject({ ...noChange, deleted: objects });
    const deleted = sandbox.changes();
    expect(deleted).toHaveLength(objects);
    const position = (text: string) => deleted.findIndex((line) => line.endsWith(text));
    expect(position("Namespace namespace-vllm")).toBeGreaterThan(position("Deployment llama-8b-server"));
    expect(
      position("CustomResourceDefinition monitoring-crds-podmonitors.monitoring.coreos.com"),
    ).toBeGreaterThan(position("PodMonitor llama-8b-monitor"));
    expect(
      position("CustomResourceDefinition monitoring-crds-prometheuses.monitoring.coreos.com"),
    ).toBeGreaterThan(position("Prometheus monitoring-prometheus"));
    expect(position("Deployment monitoring-operator")).toBeGreaterThan(
      position("Prometheus monitoring-prometheus"),
    );
    expect(await outputs(sandbox.options())).toEqual({});
  });
});

test("an environment without a file", async () => {
  await expect(up(sandbox.options({ environment: "prd" }))).rejects.toThrow(
    /environment: got "prd"; expected an environment that has a file/,
  );
});
