/**
 * Builds the npm package into a folder: JavaScript, types, and a manifest of its own. Only for publishing; in the repository the
 * sources run as they are.
 *
 *     node package/build.ts [FOLDER]      (default: dist)
 *     npm publish ./dist
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

import { EXPORTS, PLUGIN, publishedManifest, type Manifest } from "./manifest.ts";

const root = join(import.meta.dirname, "..");

/** Files that the code reads at run time, beside the module that does. */
const ASSETS = ["package/schema.json", ...crdFiles()];
const DOCUMENTS = ["CHANGELOG.md"];

export function buildPackage(folder: string): Manifest {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  compile(folder);
  writeComponentEntries(folder);
  for (const file of ASSETS) cpSync(join(root, file), join(folder, file));
  for (const file of DOCUMENTS) cpSync(join(root, file), join(folder, file));
  for (const file of ["README.md", "PulumiPlugin.yaml"])
    cpSync(join(import.meta.dirname, file), join(folder, file));
  const project = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
  const manifest = publishedManifest(project, importsBelow(folder));
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

/** CRDs of the operators that components bring. */
function crdFiles(): string[] {
  const folder = "components/crds";
  return readdirSync(join(root, folder)).flatMap((name) =>
    name.endsWith(".json") ? [`${folder}/${name}`] : [],
  );
}

/** Sources of the public modules; the compiler adds what they import. */
function publicSources(): string[] {
  const fixed = Object.values(EXPORTS).flatMap((entry) =>
    typeof entry === "string" || entry.default.includes("*")
      ? []
      : [entry.default.replace(/\.js$/, ".ts").replace(/^\.\//, "")],
  );
  const catalogues = readdirSync(join(root, "metrics"), { withFileTypes: true })
    .filter((found) => found.isDirectory())
    .map(({ name }) => `metrics/${name}/index.ts`);
  const plugin = PLUGIN.replace(/\.js$/, ".ts").replace(/^\.\//, "");
  return [...fixed, plugin, ...catalogues, ...componentNames().map((name) => `components/${name}.ts`)];
}

/** Modules that hold a component each. */
function componentNames(): string[] {
  return readdirSync(join(root, "components"))
    .filter((name) => name.endsWith(".ts") && name !== "index.ts")
    .map((name) => name.replace(/\.ts$/, ""));
}

function compile(folder: string): void {
  const config = join(folder, "tsconfig.json");
  const options = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: {
      noEmit: false,
      rootDir: root,
      outDir: folder,
      declaration: true,
      rewriteRelativeImportExtensions: true,
      typeRoots: [join(root, "node_modules", "@types")],
    },
    include: [],
    files: publicSources().map((source) => join(root, source)),
  };
  writeFileSync(config, JSON.stringify(options));
  const compiler = join(root, "node_modules", "typescript-native", "bin", "tsc");
  const { status, stdout, stderr } = spawnSync(process.execPath, [compiler, "-p", config], {
    encoding: "utf8",
  });
  rmSync(config);
  if (status !== 0) throw new Error(`the package does not compile:\n${stdout}${stderr}`);
}

/** The folder of a component's parts has its name or a similar one; an entry apart keeps them out of the pattern's reach. */
function writeComponentEntries(folder: string): void {
  const entries = join(folder, "entries", "components");
  mkdirSync(entries, { recursive: true });
  for (const name of componentNames()) {
    const line = `export * from "../../components/${name}.js";\n`;
    writeFileSync(join(entries, `${name}.js`), line);
    writeFileSync(join(entries, `${name}.d.ts`), line);
  }
}

/** Statements begin a line in what the compiler writes, which tells them from words in texts. */
const IMPORT =
  /^(?:(?:import|export)\b[\w\s{},*]*?\bfrom |import )"([@\w./:-]+)"|\bimport\("([@\w./:-]+)"\)/gm;

/** What the code and the types import. */
function importsBelow(folder: string): Set<string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    ({ name }) => name.endsWith(".js") || name.endsWith(".d.ts"),
  );
  const found = new Set<string>();
  for (const { parentPath, name } of files) {
    const text = readFileSync(join(parentPath, name), "utf8");
    for (const [, fixed, loaded] of text.matchAll(IMPORT)) {
      const specifier = fixed ?? loaded;
      if (specifier !== undefined) found.add(specifier);
    }
  }
  return found;
}

if (import.meta.main) {
  const folder = resolve(process.argv[2] ?? join(root, "dist"));
  const { name, version } = buildPackage(folder);
  console.log(`${name} ${version}: ${relative(dirname(root), folder)}`);
}
