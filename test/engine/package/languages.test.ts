/**
 * The built component package as the engine uses it: a plugin that makes the components for programs in other languages.
 * The programs are those of examples/: in TypeScript and YAML run by the CLI as a user runs it, in Python and Go by their SDKs'
 * Automation API.
 */
import { execFile, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, expect, it } from "vitest";

import { buildTool } from "../../../local/toolchain/build.ts";
import { toolOf, toolPath } from "../../../local/toolchain/tools.ts";
import { buildPackage } from "../../../package/build.ts";
import { publishedSchema } from "../../../package/reference.ts";
import { pythonEnvironment } from "../../support/python.ts";
import { refusalOf } from "../../support/registries.ts";
import { Sandbox } from "../stacks/stub.ts";

const root = join(import.meta.dirname, "../../..");
const sandbox = new Sandbox();
const project = join(sandbox.directory, "project");
const installed = join(project, "node_modules", "vllm-monitoring");

const build = async (binary: string) => {
  const tool = toolOf(binary);
  if (tool === undefined) throw new Error(`no tool of the project has the program ${binary}`);
  await buildTool(tool, console.log);
};
const refusedYaml = await refusalOf("the example in YAML", () => build("pulumi-language-yaml"));
const requirements = join(root, "examples", "python", "requirements.txt");
const refusedPython = await refusalOf("the example in Python", async () => {
  await build("pulumi-sdk-gen");
  await pythonEnvironment(requirements);
});
const goExample = join(root, "examples", "go");
const refusedGo = await refusalOf("the example in Go", async () => {
  await build("pulumi-sdk-gen");
  await promisify(execFile)("go", ["mod", "download", "github.com/pulumi/pulumi/sdk/v3"], { cwd: goExample });
});

beforeAll(() => {
  mkdirSync(sandbox.state);
  sandbox.quietHome();
  const manifest = buildPackage(installed);
  // As npm would install them; the SDK is the one that the program has, as a peer dependency is.
  const names = [manifest.dependencies, manifest["peerDependencies"]].flatMap((of) =>
    Object.keys(of as object),
  );
  for (const name of names) {
    const link = join(project, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, "node_modules", name), link);
  }
  sandbox.addLauncher("pulumi-language-nodejs", "language-host.ts");
});
afterAll(() => {
  sandbox.remove();
});

/** Where the engine finds the package of components as a plugin that is started from its sources. */
const fromSources = join(root, "package");

/** What the engine creates for one model. */
const objects = [
  "kubernetes:apps/v1:Deployment llama-server",
  "kubernetes:core/v1:Service llama-service",
  "kubernetes:core/v1:ServiceAccount llama-account",
  "kubernetes:monitoring.coreos.com/v1:PodMonitor llama-monitor",
  "kubernetes:networking.k8s.io/v1:NetworkPolicy llama-ingress",
  "kubernetes:policy/v1:PodDisruptionBudget llama-budget",
];

/** Types and names of what the stub created since the last call, children by their own type. */
const created = (): string[] =>
  sandbox
    .changes()
    .map((line) => line.replace(/^create /, "").replace(/^\S*\$/, ""))
    .sort();

/** A component of the package as the SDK of any language registers it: by its type, to be made by the plugin. */
class Remote extends pulumi.ComponentResource {
  declare readonly endpoint: pulumi.Output<string>;

  constructor(name: string, args: pulumi.Inputs) {
    super("vllm-monitoring:index:VllmDeployment", name, { endpoint: undefined, ...args }, {}, true);
  }
}

const model = (more: object = {}) => ({
  namespace: "serving",
  owner: "search",
  image: `vllm/vllm-openai:v0.33.0@sha256:${"ab".repeat(32)}`,
  model: { source: { kind: "hub", hub: { id: "org/model", revision: "0".repeat(40) } } },
  replicas: 2,
  ...more,
});

function remoteStack(name: string, args: () => pulumi.Inputs) {
  const program = () => Promise.resolve({ endpoint: new Remote("llama", args()).endpoint });
  return sandbox.stackOf("remote", name, program, [fromSources]);
}

it("makes a component for any program, and its output", async () => {
  const stack = await remoteStack("any", () => model());
  const { outputs } = await stack.up();
  expect(outputs["endpoint"]?.value).toBe("http://llama.serving.svc:8000");
  expect(created()).toEqual(objects);
  const { changeSummary } = await stack.preview();
  expect(Object.keys(changeSummary)).toEqual(["same"]);
});

it("keeps secret what comes in as a secret", async () => {
  const stack = await remoteStack("secret", () => model({ owner: pulumi.secret("planted-owner") }));
  await stack.up();
  const state = readFileSync(join(sandbox.state, ".pulumi", "stacks", "remote", "secret.json"), "utf8");
  expect(state).toContain("ciphertext");
  expect(state).not.toContain("planted-owner");
  expect(created()).toEqual(objects);
});

it("refuses a wrong argument by its name, with nothing created", async () => {
  const stack = await remoteStack("wrong", () => model({ replicas: -1 }));
  await expect(stack.up()).rejects.toThrow(/replicas must be a whole number of at least 0, is -1/);
  expect(created()).toEqual([]);
});

/** The plain CLI on a folder with a program. */
const cliIn =
  (folder: string) =>
  (...args: string[]) => {
    const result = spawnSync(toolPath("pulumi"), [...args, "--non-interactive", "--color", "never"], {
      cwd: folder,
      encoding: "utf8",
      env: {
        ...process.env,
        ...sandbox.variables(dirname(toolPath("pulumi-language-yaml"))),
        KUBECONFIG: "",
      },
    });
    return { code: result.status, output: `${result.stdout}${result.stderr}` };
  };

it("runs the example in TypeScript, with the package as npm installs it", () => {
  const folder = join(sandbox.directory, "typescript");
  mkdirSync(folder);
  for (const name of ["Pulumi.yaml", "index.ts"])
    cpSync(join(root, "examples", "typescript", name), join(folder, name));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module", main: "index.ts" }));
  symlinkSync(join(project, "node_modules"), join(folder, "node_modules"));
  const run = cliIn(folder);
  expect(run("stack", "init", "dev")).toMatchObject({ code: 0 });
  expect(run("up", "--yes", "--skip-preview")).toMatchObject({ code: 0 });
  const made = created();
  expect(made).toEqual(expect.arrayContaining(["kubernetes:core/v1:Namespace serving", ...objects]));
  const rules = made.filter((line) => line.startsWith("kubernetes:monitoring.coreos.com/v1:PrometheusRule "));
  expect(rules.length).toBeGreaterThan(5);
  expect(made).toHaveLength(1 + objects.length + rules.length);
  const outputs = JSON.parse(run("stack", "output", "--json").output) as object;
  expect(outputs).toEqual({ endpoint: "http://llama.serving.svc:8000" });
  expect(run("up", "--yes", "--skip-preview", "--expect-no-changes")).toMatchObject({ code: 0 });
});

it.skipIf(refusedYaml !== undefined)("runs the example in YAML", () => {
  cpSync(join(root, "examples", "yaml", "Pulumi.yaml"), join(project, "Pulumi.yaml"));
  const run = cliIn(project);
  expect(run("stack", "init", "dev")).toMatchObject({ code: 0 });
  expect(run("up", "--yes", "--skip-preview")).toMatchObject({ code: 0 });
  expect(created()).toEqual(["kubernetes:core/v1:Namespace serving", ...objects].sort());
  const outputs = JSON.parse(run("stack", "output", "--json").output) as object;
  expect(outputs).toEqual({ endpoint: "http://llama.serving.svc:8000" });
  expect(run("up", "--yes", "--skip-preview", "--expect-no-changes")).toMatchObject({ code: 0 });
});

/** Writes the SDK of a language into a folder, from the schema. */
function generateSdk(language: "go" | "python", folder: string): void {
  const schema = join(sandbox.directory, "schema.json");
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  writeFileSync(schema, JSON.stringify({ ...publishedSchema(), version }));
  const { status, stderr } = spawnSync(toolPath("pulumi-sdk-gen"), [language, schema, folder], {
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
}

/** What a program of an SDK's Automation API finds in its environment: the engine, and the plugin that makes the components. */
const automation = () => ({
  ...process.env,
  ...sandbox.variables(fromSources, dirname(toolPath("pulumi"))),
  PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK: "true",
});

/** What such a program printed: the operations of two updates, and the outputs. */
function expectModel(printed: string, more: string[] = []): void {
  const { first, second, outputs } = JSON.parse(printed.trim().split("\n").at(-1) ?? "") as Record<
    string,
    object
  >;
  expect(created()).toEqual([...more, ...objects].sort());
  // The stack, the component, and the component's objects.
  const count = 2 + more.length + objects.length;
  expect(first).toEqual({ create: count });
  expect(second).toEqual({ same: count });
  expect(outputs).toEqual({ endpoint: "http://llama.serving.svc:8000" });
}

it.skipIf(refusedGo !== undefined)("runs the example in Go, with the SDK that the schema generates", () => {
  const folder = join(sandbox.directory, "go");
  cpSync(goExample, folder, { recursive: true });
  cpSync(join(import.meta.dirname, "run_program.go"), join(folder, "run_program.go"));
  generateSdk("go", join(folder, "sdks", "vllm-monitoring"));
  const built = spawnSync("go", ["build", "-mod=readonly", "-o", "program", "."], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, GOFLAGS: "", GOWORK: "off" },
  });
  expect({ code: built.status, errors: built.stderr }).toMatchObject({ code: 0 });
  const { status, stdout, stderr } = spawnSync(join(folder, "program"), {
    cwd: folder,
    encoding: "utf8",
    env: { ...automation(), RUN_PROGRAM: "1" },
  });
  expect({ status, stderr }).toMatchObject({ status: 0 });
  expectModel(stdout);
});

it.skipIf(refusedPython !== undefined)(
  "runs the example in Python, with the SDK that the schema generates",
  async () => {
    const bin = await pythonEnvironment(requirements);
    const sdk = join(sandbox.directory, "sdk");
    const site = join(sandbox.directory, "site");
    const python = (args: string[], more: Record<string, string> = {}) => {
      const result = spawnSync(join(bin, "python"), args, {
        encoding: "utf8",
        env: { ...automation(), ...more },
      });
      return { code: result.status, output: result.stdout, errors: result.stderr };
    };
    generateSdk("python", sdk);
    const install = [
      "-m",
      "pip",
      "install",
      "--quiet",
      "--no-deps",
      "--no-build-isolation",
      "--target",
      site,
      sdk,
    ];
    expect(python(install)).toMatchObject({ code: 0 });
    const example = join(root, "examples", "python", "__main__.py");
    const { code, output, errors } = python([join(import.meta.dirname, "run_program.py"), example], {
      PYTHONPATH: site,
    });
    expect({ code, errors }).toMatchObject({ code: 0 });
    expectModel(output, ["kubernetes:core/v1:Namespace serving"]);
  },
);
