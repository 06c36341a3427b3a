import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import * as components from "../../../components/index.ts";
import { EXPORTS, packageOf, PEERS, publishedManifest, type Manifest } from "../../../package/manifest.ts";

const root = join(import.meta.dirname, "../../..");
const project = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;

describe("the published manifest", () => {
  it("names the packages that the code imports, at the tested versions, and no other", () => {
    const { dependencies, peerDependencies } = publishedManifest(project, [
      "./plan.js",
      "node:fs",
      "yaml",
      "@grafana/grafana-foundation-sdk/dashboard",
      "@pulumi/pulumi",
    ]);
    expect(dependencies).toEqual({
      "@grafana/grafana-foundation-sdk": project.dependencies?.["@grafana/grafana-foundation-sdk"],
      yaml: project.dependencies?.["yaml"],
    });
    expect(peerDependencies).toEqual(PEERS);
  });

  it("has neither scripts nor what only the repository needs", () => {
    const manifest = publishedManifest(project, []);
    for (const field of ["scripts", "devDependencies", "optionalDependencies", "overrides", "private"])
      expect(manifest).not.toHaveProperty(field);
    expect(manifest).toMatchObject({ name: "vllm-monitoring", version: project.version, exports: EXPORTS });
  });

  it("refuses an import that a user's project would not have", () => {
    expect(() => publishedManifest(project, ["vitest", "@kubernetes/client-node/dist/index.js"])).toThrow(
      "the published code imports @kubernetes/client-node, vitest; expected packages among the dependencies",
    );
  });

  it("has peers that the project's own versions satisfy", () => {
    for (const [name, range] of Object.entries(PEERS)) {
      const own = (project.dependencies?.[name] ?? "").split(".").map(Number);
      const least = range.replace("^", "").split(".").map(Number);
      expect(own[0], name).toBe(least[0]);
      expect((own[1] ?? 0) * 1000 + (own[2] ?? 0), name).toBeGreaterThanOrEqual(
        (least[1] ?? 0) * 1000 + (least[2] ?? 0),
      );
    }
  });
});

it("tells packages from files and from Node's own modules", () => {
  expect(["yaml", "@a/b", "@a/b/c/d", "a/b", "./a.js", "../a.js", "node:fs", "url"].map(packageOf)).toEqual([
    "yaml",
    "@a/b",
    "@a/b",
    "a",
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

it("exports every component: a class in components/*.ts is also in components/index.ts", () => {
  const declared = readdirSync(join(root, "components"))
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) =>
      [...readFileSync(join(root, "components", name), "utf8").matchAll(/^export class (\w+) extends/gm)].map(
        ([, className]) => className,
      ),
    );
  expect(declared.length).toBeGreaterThan(10);
  expect(declared.filter((name) => name !== undefined && !(name in components))).toEqual([]);
});
