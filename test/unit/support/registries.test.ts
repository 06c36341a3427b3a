import { afterEach, describe, expect, it, vi } from "vitest";

import { isRefusedByRegistry, refusalOf } from "../../support/registries.ts";

const refused = [
  "go: github.com/a/b@v1.0.0: reading https://proxy.example.com/github.com/a/b/@v/v1.0.0.mod: 403 Forbidden",
  "go: a.example.com/b@v1.0.0: reading https://proxy.example.com/b/@v/v1.0.0.zip: 404 Not Found",
  'go: Get "https://proxy.example.com/x": dial tcp: lookup proxy.example.com on 10.0.0.1:53: no such host',
  "ERROR: HTTP error 403 while getting https://pypi.example.com/simple/a.whl",
  "ERROR: No matching distribution found for pulumi==3.265.0",
  "urllib3.exceptions.MaxRetryError: HTTPSConnectionPool(host='pypi.example.com', port=443)",
];
const broken = [
  "building pulumi-language-yaml v1.38.3 failed (1)\n  main.go:12:2: undefined: pulumi",
  "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE",
  "Python 3.11 with venv is needed for the Python example, and none is on PATH",
  "spawn go ENOENT",
  "go: updates to go.mod needed",
];

describe("isRefusedByRegistry", () => {
  it.each(refused)("knows a refusal: %s", (message) => {
    expect(isRefusedByRegistry(message)).toBe(true);
  });
  it.each(broken)("takes nothing else for one: %s", (message) => {
    expect(isRefusedByRegistry(message)).toBe(false);
  });
});

describe("refusalOf", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it("says nothing of what could be done", async () => {
    expect(await refusalOf("it", () => Promise.resolve())).toBeUndefined();
  });
  it("gives the reason when a registry refused, and says so", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    expect(await refusalOf("it", () => Promise.reject(new Error(refused[0])))).toBe(refused[0]);
    expect(warn.mock.calls).toEqual([[`it is left out, a registry refuses: ${String(refused[0])}`]]);
  });
  it("throws everything else", async () => {
    await expect(refusalOf("it", () => Promise.reject(new Error(broken[0])))).rejects.toThrow(
      "undefined: pulumi",
    );
  });
});
