import { readFileSync } from "node:fs";
import * as path from "node:path";

import { describe, expect, it } from "vitest";

import { buildArguments, buildLanes, fitsSdk, inLanes } from "../../../local/toolchain/build.ts";
import { languageHosts, pulumiTool, pulumiVersions, tools } from "../../../local/toolchain/manifest.ts";
import {
  fingerprint,
  moduleDirectory,
  toolOf,
  toolPath,
  repositoryRoot,
} from "../../../local/toolchain/tools.ts";

const all = [...tools, ...languageHosts, ...pulumiVersions.map(({ cli }) => pulumiTool(cli))];

describe("every tool", () => {
  it.each(all.map((tool) => [tool.module, tool] as const))(
    "%s requires the version that is named",
    (_, tool) => {
      const goMod = readFileSync(path.join(moduleDirectory(tool), "go.mod"), "utf8");
      expect(goMod).toContain(`${tool.path} ${tool.version}`);
      expect(fingerprint(tool)).toMatch(/^[0-9a-f]{12}$/);
    },
  );

  it("has a binary name of its own", () => {
    const names = tools.flatMap(({ binaries }) => binaries.map(({ name }) => name));
    expect(new Set(names).size).toBe(names.length);
    expect(toolOf("promtool")?.module).toBe("prometheus");
  });
});

describe("buildArguments", () => {
  it("never changes the pinned sums, and sets version and tags", () => {
    const tool = tools.find(({ module }) => module === "prometheus");
    const binary = tool?.binaries[0];
    if (tool === undefined || binary === undefined) {
      throw new Error("prometheus is a tool");
    }
    const args = buildArguments(tool, binary, "/out");
    expect(args).toContain("-mod=readonly");
    expect(args.join(" ")).toContain("-tags remove_all_sd,enable_kubernetes_sd");
    expect(args.join(" ")).toContain("version.Version=3.13.2");
    expect(args.at(-1)).toBe("github.com/prometheus/prometheus/cmd/prometheus");
  });
});

describe("builds side by side", () => {
  it("are two where memory allows it, else one", () => {
    const gib = 1024 ** 3;
    expect([2, 5.9, 6, 64].map((free) => buildLanes(free * gib))).toEqual([1, 1, 2, 2]);
  });

  it.each([1, 2, 3])("start in their order, at most %i at a time, and all are done", async (lanes) => {
    let running = 0;
    let most = 0;
    const started: number[] = [];
    const job = (index: number) => async () => {
      started.push(index);
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, index % 3));
      running -= 1;
    };
    await inLanes(
      lanes,
      Array.from({ length: 10 }, (_, index) => job(index)),
    );
    expect(started).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([running, most]).toEqual([0, lanes]);
  });

  it("start nothing more after a failure, and wait for what runs before it is thrown", async () => {
    const done: string[] = [];
    const wait = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      done.push("slow");
    };
    const fail = (): Promise<void> => Promise.reject(new Error("no such module"));
    const later = (): Promise<void> => Promise.resolve(void done.push("later"));
    await expect(inLanes(2, [wait, fail, later])).rejects.toThrow("no such module");
    expect(done).toEqual(["slow"]);
  });
});

describe("the Pulumi CLI", () => {
  it("is paired with the npm SDK that is installed", () => {
    const file = path.join(repositoryRoot, "package.json");
    const { dependencies } = JSON.parse(readFileSync(file, "utf8")) as {
      dependencies: Record<string, string>;
    };
    expect(pulumiVersions.map(({ sdk }) => sdk)).toContain(dependencies["@pulumi/pulumi"]);
    expect(pulumiTool("v3.259.0").variables?.[0]).toMatch(/Version=v3\.259\.0$/);
  });

  it.each([
    ["v3.259.0", true],
    ["3.300.1", true],
    ["v3.250.0", true],
    ["v3.100.0", false],
    ["v4.0.0", false],
    ["", false],
  ])("%s fits: %s", (version, fits) => {
    expect(fitsSdk(version)).toBe(fits);
  });
});

describe("toolPath", () => {
  it("names an unknown tool and says where the known ones are", () => {
    expect(() => toolPath("no-such-tool")).toThrow(/no tool named "no-such-tool"; .*manifest\.ts/);
  });

  it("says how to build one that is missing", () => {
    const before = process.env["VLLM_MONITORING_CACHE"];
    process.env["VLLM_MONITORING_CACHE"] = "/nowhere";
    try {
      expect(() => toolPath("etcd")).toThrow(
        /etcd v3\.7\.3 has not been built on this machine; run "make tools"/,
      );
    } finally {
      if (before === undefined) {
        delete process.env["VLLM_MONITORING_CACHE"];
      } else {
        process.env["VLLM_MONITORING_CACHE"] = before;
      }
    }
  });
});
