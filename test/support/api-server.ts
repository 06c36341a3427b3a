/**
 * A real, empty Kubernetes control plane for one test file: etcd and kube-apiserver on free loopback ports, RBAC, one
 * administrator. Nothing is mocked, so dry runs, server-side apply, field managers and validation are the real ones.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import * as https from "node:https";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { toolPath } from "../../local/toolchain/tools.ts";

/** What {@link startApiServer} may be told. */
export interface ApiServerOptions {
  /**
   * Controllers that kube-controller-manager runs, e.g. `["deployment", "replicaset"]`; `["*"]` for all. Default: none,
   * kube-controller-manager isn't started at all, which saves a second.
   */
  readonly controllers?: readonly string[];
  /** More arguments of kube-apiserver. */
  readonly apiServerArgs?: readonly string[];
}

/** A running control plane. */
export interface ApiServer {
  /** Address, e.g. `https://127.0.0.1:40123`. */
  readonly url: string;
  /** File of a kubeconfig whose current context is an administrator. */
  readonly kubeconfigPath: string;
  /** Contents of that file. */
  readonly kubeconfig: string;
  /** Bearer token of the administrator. */
  readonly token: string;
  /** PEM of the certificate authority that signed the serving certificate. */
  readonly certificateAuthority: string;
  /** Sends one request to the API as the administrator and returns the parsed answer; throws on a status of 400 or more. */
  request(
    method: string,
    apiPath: string,
    body?: unknown,
    contentType?: string,
  ): Promise<Record<string, unknown>>;
  /** The same as another user, by impersonation: what that user may not do is refused here, too. */
  requestAs(user: string, method: string, apiPath: string): Promise<Record<string, unknown>>;
  /** Stops the processes and removes the files. */
  stop(): Promise<void>;
}

/**
 * Starts etcd and kube-apiserver and waits until they answer; takes about five seconds.
 *
 * @throws if a binary is missing (it names the command that builds it) or if a process ends before it is ready; the
 * message ends with the last lines of its log
 */
export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const binaries = { etcd: toolPath("etcd"), apiServer: toolPath("kube-apiserver") };
  const directory = await mkdtemp(path.join(os.tmpdir(), "vllm-monitoring-api-"));
  const processes: Program[] = [];
  const stop = async (): Promise<void> => {
    for (const program of [...processes].reverse()) {
      await program.stop();
    }
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const [etcdPort, peerPort, apiPort] = await freePorts(3);
    const etcdUrl = `http://127.0.0.1:${String(etcdPort)}`;
    const peerUrl = `http://127.0.0.1:${String(peerPort)}`;
    processes.push(
      new Program("etcd", directory, binaries.etcd, [
        `--data-dir=${path.join(directory, "etcd")}`,
        `--listen-client-urls=${etcdUrl}`,
        `--advertise-client-urls=${etcdUrl}`,
        `--listen-peer-urls=${peerUrl}`,
        `--initial-advertise-peer-urls=${peerUrl}`,
        `--initial-cluster=default=${peerUrl}`,
        "--unsafe-no-fsync",
        "--log-level=error",
      ]),
    );
    const token = randomBytes(16).toString("hex");
    const tokenFile = path.join(directory, "tokens.csv");
    await writeFile(tokenFile, `${token},admin,admin,"system:masters"\n`, { mode: 0o600 });
    const accountKey = path.join(directory, "service-account.key");
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    await writeFile(accountKey, privateKey.export({ type: "pkcs1", format: "pem" }), { mode: 0o600 });
    const apiServer = new Program("kube-apiserver", directory, binaries.apiServer, [
      `--etcd-servers=${etcdUrl}`,
      "--bind-address=127.0.0.1",
      `--secure-port=${String(apiPort)}`,
      `--cert-dir=${directory}`,
      `--token-auth-file=${tokenFile}`,
      "--authorization-mode=RBAC",
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-account-key-file=${accountKey}`,
      `--service-account-signing-key-file=${accountKey}`,
      "--service-cluster-ip-range=10.0.0.0/16",
      "--endpoint-reconciler-type=none",
      "--enable-priority-and-fairness=false",
      "--allow-privileged=true",
      // Its controller, which makes the default account of a namespace, does not run here.
      ...(options.controllers === undefined ? ["--disable-admission-plugins=ServiceAccount"] : []),
      ...(options.apiServerArgs ?? []),
    ]);
    processes.push(apiServer);

    const url = `https://127.0.0.1:${String(apiPort)}`;
    const certificateFile = path.join(directory, "apiserver.crt");
    const certificateAuthority = await waitUntil(processes, () => readFile(certificateFile, "utf8"));
    const client = { url, token, certificateAuthority };
    await waitUntil(processes, () => send(client, "GET", "/readyz"));
    await waitUntil(processes, () => send(client, "GET", "/api/v1/namespaces/default"));

    const kubeconfig = kubeconfigOf(client);
    const kubeconfigPath = path.join(directory, "kubeconfig.yaml");
    await writeFile(kubeconfigPath, kubeconfig, { mode: 0o600 });
    if (options.controllers !== undefined) {
      const [controllerPort] = await freePorts(1);
      processes.push(
        new Program("kube-controller-manager", directory, toolPath("kube-controller-manager"), [
          `--kubeconfig=${kubeconfigPath}`,
          `--authentication-kubeconfig=${kubeconfigPath}`,
          `--authorization-kubeconfig=${kubeconfigPath}`,
          "--leader-elect=false",
          "--bind-address=127.0.0.1",
          `--secure-port=${String(controllerPort)}`,
          `--cert-dir=${directory}`,
          `--controllers=${options.controllers.join(",")}`,
          `--service-account-private-key-file=${accountKey}`,
          `--root-ca-file=${certificateFile}`,
        ]),
      );
    }
    return {
      ...client,
      kubeconfig,
      kubeconfigPath,
      stop,
      async request(method, apiPath, body, contentType) {
        return JSON.parse(await send(client, method, apiPath, body, contentType)) as Record<string, unknown>;
      },
      async requestAs(user, method, apiPath) {
        return JSON.parse(await send({ ...client, user }, method, apiPath)) as Record<string, unknown>;
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Client {
  readonly url: string;
  readonly token: string;
  readonly certificateAuthority: string;
  /** User whom the administrator impersonates. */
  readonly user?: string;
}

/** A child process with its log in a file. */
class Program {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #logFile: string;

  constructor(name: string, directory: string, binary: string, args: readonly string[]) {
    this.#name = name;
    this.#logFile = path.join(directory, `${name}.log`);
    const log = createWriteStream(this.#logFile);
    this.#child = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"], cwd: directory });
    this.#child.stdout?.pipe(log, { end: false });
    this.#child.stderr?.pipe(log, { end: false });
    // A test that ends before its clean-up must not leave a control plane behind.
    process.once("exit", this.#kill);
  }

  readonly #kill = (): void => {
    this.#child.kill("SIGKILL");
  };

  /** Throws with the end of the log if the process is gone. */
  async check(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
      const log = await readFile(this.#logFile, "utf8").catch(() => "");
      const end = log.trimEnd().split("\n").slice(-15).join("\n");
      const code = String(this.#child.exitCode ?? this.#child.signalCode);
      throw new Error(`${this.#name} ended (${code}) before it was ready:\n${end}`);
    }
  }

  async stop(): Promise<void> {
    const child = this.#child;
    process.removeListener("exit", this.#kill);
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) {
      return;
    }
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    const forced = setTimeout(() => child.kill("SIGKILL"), 3000);
    await ended;
    clearTimeout(forced);
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = net.createServer();
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(0, "127.0.0.1", resolve);
      });
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as net.AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function waitUntil<T>(processes: readonly Program[], attempt: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + 90_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      for (const program of processes) {
        await program.check();
      }
      if (Date.now() > deadline) {
        throw new Error("the API server was not ready after 90 s", { cause: error });
      }
    }
    await sleep(100);
  }
}

function kubeconfigOf({ url, token, certificateAuthority }: Client): string {
  const authority = Buffer.from(certificateAuthority).toString("base64");
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server: url, "certificate-authority-data": authority } }],
    users: [{ name: "admin", user: { token } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "admin" } }],
    "current-context": "test",
  };
  return JSON.stringify(config, undefined, 2);
}

async function send(
  client: Client,
  method: string,
  apiPath: string,
  body?: unknown,
  contentType = "application/json",
): Promise<string> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const request = https.request(
      new URL(apiPath, client.url),
      {
        method,
        ca: client.certificateAuthority,
        headers: {
          Authorization: `Bearer ${client.token}`,
          ...(client.user === undefined ? {} : { "Impersonate-User": client.user }),
          // Node frames the body of a DELETE only if its length is given.
          ...(payload === undefined
            ? {}
            : { "Content-Type": contentType, "Content-Length": Buffer.byteLength(payload) }),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          if ((response.statusCode ?? 500) < 400) {
            resolve(text);
          } else {
            reject(new Error(`${method} ${apiPath}: ${String(response.statusCode)} ${text}`));
          }
        });
      },
    );
    request.on("error", reject);
    request.end(payload);
  });
}
