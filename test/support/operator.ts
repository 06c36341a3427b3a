/** The real Prometheus operator, run as a process against a test's API server with a ServiceAccount's own token. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { stringify } from "yaml";

import { toolPath } from "../../local/toolchain/tools.ts";
import type { ApiServer } from "./api-server.ts";

export interface RunningOperator {
  /** Everything that it has logged so far. */
  log(): string;
  stop(): Promise<void>;
}

/**
 * Starts it with the arguments of its container. What the account may not do fails here as it would in a cluster.
 *
 * @param account ServiceAccount whose rights it has
 */
export async function startOperator(
  server: ApiServer,
  account: { namespace: string; name: string },
  args: string[],
): Promise<RunningOperator> {
  const { status } = (await server.request(
    "POST",
    `/api/v1/namespaces/${account.namespace}/serviceaccounts/${account.name}/token`,
    { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 3600 } },
    "application/json",
  )) as { status: { token: string } };
  const directory = await mkdtemp(path.join(os.tmpdir(), "vllm-monitoring-operator-"));
  const kubeconfig = path.join(directory, "kubeconfig.yaml");
  await writeFile(kubeconfig, kubeconfigOf(server, status.token), { mode: 0o600 });
  let log = "";
  const child = spawn(toolPath("prometheus-operator"), [...args, "--web.listen-address=127.0.0.1:0"], {
    env: { KUBECONFIG: kubeconfig, HOME: directory },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const append = (chunk: Buffer): void => {
    log += chunk.toString();
  };
  child.stdout.on("data", append);
  child.stderr.on("data", append);
  return {
    log: () => log,
    async stop() {
      await ended(child);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const forced = setTimeout(() => child.kill("SIGKILL"), 5000);
  await exit;
  clearTimeout(forced);
}

/** A kubeconfig file with the token of an account. */
export function kubeconfigOf(server: ApiServer, token: string): string {
  const certificateAuthority = Buffer.from(server.certificateAuthority).toString("base64");
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name: "test", cluster: { server: server.url, "certificate-authority-data": certificateAuthority } },
    ],
    users: [{ name: "operator", user: { token } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "operator" } }],
    "current-context": "test",
  });
}
