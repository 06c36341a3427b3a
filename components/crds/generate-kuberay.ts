import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";

import { parse } from "yaml";

import { moduleDirectory, toolOf } from "../../local/toolchain/tools.ts";
import { withoutDescriptions, type Json } from "./generate.ts";
import { kubeRayCrdFile } from "./kuberay-manifests.ts";

/**
 * Writes the committed CRDs of KubeRay from the pinned Go module that the operator is built from:
 * `node components/crds/generate-kuberay.ts`. Run it after a change of the operator's version.
 */

/** Kinds that the operator can't start without. */
const PLURALS = ["rayclusters", "rayjobs", "rayservices"];

interface Crd {
  spec: { versions: { name: string }[] };
}

/** The file's content: a JSON array with one CRD per line. */
export function generateKubeRayCrds(): string {
  const folder = path.join(sourceFolder(), "config", "crd", "bases");
  const crds = PLURALS.map((plural) => {
    const crd = parse(readFileSync(path.join(folder, `ray.io_${plural}.yaml`), "utf8")) as Crd;
    // Nothing has been stored as v1alpha1 since KubeRay 1.0, and half of the text is its schema.
    crd.spec.versions = crd.spec.versions.filter(({ name }) => name === "v1");
    return JSON.stringify(withoutDescriptions(crd as unknown as Json));
  });
  return `[\n${crds.join(",\n")}\n]\n`;
}

/** Folder of the module's sources; Go has checked them against go.sum. */
function sourceFolder(): string {
  const tool = toolOf("ray-operator");
  if (tool === undefined) throw new Error("local/toolchain/manifest.ts knows no ray-operator");
  const run = spawnSync("go", ["mod", "download", "-json", `${tool.path}@${tool.version}`], {
    cwd: moduleDirectory(tool),
    encoding: "utf8",
    env: { ...process.env, GOFLAGS: "-mod=readonly" },
  });
  const answer = (run.stdout === "" ? {} : JSON.parse(run.stdout)) as { Dir?: string; Error?: string };
  if (answer.Dir === undefined) {
    throw new Error(`${tool.path}@${tool.version}: ${answer.Error ?? run.error?.message ?? run.stderr}`);
  }
  return answer.Dir;
}

if (import.meta.main) {
  const content = generateKubeRayCrds();
  writeFileSync(kubeRayCrdFile, content);
  console.log(`${kubeRayCrdFile}: ${String(content.length)} bytes`);
}
