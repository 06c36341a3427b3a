import { mkdtempSync, readFileSync, readdirSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { rewriteFile, writeVolume } from "../../../local/node/volume-writer.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "volume-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const files = (content: Record<string, string>): Map<string, Buffer> =>
  new Map(Object.entries(content).map(([name, text]) => [name, Buffer.from(text)]));
const read = (name: string): string => readFileSync(path.join(directory, name), "utf8");
const visible = (): string[] => readdirSync(directory).filter((name) => !name.startsWith(".."));

describe("writeVolume", () => {
  it("writes files, nested ones too, and says whether it changed anything", () => {
    expect(writeVolume(directory, files({ a: "1", "b/c": "2" }))).toBe(true);
    expect([read("a"), read("b/c")]).toEqual(["1", "2"]);
    expect(writeVolume(directory, files({ a: "1", "b/c": "2" }))).toBe(false);
  });

  it("takes away files that are gone and leaves no old version behind", () => {
    writeVolume(directory, files({ a: "1", b: "2" }));
    expect(writeVolume(directory, files({ b: "3", c: "4" }))).toBe(true);
    expect(visible().sort()).toEqual(["b", "c"]);
    expect([read("b"), read("c")]).toEqual(["3", "4"]);
    expect(readdirSync(directory).filter((name) => /^\.\.\d/.test(name))).toHaveLength(1);
  });

  it("moves one link, which a watcher of the folder sees", async () => {
    writeVolume(directory, files({ a: "1" }));
    const seen = new Promise<void>((resolve) => {
      const watcher = watch(directory, (_, name) => {
        if (name === "..data") {
          watcher.close();
          resolve();
        }
      });
    });
    writeVolume(directory, files({ a: "2" }));
    await seen;
    expect(read("a")).toBe("2");
  });
});

describe("rewriteFile", () => {
  const rewriting = { paths: new Map([["/etc/x", "/here"]]), names: new Map<string, string>() };

  it("rewrites inside gzip", () => {
    const rewritten = rewriteFile(gzipSync("file: /etc/x/y"), rewriting);
    expect(gunzipSync(rewritten).toString()).toBe("file: /here/y");
  });

  it("keeps bytes that are no text, and texts without a path, as they are", () => {
    const binary = Buffer.from([0xff, 0x00, 0x2f]);
    expect(rewriteFile(binary, rewriting)).toBe(binary);
    const same = gzipSync("nothing to see");
    expect(rewriteFile(same, rewriting)).toBe(same);
  });
});
