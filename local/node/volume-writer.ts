import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import * as path from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";

import { rewriteText, type Rewriting } from "./rewrite.ts";

/** Content of a volume: path within it to bytes. */
export type VolumeFiles = ReadonlyMap<string, Buffer>;

const isGzip = (content: Buffer): boolean => content[0] === 0x1f && content[1] === 0x8b;

/** Whether bytes are text: UTF-8 without NUL. */
function isText(content: Buffer): boolean {
  return !content.includes(0) && Buffer.from(content.toString("utf8"), "utf8").equals(content);
}

/** Rewrites a file's text, inside gzip too (the operator compresses the configuration of Prometheus). */
export function rewriteFile(content: Buffer, rewriting: Rewriting): Buffer {
  if (isGzip(content)) {
    const inner = gunzipSync(content);
    const rewritten = rewriteFile(inner, rewriting);
    return rewritten === inner ? content : gzipSync(rewritten);
  }
  if (!isText(content)) {
    return content;
  }
  const text = content.toString("utf8");
  const rewritten = rewriteText(text, rewriting);
  return rewritten === text ? content : Buffer.from(rewritten, "utf8");
}

function sameFiles(directory: string, files: VolumeFiles): boolean {
  const data = path.join(directory, "..data");
  if (!existsSync(data)) {
    return false;
  }
  const found = readdirSync(data, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(data, path.join(entry.parentPath, entry.name)));
  return (
    found.length === files.size &&
    [...files].every(([name, content]) => {
      const file = path.join(data, name);
      return existsSync(file) && readFileSync(file).equals(content);
    })
  );
}

/**
 * Writes a volume's files in one step, as the kubelet does: a new folder, and the link `..data` moved to it. Programs
 * that watch the folder see one change, and never a half of it.
 *
 * @returns whether anything changed
 */
export function writeVolume(directory: string, files: VolumeFiles): boolean {
  mkdirSync(directory, { recursive: true });
  if (sameFiles(directory, files)) {
    return false;
  }
  const data = path.join(directory, "..data");
  const previous = existsSync(data) ? path.join(directory, readlinkSync(data)) : undefined;
  const next = mkdtempSync(path.join(directory, `..${String(Date.now())}-`));
  for (const [name, content] of files) {
    const file = path.join(next, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content, { mode: 0o600 });
  }
  const temporary = path.join(directory, "..data_tmp");
  rmSync(temporary, { force: true });
  symlinkSync(path.basename(next), temporary);
  renameSync(temporary, data);
  const wanted = new Set([...files.keys()].map((name) => name.split("/")[0] ?? name));
  for (const entry of readdirSync(directory)) {
    if (!entry.startsWith("..") && !wanted.has(entry)) {
      rmSync(path.join(directory, entry), { recursive: true, force: true });
    }
  }
  for (const name of wanted) {
    const link = path.join(directory, name);
    if (!existsSync(link)) {
      rmSync(link, { force: true });
      symlinkSync(path.join("..data", name), link);
    }
  }
  if (previous !== undefined) {
    rmSync(previous, { recursive: true, force: true });
  }
  return true;
}
