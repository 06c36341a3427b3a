import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type {
  AnalyzeResult,
  Analyzer as AnalyzerClass,
} from "@pulumi/pulumi/provider/experimental/analyzer.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";

const { Analyzer } = createRequire(import.meta.url)("@pulumi/pulumi/provider/experimental/analyzer") as {
  Analyzer: typeof AnalyzerClass;
};
const root = resolve(import.meta.dirname, "../../..");
const components = { VllmDeployment: "vllm-deployment.ts", GrafanaDashboards: "grafana-dashboards.ts" };

/** What `pulumi package add` infers for other languages; it reads a folder with an entry file. */
describe("the package schema", { timeout: 120_000 }, () => {
  let directory: string;
  let result: AnalyzeResult;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "vllm-schema-"));
    const manifest = { name: "vllm-monitoring", main: "index.ts" };
    const lines = Object.entries(components).map(
      ([name, file]) => `export { ${name} } from "${join(root, "components", file)}";`,
    );
    symlinkSync(join(root, "node_modules"), join(directory, "node_modules"));
    writeFileSync(join(directory, "package.json"), JSON.stringify(manifest));
    writeFileSync(join(directory, "index.ts"), lines.join("\n"));
    const config = { extends: join(root, "tsconfig.json"), include: ["index.ts"] };
    writeFileSync(join(directory, "tsconfig.json"), JSON.stringify(config));
    result = new Analyzer(directory, manifest.name, manifest, new Set(Object.keys(components))).analyze();
  }, 120_000);

  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  it("is the one that users have built on: a change here may break them", async () => {
    const surface = { components: result.components, types: result.typeDefinitions };
    const text = stringify(surface, { sortMapEntries: true, lineWidth: 0 });
    await expect(text).toMatchFileSnapshot("golden/schema.yaml");
  });

  it("has no output but the documented ones", () => {
    expect(Object.keys(result.components["VllmDeployment"]?.outputs ?? {})).toEqual([
      "deploymentName",
      "serviceName",
      "endpoint",
      "modelName",
      "podMonitorName",
    ]);
    expect(Object.keys(result.components["GrafanaDashboards"]?.outputs ?? {})).toEqual(["configMapNames"]);
  });

  it("says of every field what it is", () => {
    const described = [
      ...Object.entries(result.components).flatMap(([name, { inputs, outputs }]) =>
        Object.entries({ ...inputs, ...outputs }).map(([field, { description }]) => [
          `${name}.${field}`,
          description,
        ]),
      ),
      ...Object.entries(result.typeDefinitions).flatMap(([name, { properties = {} }]) =>
        Object.entries(properties).map(([field, { description }]) => [`${name}.${field}`, description]),
      ),
    ];
    expect(described.length).toBeGreaterThan(100);
    expect(described.filter(([, description]) => !description).map(([field]) => field)).toEqual([]);
  });
});
