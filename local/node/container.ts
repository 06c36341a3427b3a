import { spawn } from "node:child_process";
import { closeSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { V1Container, V1ContainerState, V1Probe } from "@kubernetes/client-node";

import { isAlive, openLog, startTicks, terminate, type ProcessIdentity } from "../environment/processes.ts";
import { execute, ProbeCounter, runProbe } from "./probes.ts";
import type { ContainerRecord } from "./status.ts";

/** A container's command as it runs on this machine; undefined when no program here stands for its image. */
export interface Invocation {
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

/** What a container needs to know of its surroundings. */
export interface ContainerContext {
  readonly podIp: string;
  /** File for the log. */
  readonly logFile: string;
  /** File for the identity of the process, by which an agent that starts anew finds it. */
  readonly identityFile: string;
  /** Works out the command anew for each start: Services may have appeared since. */
  readonly invocation: () => Invocation | undefined;
  readonly changed: () => void;
}

/** Seconds before a restart: the first at once after 1 s, doubling, at most 30 s (the kubelet: 10 s to 5 min). */
const firstBackoff = 1;
const maximumBackoff = 30;
/** Seconds of running after which the backoff starts from the beginning again. */
const backoffReset = 600;

/** One container of a pod: a process, its probes and its restarts. */
export class ContainerRunner {
  readonly spec: V1Container;
  private readonly context: ContainerContext;
  private state: V1ContainerState = { waiting: { reason: "PodInitializing" } };
  private lastState: V1ContainerState | undefined;
  private restartCount = 0;
  private backoff = firstBackoff;
  private started = false;
  private ready = false;
  private stopping = false;
  private identity: ProcessIdentity | undefined;
  private wake: AbortController | undefined;

  constructor(spec: V1Container, context: ContainerContext, restartCount: number) {
    this.spec = spec;
    this.context = context;
    this.restartCount = restartCount;
  }

  record(): ContainerRecord {
    return {
      name: this.spec.name,
      image: this.spec.image ?? "",
      state: this.state,
      ...(this.lastState === undefined ? {} : { lastState: this.lastState }),
      restartCount: this.restartCount,
      started: this.started,
      ready: this.ready,
    };
  }

  /** Runs the container until it ends for good: by its restart policy, or because it is stopped. */
  async run(restart: "Always" | "OnFailure" | "Never"): Promise<number> {
    for (;;) {
      const begun = Date.now();
      const code = await this.runOnce();
      if (this.stopping || restart === "Never" || (restart === "OnFailure" && code === 0)) {
        return code;
      }
      if (Date.now() - begun > backoffReset * 1000) {
        this.backoff = firstBackoff;
      }
      this.lastState = this.state;
      this.state = {
        waiting: {
          reason: this.restartCount > 0 ? "CrashLoopBackOff" : "Restarting",
          message: `back-off ${String(this.backoff)}s restarting container ${this.spec.name}`,
        },
      };
      this.context.changed();
      await this.pause(this.backoff * 1000);
      this.backoff = Math.min(this.backoff * 2, maximumBackoff);
      this.restartCount += 1;
      if (this.isStopping()) {
        return code;
      }
    }
  }

  /** Ends the process: the preStop hook first, then SIGTERM, then SIGKILL when the grace period is over. */
  async stop(graceMs: number): Promise<void> {
    this.stopping = true;
    this.wake?.abort();
    const deadline = Date.now() + graceMs;
    const identity = this.identity;
    if (identity === undefined) {
      return;
    }
    const hook = this.spec.lifecycle?.preStop;
    if (hook?.sleep !== undefined) {
      await this.whileAlive(identity, Math.min(hook.sleep.seconds * 1000, graceMs));
    } else if (hook?.exec !== undefined) {
      await this.exec(hook.exec.command ?? [], graceMs);
    }
    await terminate(identity, Math.max(deadline - Date.now(), 0));
  }

  private isStopping(): boolean {
    return this.stopping;
  }

  private async whileAlive(identity: ProcessIdentity, milliseconds: number): Promise<void> {
    const deadline = Date.now() + milliseconds;
    while (isAlive(identity) && Date.now() < deadline) {
      await sleep(50);
    }
  }

  private async pause(milliseconds: number): Promise<void> {
    this.wake = new AbortController();
    await sleep(milliseconds, undefined, { signal: this.wake.signal }).catch(() => undefined);
  }

  private async exec(command: readonly string[], timeoutMs: number): Promise<boolean> {
    const invocation = this.context.invocation();
    return invocation !== undefined && (await execute(command, { ...invocation, timeoutMs }));
  }

  private async runOnce(): Promise<number> {
    const invocation = this.context.invocation();
    const startedAt = new Date();
    if (invocation === undefined) {
      // No program stands for the image: the container counts as running, and the pod carries an annotation saying so.
      this.state = { running: { startedAt } };
      this.started = true;
      this.ready = true;
      this.context.changed();
      while (!this.isStopping()) {
        await this.pause(3_600_000);
      }
      return 0;
    }
    const { code, reason } = await this.runProcess(invocation, startedAt);
    this.ready = false;
    this.started = false;
    this.state = {
      terminated: {
        exitCode: code,
        startedAt,
        finishedAt: new Date(),
        reason: reason ?? (code === 0 ? "Completed" : "Error"),
      },
    };
    this.context.changed();
    return code;
  }

  private async runProcess(
    invocation: Invocation,
    startedAt: Date,
  ): Promise<{ readonly code: number; readonly reason?: string }> {
    const [program = "", ...args] = invocation.command;
    mkdirSync(invocation.cwd, { recursive: true });
    const log = openLog(this.context.logFile);
    const child = spawn(program, args, {
      cwd: invocation.cwd,
      env: invocation.env,
      stdio: ["ignore", log, log],
      // A group of its own: Ctrl-C in a terminal that runs the agent does not reach it.
      detached: true,
    });
    closeSync(log);
    const ended = new Promise<{ code: number; reason?: string }>((resolve) => {
      child.once("error", () => {
        resolve({ code: 127, reason: "StartError" });
      });
      child.once("exit", (code, signal) => {
        resolve(signal === null ? { code: code ?? 0 } : { code: signal === "SIGKILL" ? 137 : 143 });
      });
    });
    const pid = child.pid;
    if (pid !== undefined) {
      this.identity = { pid, startTicks: startTicks(pid) ?? "", fingerprint: "" };
      writeFileSync(this.context.identityFile, JSON.stringify(this.identity));
      this.state = { running: { startedAt } };
      this.context.changed();
      void this.probe(this.identity);
    }
    const result = await ended;
    this.identity = undefined;
    rmSync(this.context.identityFile, { force: true });
    return result;
  }

  /** Startup probe first, then readiness and liveness side by side, for as long as this very process lives. */
  private async probe(identity: ProcessIdentity): Promise<void> {
    const startup = this.spec.startupProbe;
    if (startup !== undefined && !(await this.untilVerdict(startup, identity))) {
      await this.kill(identity, "startup probe failed");
      return;
    }
    this.started = true;
    if (this.spec.readinessProbe === undefined) {
      this.setReady(identity, true);
    } else {
      void this.follow(this.spec.readinessProbe, identity, (verdict) => {
        this.setReady(identity, verdict === "success");
      });
    }
    if (this.spec.livenessProbe !== undefined) {
      void this.follow(this.spec.livenessProbe, identity, (verdict) => {
        if (verdict === "failure") {
          void this.kill(identity, "liveness probe failed");
        }
      });
    }
  }

  private setReady(identity: ProcessIdentity, ready: boolean): void {
    if (this.identity === identity && this.ready !== ready) {
      this.ready = ready;
      this.context.changed();
    }
  }

  private async kill(identity: ProcessIdentity, reason: string): Promise<void> {
    if (this.identity === identity && !this.stopping) {
      console.error(`${this.context.logFile}: ${reason}`);
      await terminate(identity, 5000);
    }
  }

  private async answers(probe: V1Probe): Promise<boolean> {
    return await runProbe(probe, {
      container: this.spec,
      podIp: this.context.podIp,
      exec: (command, timeoutMs) => this.exec(command, timeoutMs),
    });
  }

  private async untilVerdict(probe: V1Probe, identity: ProcessIdentity): Promise<boolean> {
    let verdict: "success" | "failure" | undefined;
    await this.follow(probe, identity, (answer) => {
      verdict = answer;
      return "stop";
    });
    return verdict === "success" || this.identity !== identity;
  }

  private async follow(
    probe: V1Probe,
    identity: ProcessIdentity,
    take: (verdict: "success" | "failure") => unknown,
  ): Promise<void> {
    const counter = new ProbeCounter(probe);
    const period = (probe.periodSeconds ?? 10) * 1000;
    // Asked more often than its period while the container comes up, so that a start shows at once. A failure counts
    // once a period only: the budget of the startup probe stays what the pod says.
    const hurried = Math.min(period, 500);
    let counted = 0;
    await sleep((probe.initialDelaySeconds ?? 0) * 1000);
    while (this.identity === identity) {
      const success = await this.answers(probe);
      if (success || Date.now() - counted >= period) {
        counted = Date.now();
        const verdict = counter.record(success);
        if (verdict !== undefined && take(verdict) === "stop") {
          return;
        }
      }
      await sleep(this.ready || probe === this.spec.livenessProbe ? period : hurried);
    }
  }
}

/** Folder and name of what belongs to one container of a pod. */
export function containerFile(podDirectory: string, container: string, extension: string): string {
  return path.join(podDirectory, `${container}.${extension}`);
}
