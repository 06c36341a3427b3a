import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { assertPortFree, ensureControlPlane } from "./control-plane/control-plane.ts";
import { kubeconfigFile, secretOnce } from "./control-plane/credentials.ts";
import { request } from "./environment/http.ts";
import { layout, type LocalEnvironment } from "./environment/environment.ts";
import { Supervisor, type ProcessSpec } from "./environment/processes.ts";
import { ensureNodes, ensureStorageClass, type NodeGroup } from "./nodes.ts";
import { repositoryRoot } from "./toolchain/tools.ts";

/** Receives one line of progress at a time. */
export type Progress = (line: string) => void;

/** Order in which the processes are stopped: those that use others first. */
const stopOrder = [
  "node-agent",
  "fake-robot",
  "kwok",
  "kube-scheduler",
  "kube-controller-manager",
  "kube-apiserver",
  "etcd",
];

/** Milliseconds that the node agent gets to end all pods' processes. */
const agentGrace = 30_000;

/** Supervisor of an environment's processes. */
export function supervisorOf(environment: LocalEnvironment): Supervisor {
  const { processes, logs } = layout(environment);
  return new Supervisor({ processes, logs });
}

/** Files of the two secrets that the fake robot and the bridge share. */
export function robotSecrets(environment: LocalEnvironment): {
  readonly token: string;
  readonly signing: string;
} {
  const { secrets } = layout(environment);
  return {
    token: path.join(secrets, "dingtalk-access-token"),
    signing: path.join(secrets, "dingtalk-signing-secret"),
  };
}

function nodeAgent(environment: LocalEnvironment, publish: readonly string[]): ProcessSpec {
  const files = layout(environment);
  return {
    name: "node-agent",
    command: process.execPath,
    args: [
      path.join(repositoryRoot, "local", "node", "main.ts"),
      `--kubeconfig=${kubeconfigFile(environment, "node-agent")}`,
      `--pods=${files.pods}`,
      `--claims=${path.join(environment.directory, "claims")}`,
      `--nodes=${path.join(environment.directory, "nodes")}`,
      `--certificate-authority=${path.join(files.certificates, "apiserver.crt")}`,
      `--api-server-port=${String(environment.ports.apiServer)}`,
      `--port=${String(environment.ports.nodeAgent)}`,
      ...publish.map((publication) => `--publish=${publication}`),
    ],
  };
}

function fakeRobot(environment: LocalEnvironment): ProcessSpec {
  const secrets = robotSecrets(environment);
  return {
    name: "fake-robot",
    command: process.execPath,
    args: [
      path.join(repositoryRoot, "services", "dingtalk-fake-robot", "main.ts"),
      `--listen-address=127.0.0.1:${String(environment.ports.fakeRobot)}`,
      `--access-token-file=${secrets.token}`,
      `--signing-secret-file=${secrets.signing}`,
      `--log=${layout(environment).robotLog}`,
    ],
  };
}

async function waitFor(what: string, url: string, supervisor: Supervisor, name: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    try {
      if ((await request(url, { timeoutMs: 1000 })).status < 500) {
        return;
      }
    } catch {
      // Not listening yet.
    }
    if (!supervisor.isRunning(name)) {
      break;
    }
    await sleep(100);
  }
  throw new Error(
    `${what} did not come up; ${supervisor.logFile(name)} ends with\n${supervisor.logTail(name, 5)}`,
  );
}

/** What the embedded environment is to look like. */
export interface EmbeddedOptions {
  readonly nodeGroups: readonly NodeGroup[];
  /** Names of groups whose nodes somebody else makes; they are left alone. */
  readonly otherGroups: readonly string[];
  /** `PORT=NAMESPACE/SERVICE:PORT` each: fixed ports on 127.0.0.1. */
  readonly publish: readonly string[];
}

/** Brings the embedded Kubernetes up, with its nodes, its node agent and the fake DingTalk robot. Idempotent. */
export async function ensureEmbedded(
  environment: LocalEnvironment,
  options: EmbeddedOptions,
  progress: Progress,
): Promise<void> {
  if (process.platform !== "linux") {
    throw new Error(
      `the embedded environment needs Linux, where all of 127.0.0.0/8 is local; this is ${process.platform}. ` +
        "Run it in a virtual machine, or set KUBECONFIG to a cluster of your own",
    );
  }
  const supervisor = supervisorOf(environment);
  const { ports } = environment;
  await ensureControlPlane(environment, supervisor, progress);
  await ensureStorageClass(layout(environment).kubeconfig);
  const nodes = await ensureNodes(layout(environment).kubeconfig, options.nodeGroups, options.otherGroups);
  if (nodes.created > 0 || nodes.deleted > 0) {
    progress(`nodes: ${String(nodes.created)} added, ${String(nodes.deleted)} removed`);
  }
  const secrets = robotSecrets(environment);
  secretOnce(secrets.token);
  secretOnce(secrets.signing);
  for (const spec of [fakeRobot(environment), nodeAgent(environment, options.publish)]) {
    const port = spec.name === "fake-robot" ? ports.fakeRobot : ports.nodeAgent;
    if (!supervisor.isRunning(spec.name, spec)) {
      await supervisor.stop(spec.name, agentGrace);
      await assertPortFree(port, spec.name);
      await supervisor.ensure(spec);
      await waitFor(spec.name, `http://127.0.0.1:${String(port)}/`, supervisor, spec.name);
      progress(`started ${spec.name}`);
    }
  }
}

/** Stops everything that the environment started; its state stays. Returns the names of what ran. */
export async function stopEmbedded(environment: LocalEnvironment, progress: Progress): Promise<string[]> {
  const supervisor = supervisorOf(environment);
  const others = supervisor.names().filter((name) => !stopOrder.includes(name));
  const stopped: string[] = [];
  for (const name of [...others, ...stopOrder]) {
    if (await supervisor.stop(name, name === "node-agent" ? agentGrace : 10_000)) {
      stopped.push(name);
      progress(`stopped ${name}`);
    }
  }
  return stopped;
}
