/** What the published package says of itself. Pure: the build gives it the project's manifest and what the code imports. */

import { isBuiltin } from "node:module";

/** The part of a package.json that is read or written here. */
export interface Manifest {
  name: string;
  version: string;
  description?: string;
  type?: string;
  license?: string;
  engines?: Record<string, string>;
  dependencies?: Record<string, string>;
  [field: string]: unknown;
}

/** One entry of the exports map: the code, and its types for the compiler. */
interface Entry {
  types: string;
  default: string;
}

const entry = (path: string): Entry => ({ types: `./${path}.d.ts`, default: `./${path}.js` });

/**
 * The public modules. Whatever isn't listed can't be imported, so that it may change at any time.
 *
 * `./components/*` loads one component alone, `./components` all of them.
 */
export const EXPORTS = {
  "./components": entry("components/index"),
  "./components/*": entry("entries/components/*"),
  "./metrics": entry("metrics/index"),
  "./metrics/*": entry("metrics/*/index"),
  "./alerts": entry("alerts/index"),
  "./dashboards": entry("dashboards/index"),
  "./policies": entry("policies/index"),
  "./outputs": entry("stacks/outputs"),
  "./package.json": "./package.json",
} as const;

/** The program that hosts the components for other languages. */
export const PLUGIN = "./package/plugin.js";

/**
 * Versions of the SDKs that the code works with. They are peers, because a program and its components must share one copy
 * of `@pulumi/pulumi`: the SDK keeps its connection to the engine in the module.
 */
export const PEERS: Readonly<Record<string, string>> = {
  "@pulumi/aws": "^7.48.0",
  "@pulumi/kubernetes": "^4.34.0",
  "@pulumi/pulumi": "^3.250.0",
  "@pulumiverse/grafana": "^2.40.0",
};

/** Name of the package in an import, or undefined for files and Node's own modules: `@scope/name` of `@scope/name/sub`. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith(".") || isBuiltin(specifier)) return undefined;
  const parts = specifier.split("/");
  return parts.slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}

/**
 * The manifest of the published package: the project's, with the exports map, the peers, and of the dependencies only those
 * that the published code imports.
 *
 * @param imports every import of the published code and its types
 * @throws when the code imports a package that a user would not get
 */
export function publishedManifest(project: Manifest, imports: Iterable<string>): Manifest {
  const { name, version, description, type, license, engines, dependencies = {} } = project;
  const used = new Set([...imports].map(packageOf).filter((found) => found !== undefined));
  const missing = [...used].filter((found) => !(found in PEERS) && !(found in dependencies)).sort();
  if (missing.length > 0)
    throw new Error(
      `the published code imports ${missing.join(", ")}; expected packages among the dependencies of package.json, which a user gets too; ` +
        "move each there, or don't import it from a public module",
    );
  const own = Object.entries(dependencies).filter(([found]) => used.has(found) && !(found in PEERS));
  return {
    name,
    version,
    ...(description === undefined ? {} : { description }),
    ...(type === undefined ? {} : { type }),
    ...(license === undefined ? {} : { license }),
    keywords: ["pulumi", "vllm", "prometheus", "kubernetes", "monitoring", "component"],
    ...(engines === undefined ? {} : { engines }),
    // Importing the plugin starts it; no other module does anything by being imported.
    sideEffects: [PLUGIN],
    exports: EXPORTS,
    // What the language host of `PulumiPlugin.yaml` loads, and what the engine starts from PATH where there is no such host.
    main: PLUGIN,
    bin: { [`pulumi-resource-${name}`]: PLUGIN },
    dependencies: Object.fromEntries(own),
    peerDependencies: PEERS,
  };
}
