import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { request } from "../environment/http.ts";
import { apiServerUrl, layout, type LocalEnvironment } from "../environment/environment.ts";
import type { Supervisor } from "../environment/processes.ts";
import { apiServer, controllerManager, etcd, kwok, scheduler } from "./commands.ts";
import { ensureCredentials, writeKubeconfigs, writePrivate } from "./credentials.ts";
import { kwokConfiguration } from "./stages.ts";

/** Milliseconds that the API server may take to answer /readyz; it takes 5 s on two idle cores. */
const readyTimeout = 120_000;

/**
 * Fails when somebody else listens on a port.
 *
 * @throws naming the port and the variable that moves it
 */
export async function assertPortFree(port: number, purpose: string, host = "127.0.0.1"): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(
        error.code === "EADDRINUSE"
          ? new Error(
              `port ${String(port)} on ${host}, wanted for ${purpose}, is taken by another program; ` +
                "stop that program, or set VLLM_MONITORING_PORT_BASE to move all ports (default 26400)",
            )
          : error,
      );
    });
    server.listen({ port, host, exclusive: true }, () => {
      server.close(() => {
        resolve();
      });
    });
  });
}

/** Text of the certificate authority that signed the API server's certificate. */
export function certificateAuthority(environment: LocalEnvironment): string {
  return readFileSync(path.join(layout(environment).certificates, "apiserver.crt"), "utf8");
}

async function waitForApiServer(environment: LocalEnvironment, supervisor: Supervisor): Promise<void> {
  const deadline = Date.now() + readyTimeout;
  const certificate = path.join(layout(environment).certificates, "apiserver.crt");
  let last = "no answer";
  while (Date.now() < deadline) {
    if (!supervisor.isRunning("kube-apiserver")) {
      throw new Error(
        `kube-apiserver ended at its start; its log ends with\n${supervisor.logTail("kube-apiserver", 5)}`,
      );
    }
    if (existsSync(certificate)) {
      try {
        const answer = await request(`${apiServerUrl(environment)}/readyz`, {
          certificateAuthority: certificateAuthority(environment),
          timeoutMs: 2000,
        });
        if (answer.status === 200) {
          return;
        }
        last = `${String(answer.status)} ${answer.body.slice(0, 200)}`;
      } catch (error) {
        last = error instanceof Error ? error.message : String(error);
      }
    }
    await sleep(200);
  }
  throw new Error(
    `kube-apiserver was not ready after ${String(readyTimeout / 1000)} s (${last}); see ${supervisor.logFile("kube-apiserver")}`,
  );
}

/** Brings the control plane up; what already runs as wanted is left alone. */
export async function ensureControlPlane(
  environment: LocalEnvironment,
  supervisor: Supervisor,
  progress: (line: string) => void,
): Promise<void> {
  const { ports } = environment;
  const listeners: [string, number, string][] = [
    ["etcd", ports.etcdClient, "etcd"],
    ["etcd", ports.etcdPeer, "etcd's peers"],
    ["kube-apiserver", ports.apiServer, "the Kubernetes API"],
    ["kwok", ports.kwok, "kwok"],
  ];
  for (const [name, port, purpose] of listeners) {
    if (!supervisor.isRunning(name)) {
      await assertPortFree(port, purpose);
    }
  }
  ensureCredentials(environment);
  const startEtcd = await supervisor.ensure(etcd(environment));
  const startApi = await supervisor.ensure(apiServer(environment));
  if (startEtcd || startApi) {
    progress("started etcd and kube-apiserver");
  }
  await waitForApiServer(environment, supervisor);
  writeKubeconfigs(environment);
  writePrivate(layout(environment).stages, kwokConfiguration());
  for (const spec of [controllerManager(environment), scheduler(environment), kwok(environment)]) {
    if (await supervisor.ensure(spec)) {
      progress(`started ${spec.name}`);
    }
  }
}
