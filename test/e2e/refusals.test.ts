import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { afterAll, describe, expect, it } from "vitest";

import { supervisorOf } from "../../local/embedded.ts";
import { removePlatform, testPlatform } from "../support/platform.ts";

const platform = testPlatform("refusals", 1);

afterAll(async () => {
  await platform.run(["down"]);
  removePlatform(platform);
}, 120_000);

describe("make up refuses", () => {
  it("an environment that has no file, naming those that have one", async () => {
    const { code, output } = await platform.run(["up", "--environment=nowhere"]);
    expect(output).toMatch(/ENV: got "nowhere"; expected one of .*local/);
    expect(code).toBe(1);
  });

  it("a port that is taken, naming it, and what it had started it goes on with later", async () => {
    const server = createServer();
    const port = platform.environment.ports.apiServer;
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    const { code, output } = await platform.run(["up"]);
    await new Promise((resolve) => server.close(resolve));
    expect(output).toContain(`port ${String(port)} on 127.0.0.1, wanted for the Kubernetes API, is taken`);
    expect(code).toBe(1);
    expect(supervisorOf(platform.environment).names()).toEqual([]);
  }, 60_000);

  it("a cluster that does not answer, naming its address, and changes nothing", async () => {
    const directory = mkdtempSync(path.join(tmpdir(), "kubeconfig-"));
    const file = path.join(directory, "config");
    const server = "https://127.0.0.1:1";
    writeFileSync(
      file,
      JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        "current-context": "x",
        clusters: [{ name: "x", cluster: { server } }],
        users: [{ name: "x", user: { token: "t" } }],
        contexts: [{ name: "x", context: { cluster: "x", user: "x" } }],
      }),
    );
    const { code, output } = await platform.run(["up"], {
      KUBECONFIG: file,
      PULUMI_BACKEND_URL: `file://${directory}`,
      PULUMI_HOME: path.join(directory, "home"),
      PULUMI_CONFIG_PASSPHRASE: "test",
    });
    rmSync(directory, { recursive: true, force: true });
    expect(output).toContain("127.0.0.1:1");
    expect(output).not.toMatch(/\n\s+at /);
    expect(code).toBe(1);
  }, 120_000);

  it("a setting of its own that is no number, naming the variable", async () => {
    const { code, output } = await platform.run(["up"], { VLLM_MONITORING_NETWORK: "300" });
    expect(output).toContain('VLLM_MONITORING_NETWORK: got "300"; expected a whole number from 1 to 253');
    expect(code).toBe(1);
  });
});
