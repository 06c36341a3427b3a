import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { languageHosts, pulumiTool, pulumiVersions, tools, type Tool } from "./manifest.ts";

/** Root of the repository. */
export const repositoryRoot = path.resolve(import.meta.dirname, "../..");

/**
 * Folder of everything that is built or downloaded once and kept by version; git ignores it. The environment variable
 * `VLLM_MONITORING_CACHE` moves it, so that several clones on one machine can share their builds.
 */
export function cacheDirectory(): string {
  return process.env["VLLM_MONITORING_CACHE"] ?? path.join(repositoryRoot, ".cache");
}

/** Folder of a tool's wrapper module (go.mod and go.sum). */
export function moduleDirectory(tool: Tool): string {
  return path.join(import.meta.dirname, "modules", tool.module);
}

/** Hash of everything that decides a tool's bytes: its module files, flags and the target platform. */
export function fingerprint(tool: Tool): string {
  const hash = createHash("sha256");
  const programs = readdirSync(moduleDirectory(tool)).filter((file) => file.endsWith(".go"));
  for (const file of ["go.mod", "go.sum", ...programs.sort()]) {
    hash.update(readFileSync(path.join(moduleDirectory(tool), file)));
  }
  hash.update(JSON.stringify([tool, os.platform(), os.arch()]));
  return hash.digest("hex").slice(0, 12);
}

/** Folder that holds a tool's binaries once they are built. */
export function toolDirectory(tool: Tool): string {
  return path.join(cacheDirectory(), "tools", `${tool.module}-${tool.version}-${fingerprint(tool)}`);
}

/** Link to the Pulumi CLI in use; {@link file://./build.ts} sets it to the one on PATH or to the one that was built. */
export function pulumiLink(): string {
  return path.join(cacheDirectory(), "tools", "pulumi");
}

/** Whether all binaries of a tool stand in the cache. */
export function isBuilt(tool: Tool): boolean {
  return tool.binaries.every((binary) => existsSync(path.join(toolDirectory(tool), binary.name)));
}

/** The tool that builds a binary, or undefined if there is none of that name. */
export function toolOf(binary: string): Tool | undefined {
  return [...tools, ...languageHosts, pulumiTool(pulumiVersions[0].cli)].find((tool) =>
    tool.binaries.some(({ name }) => name === binary),
  );
}

/**
 * Absolute path of a tool's binary.
 *
 * @param binary name such as `promtool` or `kube-apiserver`
 * @throws if no such tool is known or it has not been built yet; the message says how to build it
 */
export function toolPath(binary: string): string {
  const tool = toolOf(binary);
  if (tool === undefined) {
    throw new Error(`no tool named "${binary}"; local/toolchain/manifest.ts lists the known ones`);
  }
  if (binary === "pulumi") {
    const link = pulumiLink();
    if (existsSync(link)) {
      return readlinkSync(link);
    }
  } else {
    const file = path.join(toolDirectory(tool), binary);
    if (existsSync(file)) {
      return file;
    }
  }
  throw new Error(`${binary} ${tool.version} has not been built on this machine; run "make tools"`);
}
