import { spawn } from "node:child_process";
import { connect } from "node:net";

import type { V1Container, V1Probe } from "@kubernetes/client-node";

import { request } from "../environment/http.ts";

/** Where and how a probe is run. */
export interface ProbeTarget {
  readonly container: V1Container;
  readonly podIp: string;
  /** Runs a command as the container would; resolves to whether it ended with 0. */
  readonly exec: (command: readonly string[], timeoutMs: number) => Promise<boolean>;
}

/** Number of a port that is given by number or by the name of a container's port. */
export function portNumber(container: V1Container, port: string | number | undefined): number {
  if (typeof port === "number") {
    return port;
  }
  const named = container.ports?.find(({ name }) => name === port)?.containerPort;
  const value = named ?? Number(port);
  if (!Number.isInteger(value)) {
    throw new Error(`container "${container.name}" has no port named "${String(port)}"`);
  }
  return value;
}

async function connects(host: string, port: number, timeoutMs: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const end = (answer: boolean) => (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", end(true)).once("error", end(false)).once("timeout", end(false));
  });
}

/** Runs a probe once; an answer of 200 to 399, an open port or exit code 0 is a success. */
export async function runProbe(probe: V1Probe, target: ProbeTarget): Promise<boolean> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  try {
    if (probe.httpGet !== undefined) {
      const { path = "/", port, scheme = "HTTP", host, httpHeaders } = probe.httpGet;
      const number = portNumber(target.container, port);
      const answer = await request(
        `${scheme.toLowerCase()}://${host ?? target.podIp}:${String(number)}${path}`,
        {
          timeoutMs,
          headers: Object.fromEntries((httpHeaders ?? []).map(({ name, value }) => [name, value])),
        },
      );
      return answer.status >= 200 && answer.status < 400;
    }
    if (probe.tcpSocket !== undefined) {
      const number = portNumber(target.container, probe.tcpSocket.port);
      return await connects(target.podIp, number, timeoutMs);
    }
    if (probe.grpc !== undefined) {
      return await connects(target.podIp, probe.grpc.port, timeoutMs);
    }
    return await target.exec(probe.exec?.command ?? [], timeoutMs);
  } catch {
    return false;
  }
}

/** Runs a command to its end; resolves to whether it ended with 0 in time. */
export async function execute(
  command: readonly string[],
  options: { readonly env: NodeJS.ProcessEnv; readonly cwd: string; readonly timeoutMs: number },
): Promise<boolean> {
  const [program, ...args] = command;
  if (program === undefined) {
    return false;
  }
  return await new Promise((resolve) => {
    const child = spawn(program, args, {
      env: options.env,
      cwd: options.cwd,
      stdio: "ignore",
      timeout: options.timeoutMs,
      killSignal: "SIGKILL",
    });
    child.once("error", () => {
      resolve(false);
    });
    child.once("close", (code) => {
      resolve(code === 0);
    });
  });
}

/** Counts consecutive answers of a probe against its thresholds. */
export class ProbeCounter {
  private successes = 0;
  private failures = 0;
  private readonly successThreshold: number;
  private readonly failureThreshold: number;

  constructor(probe: V1Probe) {
    this.successThreshold = probe.successThreshold ?? 1;
    this.failureThreshold = probe.failureThreshold ?? 3;
  }

  /** Takes one answer; returns "success" or "failure" once a threshold is reached, else undefined. */
  record(success: boolean): "success" | "failure" | undefined {
    this.successes = success ? this.successes + 1 : 0;
    this.failures = success ? 0 : this.failures + 1;
    if (this.successes >= this.successThreshold) {
      return "success";
    }
    return this.failures >= this.failureThreshold ? "failure" : undefined;
  }
}
