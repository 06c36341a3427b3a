import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toolPath } from "../../../local/toolchain/tools.ts";
import { makeHome } from "../../../stacks/automation/home.ts";
import type { EnvironmentOptions } from "../../../stacks/automation.ts";

export const DINGTALK_TOKEN = "planted-access-token";
export const DINGTALK_SIGNING_SECRET = "planted-signing-secret";
export const CLUSTER_TOKEN = "planted-cluster-token";

const kubeconfig = `apiVersion: v1
kind: Config
current-context: local
contexts: [{name: local, context: {cluster: local, user: admin}}]
clusters: [{name: local, cluster: {server: "https://127.0.0.1:1", insecure-skip-tls-verify: true}}]
users: [{name: admin, user: {token: ${CLUSTER_TOKEN}}}]
`;

/** A state directory of its own with a stub provider on PATH. */
export class Sandbox {
  readonly directory = mkdtempSync(join(tmpdir(), "vllm-monitoring-engine-"));
  readonly log = join(this.directory, "changes.log");
  readonly state = join(this.directory, "state");

  constructor() {
    const launcher = join(this.directory, "bin", "pulumi-resource-kubernetes");
    mkdirSync(join(this.directory, "bin"));
    writeFileSync(
      launcher,
      `#!/bin/sh\nexec ${process.execPath} ${join(import.meta.dirname, "stub-provider.ts")} "$@"\n`,
    );
    chmodSync(launcher, 0o755);
    writeFileSync(join(this.directory, "kubeconfig"), kubeconfig);
    writeFileSync(join(this.directory, "passphrase"), "correct horse");
  }

  options(more: Partial<EnvironmentOptions> = {}): EnvironmentOptions {
    return {
      environment: "local",
      workDirectory: join(this.directory, "work"),
      cliPath: toolPath("pulumi"),
      backendUrl: `file://${this.state}`,
      pulumiHome: join(this.directory, "home"),
      passphraseFile: join(this.directory, "passphrase"),
      extraPath: [join(this.directory, "bin")],
      kubeconfig: join(this.directory, "kubeconfig"),
      secrets: { dingtalkAccessToken: DINGTALK_TOKEN, dingtalkSigningSecret: DINGTALK_SIGNING_SECRET },
      ...more,
      variables: { STUB_LOG: this.log, ...more.variables },
    };
  }

  /** Makes the home for the CLI without its debug logs, which take half of its time. @returns its path */
  quietHome(): string {
    const home = join(this.directory, "home");
    makeHome(home);
    return home;
  }

  /** The provider's changes since the last call. */
  changes(): string[] {
    if (!existsSync(this.log)) return [];
    const lines = readFileSync(this.log, "utf8").split("\n").filter(Boolean);
    rmSync(this.log);
    return lines;
  }

  stateFile(environment = "local"): string {
    return join(this.state, ".pulumi", "stacks", "vllm-monitoring", `${environment}.json`);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
