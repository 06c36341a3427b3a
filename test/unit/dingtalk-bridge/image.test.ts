/** The Dockerfile can't be built in a unit test; what it copies is checked instead, by running the bridge from exactly those files. */
import { execFileSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../../..");
const dockerfile = readFileSync(join(root, "services/dingtalk-bridge/Dockerfile"), "utf8");
const finalStage = dockerfile.slice(dockerfile.lastIndexOf("FROM "));
const copies = [...finalStage.matchAll(/^COPY (--from=dependencies )?(\S+) (\S+)$/gm)].map((match) => ({
  from: (match[2] ?? "").replace(/^\/build\//, ""),
  to: match[3] ?? "",
}));

interface LockFile {
  readonly packages: Record<string, { dependencies?: Record<string, string> } | undefined>;
}

/** The packages that the bridge imports, with what they depend on. */
function neededPackages(): string[] {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as LockFile;
  const sources = globSync("services/dingtalk-bridge/*.ts", { cwd: root }).map((path) =>
    readFileSync(join(root, path), "utf8"),
  );
  const imports = sources.flatMap((text) =>
    [...text.matchAll(/from "([^".][^"]*)"/g)].map((match) => match[1] ?? ""),
  );
  const needed = new Set<string>();
  const add = (name: string) => {
    if (needed.has(name)) return;
    needed.add(name);
    for (const dependency of Object.keys(lock.packages[`node_modules/${name}`]?.dependencies ?? {}))
      add(dependency);
  };
  for (const name of imports) if (!name.startsWith("node:")) add(name);
  return [...needed].sort();
}

describe("Dockerfile", () => {
  it("copies exactly the packages that the bridge needs", () => {
    const packages = copies.filter((copy) => copy.to.startsWith("node_modules/"));
    expect(packages.map((copy) => copy.to.replace("node_modules/", "")).sort()).toEqual(neededPackages());
    for (const copy of packages) expect(copy.from).toBe(copy.to);
  });

  it("has pinned bases, no root and no secrets", () => {
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map((match) => match[1]);
    expect(new Set(bases).size).toBe(1);
    expect(bases[0]).toMatch(/^node:24\.\d+\.\d+-/);
    expect(finalStage).toMatch(/^USER 1000:1000$/m);
    expect(dockerfile).not.toMatch(/^(ENV|ARG) .*(TOKEN|SECRET)/m);
  });

  it("carries files that run on their own", () => {
    const app = mkdtempSync(join(tmpdir(), "dingtalk-image-"));
    try {
      for (const { from, to } of copies) {
        for (const path of globSync(from, { cwd: root })) {
          const target = from.includes("*") || to === "./" ? join(app, path) : join(app, to);
          mkdirSync(dirname(target), { recursive: true });
          cpSync(join(root, path), target, { recursive: true });
        }
      }
      const [program = "", ...args] = JSON.parse(
        /^ENTRYPOINT (.*)$/m.exec(finalStage)?.[1] ?? "[]",
      ) as string[];
      expect(program).toBe("node");
      const example = join(root, "services/dingtalk-bridge/config.example.json");
      const output = execFileSync(process.execPath, [...args, `--config=${example}`, "--check-config"], {
        cwd: app,
        encoding: "utf8",
      });
      expect(output).toContain("is valid: robots platform-critical, platform");
    } finally {
      rmSync(app, { recursive: true });
    }
  });
});
