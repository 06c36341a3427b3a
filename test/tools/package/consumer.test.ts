/** The package as a user gets it: built, packed, installed into an empty project, compiled against and run. */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { rolldown } from "rolldown";
import { afterAll, beforeAll, expect, it } from "vitest";

import { buildPackage } from "../../../package/build.ts";
import type { Manifest } from "../../../package/manifest.ts";
import { lockFor, type Lock } from "../../support/lock.ts";
import { snippetsOf } from "../../support/snippets.ts";

const root = join(import.meta.dirname, "../../..");
const directory = mkdtempSync(join(tmpdir(), "vllm-monitoring-package-"));
const consumer = join(directory, "consumer");
let manifest: Manifest;
let files: string[];

function node(args: string[], environment: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: consumer,
    encoding: "utf8",
    env: { ...process.env, ...environment },
  });
  return { status, output: `${stdout}${stderr}` };
}

beforeAll(() => {
  manifest = buildPackage(join(directory, "package"));
  const pack = execFileSync(
    "npm",
    ["pack", "--json", "--pack-destination", directory, join(directory, "package")],
    {
      encoding: "utf8",
      cwd: directory,
    },
  );
  const [packed] = JSON.parse(pack) as { filename: string; files: { path: string }[] }[];
  if (packed === undefined) throw new Error("npm pack made nothing");
  files = packed.files.map(({ path }) => path);
  const archive = join(directory, packed.filename);
  const integrity = `sha512-${createHash("sha512").update(readFileSync(archive)).digest("base64")}`;

  mkdirSync(consumer);
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as Lock;
  const project = {
    name: "consumer",
    type: "module",
    dependencies: {
      "vllm-monitoring": `file:${archive}`,
      "@types/node": lock.packages["node_modules/@types/node"]?.version ?? "",
      ...manifest.dependencies,
      ...Object.fromEntries(
        Object.keys(manifest["peerDependencies"] as object).map((name) => [
          name,
          lock.packages[`node_modules/${name}`]?.version ?? "",
        ]),
      ),
    },
  };
  const own = { ...manifest, resolved: `file:${archive}`, integrity };
  writeFileSync(join(consumer, "package.json"), JSON.stringify(project));
  writeFileSync(
    join(consumer, "package-lock.json"),
    JSON.stringify(lockFor(lock, project, { "node_modules/vllm-monitoring": own })),
  );
  execFileSync(
    "npm",
    ["ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"],
    {
      cwd: consumer,
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
});

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

const program = `
import * as pulumi from "@pulumi/pulumi";
import { VllmDeployment, VllmModelSourceKind, type VllmDeploymentArgs } from "vllm-monitoring/components/vllm-deployment";

const args: VllmDeploymentArgs = {
  namespace: "serving",
  owner: "search",
  image: "vllm/vllm-openai:v0.32.0@sha256:${"ab".repeat(32)}",
  model: { source: { kind: VllmModelSourceKind.Hub, hub: { id: "org/model", revision: "${"0".repeat(40)}" } } },
};
export const endpoint: pulumi.Output<string> = new VllmDeployment("llama", args).endpoint;
`;

it("holds JavaScript and types, and neither sources nor tests", () => {
  expect(files.filter((path) => !/\.(js|d\.ts|json|md|yaml)$/.test(path))).toEqual([]);
  expect(files.filter((path) => /\btest\b|\.test\.|^local\/|^review\//.test(path))).toEqual([]);
  for (const target of ["components/index.js", "components/index.d.ts", "README.md", "CHANGELOG.md"])
    expect(files).toContain(target);
});

it("brings no second copy of the SDK", () => {
  const copies = readdirSync(join(consumer, "node_modules"), { recursive: true, encoding: "utf8" }).filter(
    (path) => /(^|\/)@pulumi\/pulumi\/package\.json$/.test(path) && !path.includes("vendored"),
  );
  expect(copies).toEqual(["@pulumi/pulumi/package.json"]);
});

/** Checks files of the consumer's project as strictly as the compiler can. */
function compileFiles(files: string[]) {
  const options = {
    compilerOptions: {
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      verbatimModuleSyntax: true,
      module: "nodenext",
      target: "es2023",
      types: ["node"],
      noEmit: true,
    },
    files,
  };
  writeFileSync(join(consumer, "tsconfig.json"), JSON.stringify(options));
  return node([join(root, "node_modules/typescript-native/bin/tsc"), "-p", "tsconfig.json"]);
}

it("compiles in a strict project, and refuses a wrong argument", () => {
  const compile = (name: string, text: string) => {
    writeFileSync(join(consumer, `${name}.ts`), text);
    return compileFiles([`${name}.ts`]);
  };
  const everything = [
    'import * as components from "vllm-monitoring/components";',
    'import { catalogues } from "vllm-monitoring/metrics";',
    'import { engine } from "vllm-monitoring/metrics/engine";',
    'import { rate, print, contextOf } from "vllm-monitoring/metrics/promql";',
    'import { ruleSets } from "vllm-monitoring/alerts";',
    'import * as dashboards from "vllm-monitoring/dashboards";',
    'import { readPlatform } from "vllm-monitoring/outputs";',
    'import { POLICIES } from "vllm-monitoring/policies";',
    "export { POLICIES, components, catalogues, engine, rate, print, contextOf, ruleSets, dashboards, readPlatform };",
  ].join("\n");
  expect(compile("program", program)).toEqual({ status: 0, output: "" });
  expect(compile("everything", everything)).toEqual({ status: 0, output: "" });
  const example = readFileSync(join(root, "examples/typescript/index.ts"), "utf8");
  expect(compile("example", example)).toEqual({ status: 0, output: "" });
  const wrong = compile("wrong", program.replace('owner: "search"', 'owner: 1, ovner: "search"'));
  expect(wrong.status).not.toBe(0);
  expect(wrong.output).toContain("'number' is not assignable to type 'Input<string>'");
});

it("compiles what the documents show of it", () => {
  const snippets = snippetsOf("ts").filter(({ text }) => text.includes('"vllm-monitoring/'));
  expect(snippets.length).toBeGreaterThan(5);
  const files = snippets.map(({ document, number, text }) => {
    const file = `${document.replaceAll(/\W/g, "-")}-${String(number)}.ts`;
    writeFileSync(join(consumer, file), text);
    return file;
  });
  expect(compileFiles(files)).toEqual({ status: 0, output: "" });
});

it("runs with mocks, and loads no other component", () => {
  const run = `
import * as pulumi from "@pulumi/pulumi";
const made = [];
await pulumi.runtime.setMocks({
  newResource: ({ type, name, inputs }) => (made.push(type + " " + name), { id: name, state: inputs }),
  call: () => ({}),
});
const { VllmDeployment } = await import("vllm-monitoring/components/vllm-deployment");
const llama = new VllmDeployment("llama", {
  namespace: "serving",
  owner: "search",
  image: "vllm/vllm-openai:v0.32.0@sha256:" + "ab".repeat(32),
  model: { source: { kind: "hub", hub: { id: "org/model", revision: "0".repeat(40) } } },
});
const endpoint = await new Promise((resolve) => llama.endpoint.apply(resolve));
await pulumi.runtime.disconnect();
console.log(JSON.stringify({ endpoint, made: made.sort() }));
`;
  writeFileSync(join(consumer, "run.js"), run);
  const { status, output } = node(["run.js"]);
  expect({ status, output }).toMatchObject({ status: 0 });
  expect(JSON.parse(output)).toEqual({
    endpoint: "http://llama.serving.svc:8000",
    made: [
      "kubernetes:apps/v1:Deployment llama-server",
      "kubernetes:core/v1:Service llama-service",
      "kubernetes:core/v1:ServiceAccount llama-account",
      "kubernetes:monitoring.coreos.com/v1:PodMonitor llama-monitor",
      "kubernetes:networking.k8s.io/v1:NetworkPolicy llama-ingress",
      "vllm-monitoring:index:VllmDeployment llama",
    ],
  });
});

it("holds what components read beside their code", () => {
  const run = `
import * as pulumi from "@pulumi/pulumi";
const made = new Set();
await pulumi.runtime.setMocks({
  newResource: ({ type, name, inputs }) => (made.add(type), { id: name, state: inputs }),
  call: () => ({}),
});
const { KubePrometheus, KubeRayOperator } = await import("vllm-monitoring/components");
new KubePrometheus("monitoring", { cluster: "test", alertmanager: { configSecret: "alertmanager" } });
new KubeRayOperator("kuberay", { namespace: "kuberay-system", watchNamespaces: ["vllm"] });
await pulumi.runtime.disconnect();
console.log(JSON.stringify([...made]));
`;
  writeFileSync(join(consumer, "assets.js"), run);
  const { status, output } = node(["assets.js"]);
  expect({ status, output }).toMatchObject({ status: 0 });
  const made = JSON.parse(output) as string[];
  expect(made).toContain("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition");
  expect(made).toContain("kubernetes:monitoring.coreos.com/v1:Prometheus");
});

it("gives every public module, and nothing else", () => {
  const load = (name: string) =>
    node(["--input-type=module", "--eval", `console.log(Object.keys(await import("${name}")).length > 0)`]);
  const patterns: Record<string, string[]> = {
    "./components/*": readdirSync(join(root, "components")).flatMap((name) =>
      name.endsWith(".ts") && name !== "index.ts" ? [name.replace(/\.ts$/, "")] : [],
    ),
    "./metrics/*": readdirSync(join(root, "metrics"), { withFileTypes: true }).flatMap((found) =>
      found.isDirectory() ? [found.name] : [],
    ),
  };
  const modules = Object.keys(manifest["exports"] as object)
    .filter((name) => name !== "./package.json")
    .flatMap((name) => (patterns[name] ?? [""]).map((part) => name.replace("*", part)));
  const imports = modules.map((name) => `await import("vllm-monitoring/${name.slice(2)}");`).join("\n");
  expect(node(["--input-type=module", "--eval", imports])).toEqual({ status: 0, output: "" });
  for (const inner of [
    "components/vllm/plan",
    "components/vllm/plan.js",
    "stacks/outputs",
    "metrics/promql/print",
  ])
    expect(load(`vllm-monitoring/${inner}`).output).toMatch(
      /ERR_(PACKAGE_PATH_NOT_EXPORTED|MODULE_NOT_FOUND)/,
    );
  expect(existsSync(join(consumer, "node_modules/vllm-monitoring/components/vllm/plan.js"))).toBe(true);
});

it("is a component plugin: its executable answers with the schema", () => {
  const executable = join(consumer, "node_modules/.bin/pulumi-resource-vllm-monitoring");
  expect(existsSync(executable)).toBe(true);
  // The language host loads the package by its folder, with require.
  const { status, output } = node([
    "--eval",
    `require("./node_modules/vllm-monitoring"); setTimeout(() => process.exit(0), 500);`,
  ]);
  expect({ status, output }).toEqual({ status: 0, output: expect.stringMatching(/^\d+\n$/) as string });
  const manifestOfPlugin = readFileSync(
    join(consumer, "node_modules/vllm-monitoring/PulumiPlugin.yaml"),
    "utf8",
  );
  expect(manifestOfPlugin).toContain("name: nodejs");
});

it("leaves out of a bundle what a program does not use", async () => {
  const bundle = async (text: string) => {
    writeFileSync(join(consumer, "bundle.js"), text);
    const build = await rolldown({
      input: join(consumer, "bundle.js"),
      external: [/^@pulumi\//, /^node:/, /^yaml$/],
      logLevel: "silent",
    });
    const { output } = await build.generate({});
    await build.close();
    return output[0].code;
  };
  const one = await bundle(
    'import { VllmDeployment } from "vllm-monitoring/components"; console.log(VllmDeployment);',
  );
  const all = await bundle('import * as all from "vllm-monitoring/components"; console.log(all);');
  expect(one).toContain("vllm-monitoring:index:VllmDeployment");
  expect(one).not.toContain("vllm-monitoring:index:EksCluster");
  expect(all).toContain("vllm-monitoring:index:EksCluster");
  expect(one.length).toBeLessThan(all.length / 3);
});
