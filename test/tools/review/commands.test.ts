/** The commands as people type them, in a repository of their own. */

import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { ProjectCopy } from "../../support/project-copy.ts";

let copy: ProjectCopy;
beforeAll(() => {
  copy = new ProjectCopy();
});
afterAll(() => {
  copy.remove();
});
beforeEach(() => {
  copy.git("checkout", "--quiet", "--force", "main");
  copy.git("clean", "--quiet", "--force", "-d", "--exclude=node_modules");
});

function command(args: string[], environment: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["review/cli.ts", ...args], {
    cwd: copy.root,
    encoding: "utf8",
    env: { ...process.env, ...environment },
  });
  return { status, stdout, stderr };
}

/** All files of a render with their content. */
function filesBelow(directory: string): Record<string, string> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(directory.length + 1), readFileSync(path, "utf8")];
    }),
  );
}

describe("render", () => {
  it("writes the same bytes in another run, directory, locale and time zone", () => {
    expect(command(["render", "--out=one"]).status).toBe(0);
    const other = new ProjectCopy();
    try {
      execFileSync(process.execPath, ["review/cli.ts", "render", "--out=two"], {
        cwd: other.root,
        env: {
          ...process.env,
          LC_ALL: "tr_TR.UTF-8",
          LANG: "tr_TR.UTF-8",
          TZ: "Asia/Kathmandu",
          HOME: "/nonexistent",
          KUBECONFIG: "/nonexistent",
        },
      });
      const [one, two] = [filesBelow(copy.path("one")), filesBelow(other.path("two"))];
      expect(Object.keys(one).length).toBeGreaterThan(200);
      expect(two).toEqual(one);
      const text = Object.values(one).join("\n");
      for (const trace of [copy.root, other.root, "vllm-monitoring-render-"])
        expect(text).not.toContain(trace);
    } finally {
      other.remove();
    }
  });

  it("replaces what an earlier one wrote, and nothing else", () => {
    expect(command(["render", "--environment=dev", "--out=out"]).status).toBe(0);
    writeFileSync(copy.path("out", "dev", "stale.yaml"), "");
    expect(command(["render", "--environment=dev", "--out=out"]).status).toBe(0);
    expect(existsSync(copy.path("out", "dev", "stale.yaml"))).toBe(false);

    mkdirSync(copy.path("precious", "dev"), { recursive: true });
    writeFileSync(copy.path("precious", "dev", "thesis.txt"), "years of work");
    const { status, stderr } = command(["render", "--environment=dev", "--out=precious"]);
    expect(status).toBe(1);
    expect(stderr).toContain("--out: precious/dev holds files that are no render");
    expect(existsSync(copy.path("precious", "dev", "thesis.txt"))).toBe(true);
  });

  it("says which environments there are", () => {
    const { status, stderr } = command(["render", "--environment=production"]);
    expect(status).toBe(1);
    expect(stderr).toContain(
      '--environment: got "production"; expected all or one of dev, local, prod, staging',
    );
  });

  it("tells every error of a configuration", () => {
    copy.replace("stacks/Pulumi.dev.yaml", "replicas: 1", "replicas: -1");
    const { status, stderr } = command(["render", "--environment=dev"]);
    expect(status).toBe(1);
    expect(stderr).toContain("1 error in the configuration (stacks/Pulumi.dev.yaml)");
    expect(stderr).not.toContain("    at ");
  });
});

describe("review", () => {
  it("of a comment, an order of keys and another spelling of numbers says that nothing changes", () => {
    copy.replace("stacks/Pulumi.prod.yaml", "# Production.", "# Production, with care.\n#\n# Really.");
    copy.replace(
      "stacks/Pulumi.prod.yaml",
      "    groupWait: 30s\n    groupInterval: 5m\n",
      '    groupInterval: "5m"\n    groupWait: 30s\n',
    );
    const { status, stdout } = command(["review", "--base=main"]);
    expect(status).toBe(0);
    expect(stdout).toContain("**No changes** in `dev`, `local`, `prod`, `staging`.");
    expect(stdout).toContain("with the working tree");
  });

  it("compares two commits, each with its own code", () => {
    const before = copy.git("rev-parse", "HEAD");
    copy.replace(
      "alerts/vllm/high-waiting-requests.ts",
      "HIGH_WAITING_REQUESTS = 100",
      "HIGH_WAITING_REQUESTS = 150",
    );
    copy.configure("prod", (config) => {
      const fleet = config["vllm-monitoring:fleet"] as { models: { replicas: number }[] };
      for (const model of fleet.models.slice(0, 1)) model.replicas = 1;
    });
    copy.git("checkout", "--quiet", "-b", "change");
    const after = copy.commit("Change");
    copy.git("checkout", "--quiet", "main");
    const { status, stdout } = command(["review", `--base=${before}`, `--head=${after}`]);
    expect(status).toBe(0);
    expect(stdout).toContain("threshold: `100` → `150`");
    expect(stdout).toContain("fewer replicas: 2 → 1");
    expect(stdout).not.toContain(copy.root);
    // The same commits, the same bytes.
    expect(command(["review", `--base=${before}`, `--head=${after}`]).stdout).toBe(stdout);
  });

  it("leaves out what came to the base meanwhile, unless that is asked for", () => {
    copy.git("checkout", "--quiet", "-b", "feature");
    copy.commit("Nothing");
    copy.git("checkout", "--quiet", "-b", "moved", "main");
    copy.replace("stacks/Pulumi.prod.yaml", "repeatInterval: 4h", "repeatInterval: 8h");
    copy.commit("Meanwhile");
    copy.git("checkout", "--quiet", "feature");
    expect(command(["review", "--base=moved", "--environment=prod"]).stdout).toContain("**No changes**");
    const exact = command(["review", "--base=moved", "--environment=prod", "--exact-base"]).stdout;
    expect(exact).toContain("repeat `8h` → `4h`");
  });

  it("tells environments that come and go", () => {
    copy.git("checkout", "--quiet", "-b", "fewer");
    rmSync(copy.path("stacks/Pulumi.dev.yaml"));
    copy.commit("Without dev");
    copy.git("checkout", "--quiet", "main", "--", "stacks/Pulumi.dev.yaml");
    rmSync(copy.path("stacks/Pulumi.staging.yaml"));
    const { stdout, status } = command(["review", "--base=HEAD"]);
    expect(status).toBe(0);
    expect(stdout).toContain("## `dev` (new environment)");
    expect(stdout).toContain("## `staging` (environment gone)");
    expect(stdout).toContain("| `staging` (gone) | | | | | | |");
    expect(stdout).toMatch(/- \*\*Medium:\*\* The environment has no file any more.* with \d+ resources/);
  });

  it("fails when the change can't be rendered, and tells why", () => {
    copy.replace("stacks/Pulumi.dev.yaml", "maxModelLength: 4096", "maxModelLength: long");
    const { status, stdout, stderr } = command(["review", "--base=main"]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/dev: 1 error in the configuration \(stacks\/Pulumi\.dev\.yaml\)/);
    expect(stdout).toContain(
      "- **High:** `dev` can't be rendered: 1 error in the configuration (stacks/Pulumi.dev.yaml); nothing was changed:",
    );
    expect(stdout).toContain("Nothing else changes in `local`, `prod`, `staging`.");
    expect(stdout).not.toContain("No changes");
  });

  it("counts everything as new when the base can't be rendered", () => {
    copy.git("checkout", "--quiet", "-b", "broken");
    copy.replace("stacks/Pulumi.dev.yaml", "maxModelLength: 4096", "maxModelLength: long");
    copy.commit("Break");
    copy.replace("stacks/Pulumi.dev.yaml", "maxModelLength: long", "maxModelLength: 4096");
    const { status, stdout } = command(["review", "--base=HEAD", "--environment=dev"]);
    expect(status).toBe(0);
    expect(stdout).toContain("`dev` can't be rendered at the base, so everything in it counts as new");
    expect(stdout).toContain("## `dev` (its base can't be rendered)");
  });

  it("installs the packages of a base that has others", () => {
    copy.git("checkout", "--quiet", "-b", "packages");
    copy.replace("package-lock.json", '"name": "vllm-monitoring"', '"name": "vllm-monitoring" ');
    // Stands for the installation, which would take minutes: it gives the present packages.
    const bin = copy.path("fake-bin");
    mkdirSync(bin);
    writeFileSync(
      join(bin, "npm"),
      `#!/bin/sh\necho "$@" >> ${copy.path("npm.log")}\nln -s ${copy.path("node_modules")} node_modules\n`,
      { mode: 0o755 },
    );
    const environment = { PATH: `${bin}:${process.env["PATH"] ?? ""}` };
    const first = command(["review", "--base=main", "--environment=dev"], environment);
    expect(first.stderr).toContain("installing them");
    expect(first.stdout).toContain("> The two commits have different packages (package-lock.json)");
    expect(first.stdout).toContain("**No changes**");
    command(["review", "--base=main", "--environment=dev"], environment);
    expect(readFileSync(copy.path("npm.log"), "utf8")).toBe("ci --ignore-scripts --loglevel=error\n");
  });

  it("writes a report that fits into a comment, and the whole one beside it", () => {
    for (const environment of ["dev", "prod", "staging"])
      copy.configure(environment, (config) => {
        const fleet = config["vllm-monitoring:fleet"] as { models: Record<string, unknown>[] };
        const [first] = fleet.models;
        for (let index = 0; index < 45; index += 1)
          fleet.models.push({
            ...structuredClone(first),
            name: `more-${environment}-${String(index)}`,
            servedModelName: `test/more-${String(index)}`,
          });
        for (const group of config["vllm-monitoring:nodeGroups"] as { maxSize: number }[])
          group.maxSize = 1000;
        // Sizes follow from the series, so a fleet of that size has to say how many it expects.
        const thanos = config["vllm-monitoring:thanos"] as { expectedSeries: number } | undefined;
        if (thanos !== undefined) thanos.expectedSeries = 50_000_000;
      });
    const { status, stdout, stderr } = command(["review", "--base=main", "--out=report/review.md"]);
    expect([status, stderr.replaceAll(/^warning: .*\n/gm, "")]).toEqual([0, ""]);
    expect(stdout).toContain("with the whole report beside it");
    const short = copy.read("report/review.md");
    const whole = copy.read("report/review.full.md");
    expect(short.length).toBeLessThanOrEqual(65_536);
    expect(short).toContain("`review.full.md`");
    expect(whole.length).toBeGreaterThan(65_536);
    expect(whole).toContain("more-prod-44");
  });

  it("says what to do about a revision that isn't there", () => {
    const { status, stderr } = command(["review", "--base=nowhere"]);
    expect(status).toBe(1);
    expect(stderr).toContain('the revision "nowhere" is not in this repository; fetch it');
    expect(command(["review"]).status).toBe(2);
    expect(command(["review", "--base=--output=x"]).stderr).toContain("is not in this repository");
  });

  it("takes a base from before there were environments for one that has none", () => {
    copy.git("checkout", "--quiet", "--orphan", "empty");
    copy.git("rm", "--quiet", "-r", "--cached", ".");
    copy.git("commit", "--quiet", "--allow-empty", "--message", "Nothing");
    copy.git("checkout", "--quiet", "--force", "main");
    const { status, stdout } = command(["review", "--base=empty", "--environment=dev"]);
    expect(status).toBe(0);
    expect(stdout).toContain("before there were any environments");
    expect(stdout).toContain("## `dev` (new environment)");
  });

  it("refuses a history that is too short to tell what a branch changes", () => {
    const shallow = `${copy.root}-shallow`;
    copy.git("clone", "--quiet", "--depth=1", `file://${copy.root}`, shallow);
    try {
      const git = (...args: string[]) => execFileSync("git", ["-C", shallow, ...args]);
      git("fetch", "--quiet", "--depth=1", "origin", "moved:moved");
      symlinkSync(copy.path("node_modules"), join(shallow, "node_modules"));
      const review = (...flags: string[]) =>
        spawnSync(
          process.execPath,
          ["review/cli.ts", "review", "--base=moved", "--environment=dev", ...flags],
          {
            cwd: shallow,
            encoding: "utf8",
          },
        );
      expect(review().stderr).toMatch(/history here is too short .*fetch-depth 0.*--exact-base/);
      expect(review("--exact-base").status).toBe(0);
    } finally {
      rmSync(shallow, { recursive: true, force: true });
    }
  });

  it("leaves nothing behind in the repository", () => {
    command(["review", "--base=main", "--environment=dev"]);
    expect(copy.git("status", "--porcelain", "--", ".", ":!node_modules")).toBe("");
    expect(copy.git("worktree", "list").split("\n")).toHaveLength(1);
  });
});
