import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLog } from "../../../services/dingtalk-bridge/log.ts";
import { Redactor, SecretError, SecretFile } from "../../../services/dingtalk-bridge/secrets.ts";

let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bridge-secrets-"));
  path = join(folder, "token");
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe("SecretFile", () => {
  it("reads without the white space around it, anew each time", () => {
    const file = new SecretFile(path, new Redactor());
    writeFileSync(path, " first\n");
    expect(file.read()).toBe("first");
    writeFileSync(path, "second");
    expect(file.read()).toBe("second");
  });

  it("serves the last good value while the file is away or broken", () => {
    const failures: string[] = [];
    const file = new SecretFile(path, new Redactor(), (error) => failures.push(error.message));
    writeFileSync(path, "good");
    file.read();
    rmSync(path);
    expect(file.read()).toBe("good");
    writeFileSync(path, "\n");
    expect(file.read()).toBe("good");
    expect(failures).toEqual([expect.stringContaining("(ENOENT)"), expect.stringContaining("is empty")]);
  });

  it.each([
    [undefined, "can't be read (ENOENT)"],
    ["", "is empty"],
    ["two words-s3cr3t", "white space"],
    ["https://oapi.dingtalk.com/robot/send?access_token=s3cr3t", "holds a URL"],
  ])("refuses %j at first and doesn't repeat it", (content, part) => {
    if (content !== undefined) writeFileSync(path, content);
    const read = () => new SecretFile(path, new Redactor()).read();
    expect(read).toThrow(SecretError);
    expect(read).toThrow(part);
    expect(read).not.toThrow("s3cr3t");
  });
});

describe("log", () => {
  it("writes one JSON object a line and keeps secrets out, former ones and encoded ones too", () => {
    const redactor = new Redactor();
    const file = new SecretFile(path, redactor);
    for (const secret of ["old+secret/=", 'new"secret\\x']) {
      writeFileSync(path, secret);
      file.read();
    }
    const lines: string[] = [];
    const log = createLog(redactor, (line) => lines.push(line));
    log.warn('sent old+secret/= and new"secret\\x', {
      url: `http://x/?sign=${encodeURIComponent("old+secret/=")}`,
      list: ["a"],
    });
    expect(lines).toHaveLength(1);
    const entry = JSON.parse(lines[0] ?? "") as Record<string, unknown>;
    expect(entry).toMatchObject({
      level: "warn",
      msg: "sent [redacted] and [redacted]",
      url: "http://x/?sign=[redacted]",
      list: ["a"],
    });
    expect(lines[0]?.endsWith("\n")).toBe(true);
    expect(Date.parse(String(entry["ts"]))).not.toBeNaN();
  });
});
