import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parse, stringify } from "yaml";

const root = join(import.meta.dirname, "../..");

/** What the program and the review of it consist of. */
const parts = [
  ".gitignore",
  "alerts",
  "components",
  "dashboards",
  "local",
  "metrics",
  "package-lock.json",
  "package.json",
  "policies",
  "Pulumi.yaml",
  "review",
  "services/dingtalk-bridge",
  "stacks",
];

/** A repository of its own with a copy of the project in it, for tests that commit and change things. */
export class ProjectCopy {
  readonly root = mkdtempSync(join(tmpdir(), "vllm-monitoring-copy-"));

  constructor() {
    for (const part of parts) cpSync(join(root, part), join(this.root, part), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(this.root, "node_modules"));
    this.git("init", "--quiet", "--initial-branch=main");
    this.commit("Begin");
  }

  git(...args: string[]): string {
    const identity = [
      "-c",
      "user.name=Test",
      "-c",
      "user.email=test@example.com",
      "-c",
      "commit.gpgsign=false",
    ];
    return execFileSync("git", [...identity, ...args], { cwd: this.root, encoding: "utf8" }).trim();
  }

  /** Commits everything. @returns the commit's hash */
  commit(message: string): string {
    // A symbolic link is no directory, so that the pattern of .gitignore doesn't match it.
    this.git("add", "--all", "--", ".", ":!node_modules");
    this.git("commit", "--quiet", "--allow-empty", "--message", message);
    return this.git("rev-parse", "HEAD");
  }

  path(...segments: string[]): string {
    return join(this.root, ...segments);
  }

  read(path: string): string {
    return readFileSync(this.path(path), "utf8");
  }

  write(path: string, text: string): void {
    writeFileSync(this.path(path), text);
  }

  /** Replaces a text in a file. @throws when it isn't there */
  replace(path: string, from: string, to: string): void {
    const text = this.read(path);
    if (!text.includes(from)) throw new Error(`${path} does not contain ${from}`);
    this.write(path, text.replace(from, to));
  }

  /** Changes the configuration of an environment; comments are lost. */
  configure(environment: string, change: (config: Record<string, unknown>) => void): void {
    const path = `stacks/Pulumi.${environment}.yaml`;
    const document = parse(this.read(path)) as { config: Record<string, unknown> };
    change(document.config);
    this.write(path, stringify(document, { aliasDuplicateObjects: false }));
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
