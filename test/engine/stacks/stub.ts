import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { toolPath } from "../../../local/toolchain/tools.ts";
import { makeHome } from "../../../stacks/automation/home.ts";
import { LocalWorkspace, type PulumiFn, type Stack } from "@pulumi/pulumi/automation/index.js";
import { pulumiCommandAt } from "../../../stacks/automation/command.ts";
import type { EnvironmentOptions } from "../../../stacks/automation.ts";
import { secretReferences } from "../../../stacks/config/secrets.ts";

export const DINGTALK_TOKEN = "planted-access-token";
export const DINGTALK_SIGNING_SECRET = "planted-signing-secret";
export const CLUSTER_TOKEN = "planted-cluster-token";

/** A value that its place takes, for every secret that a configuration names. */
export function plantedSecrets(configuration: unknown): Record<string, string> {
  const valueOf = (key: string): string => {
    if (/url$/i.test(key)) return `https://planted.example.com/${key}`;
    return key === "gatewayMasterKey" ? "sk-planted-0123456789abcdef" : `planted-${key}-0123456789abcdef`;
  };
  return {
    ...Object.fromEntries(secretReferences(configuration).map(({ key }) => [key, valueOf(key)])),
    dingtalkAccessToken: DINGTALK_TOKEN,
    dingtalkSigningSecret: DINGTALK_SIGNING_SECRET,
  };
}

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

  /** Programs that the engine finds before those on PATH. */
  readonly bin = join(this.directory, "bin");

  constructor() {
    mkdirSync(this.bin);
    this.addLauncher("pulumi-resource-kubernetes", "stub-provider.ts");
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
      extraPath: [this.bin],
      kubeconfig: join(this.directory, "kubeconfig"),
      secrets: { dingtalkAccessToken: DINGTALK_TOKEN, dingtalkSigningSecret: DINGTALK_SIGNING_SECRET },
      ...more,
      variables: { STUB_LOG: this.log, ...more.variables },
    };
  }

  /** Makes a script of this folder a program that the engine finds. */
  addLauncher(name: string, script: string): void {
    const launcher = join(this.bin, name);
    writeFileSync(
      launcher,
      `#!/bin/sh\nexec ${process.execPath} ${join(import.meta.dirname, script)} "$@"\n`,
    );
    chmodSync(launcher, 0o755);
  }

  /** What the plain CLI needs in its environment, with more folders in which it looks for plugins. */
  variables(...more: string[]): Record<string, string> {
    return {
      PATH: [...more, this.bin, process.env["PATH"]].join(delimiter),
      PULUMI_HOME: join(this.directory, "home"),
      PULUMI_BACKEND_URL: `file://${this.state}`,
      PULUMI_CONFIG_PASSPHRASE: "correct horse",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      STUB_LOG: this.log,
    };
  }

  /** A stack whose program is a function of this process. */
  async stackOf(
    projectName: string,
    stackName: string,
    program: PulumiFn,
    more: string[] = [],
  ): Promise<Stack> {
    mkdirSync(this.state, { recursive: true });
    this.quietHome();
    return await LocalWorkspace.createOrSelectStack(
      { projectName, stackName, program },
      {
        pulumiCommand: await pulumiCommandAt(toolPath("pulumi"), join(this.directory, "work", projectName)),
        envVars: { ...this.variables(...more), PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK: "true" },
      },
    );
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
