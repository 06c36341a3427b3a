/** `pulumi up` with the plain CLI on Pulumi.yaml, as a user with a language host runs it. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toolPath } from "../../../local/toolchain/tools.ts";
import { DINGTALK_SIGNING_SECRET, DINGTALK_TOKEN, Sandbox } from "./stub.ts";

const sandbox = new Sandbox();
const root = join(import.meta.dirname, "../../..");
/** A clone, because the CLI writes the salt of a new stack and the secrets into stacks/Pulumi.local.yaml. */
const clone = join(sandbox.directory, "clone");

beforeAll(() => {
  sandbox.addLauncher("pulumi-language-nodejs", "language-host.ts");
  mkdirSync(clone);
  for (const name of [
    "Pulumi.yaml",
    "package.json",
    "stacks",
    "components",
    "alerts",
    "dashboards",
    "metrics",
    "policies",
  ])
    if (existsSync(join(root, name))) cpSync(join(root, name), join(clone, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(clone, "node_modules"));
  mkdirSync(sandbox.state);
  sandbox.quietHome();
});
afterAll(() => {
  sandbox.remove();
});

function pulumi(args: string[], variables: Record<string, string> = {}, input = "") {
  const result = spawnSync(toolPath("pulumi"), [...args, "--non-interactive", "--color", "never"], {
    cwd: clone,
    encoding: "utf8",
    input,
    env: { ...process.env, ...sandbox.variables(), KUBECONFIG: "", ...variables },
  });
  return { code: result.status, output: `${result.stdout}${result.stderr}` };
}

const kubeconfig = { KUBECONFIG: join(sandbox.directory, "kubeconfig") };

test("a missing secret is named with the command that stores it; nothing is registered", () => {
  expect(pulumi(["stack", "init", "local"]).code).toBe(0);
  const { code, output } = pulumi(["up", "--yes", "--skip-preview"], kubeconfig);
  expect(code).not.toBe(0);
  expect(output).toContain("2 errors in the configuration (stacks/Pulumi.local.yaml); nothing was changed:");
  expect(output).toContain(
    "remedy: pulumi config set --secret vllm-monitoring:dingtalkAccessToken --stack local",
  );
  expect(output).not.toMatch(/^\s+at .*\.ts:\d+/m);
  expect(sandbox.changes()).toEqual([]);
});

test("the commands of the remedy work", () => {
  for (const [key, value] of [
    ["dingtalkAccessToken", DINGTALK_TOKEN],
    ["dingtalkSigningSecret", DINGTALK_SIGNING_SECRET],
  ] as const)
    expect(
      pulumi(["config", "set", "--secret", `vllm-monitoring:${key}`, "--stack", "local"], {}, value).code,
    ).toBe(0);
});

test("without a kubeconfig the error says how to get one", () => {
  const { code, output } = pulumi(["up", "--yes", "--skip-preview"]);
  expect(code).not.toBe(0);
  expect(output).toMatch(
    /cluster\.kubeconfigPath: got nothing, and KUBECONFIG is not set; .*run make up first/,
  );
  expect(sandbox.changes()).toEqual([]);
});

test("an update creates everything, the next one nothing", () => {
  const first = pulumi(["up", "--yes", "--skip-preview"], kubeconfig);
  expect(first.output).not.toContain("error:");
  expect(first.code).toBe(0);
  expect(first.output).not.toContain(DINGTALK_TOKEN);
  const created = sandbox.changes();
  expect(created.length).toBeGreaterThan(40);
  expect(created.some((line) => line.includes("Deployment llama-8b-server"))).toBe(true);
  const second = pulumi(["up", "--yes", "--skip-preview", "--expect-no-changes"], kubeconfig);
  expect(second.code).toBe(0);
  expect(sandbox.changes()).toEqual([]);
});

test("the outputs are one versioned object", () => {
  const { output } = pulumi(["stack", "output", "platform", "--json"]);
  expect(JSON.parse(output)).toMatchObject({ version: 1, environment: "local", cluster: "local" });
});

test("the event log of a preview makes a report, in which there is no secret", () => {
  const log = join(sandbox.directory, "events.log");
  // Without the variable the CLI has no such flag.
  const variables = { ...kubeconfig, PULUMI_DEBUG_COMMANDS: "true" };
  expect(pulumi(["preview", "--event-log", log], variables).code).toBe(0);
  const report = spawnSync(
    process.execPath,
    [join(root, "review", "cli.ts"), "preview", "--environment=local", `--events=${log}`],
    { encoding: "utf8", timeout: 200_000 },
  );
  expect(report.stderr).toBe("");
  expect(report.stdout).toContain("by a preview of the engine");
  for (const secret of [DINGTALK_TOKEN, DINGTALK_SIGNING_SECRET])
    expect(report.stdout.includes(secret)).toBe(false);
});

test("a wrong value set by the CLI is found by its path", () => {
  expect(pulumi(["config", "set", "--path", "vllm-monitoring:fleet.models[0].replicas", "many"]).code).toBe(
    0,
  );
  const { code, output } = pulumi(["preview"], kubeconfig);
  expect(code).not.toBe(0);
  expect(output).toContain('fleet.models[0].replicas: got "many"; expected a whole number from 0 to 10000');
  expect(sandbox.changes()).toEqual([]);
});
