import type { Capacity } from "./workload/capacity.ts";
import { chatProfile, documentProfile, type RequestProfile } from "./workload/request-mix.ts";
import type { Load } from "./workload/traffic.ts";

/** The scenarios by name. */
export const scenarioNames = [
  "steady",
  "ramp",
  "burst",
  "kv-pressure",
  "stuck",
  "crash",
  "crash-loop",
  "cold-start",
  "idle",
] as const;

export type ScenarioName = (typeof scenarioNames)[number];

/** What a scenario does to one server. Times are seconds since it began. */
export interface Scenario {
  readonly description: string;
  readonly profile: RequestProfile;
  readonly load: (capacity: Capacity, engines: number) => Load;
  /** When the engines stop scheduling. */
  readonly stuckAfter?: number;
  /** When the process exits with code 1; the server may override it. */
  readonly crashAfter?: number;
  /** Whether a restarted process does it again. */
  readonly crashesAgain?: boolean;
  /** Time from start to listening; the server may override it. */
  readonly loadSeconds?: number;
}

/** A rate that breathes by a fifth over ten minutes around a share of the capacity. */
function breathing(share: number): Scenario["load"] {
  return (capacity, engines) => {
    const mean = share * capacity.requestsPerSecond * engines;
    return {
      rate: (t) => mean * (1 + 0.2 * Math.sin((2 * Math.PI * t) / 600)),
      peakRate: mean * 1.2,
      clients: () => 0,
    };
  };
}

/** Rising linearly from 0 at `from` to 1 at `to`. */
function rise(t: number, from: number, to: number): number {
  return Math.min(1, Math.max(0, (t - from) / (to - from)));
}

/** The ramp's course, in seconds. */
export const rampTimes = { from: 10, full: 55, fall: 330, end: 345 } as const;

/** Requests that wait per engine at the height of the ramp, at most. */
const rampQueue = { least: 150, seconds: 20, most: 300 };

const ramp: Scenario["load"] = (capacity, engines) => {
  const base = 0.2;
  // More than an alert's hundred, and no more than the engine works off soon after.
  const queue = Math.min(rampQueue.most, rampQueue.least + rampQueue.seconds * capacity.requestsPerSecond);
  // The Poisson clients of the base load wait in the same queue.
  const clients = engines * ((1 - base) * (capacity.batch + queue));
  const mean = base * capacity.requestsPerSecond * engines;
  return {
    rate: () => mean,
    peakRate: mean,
    clients: (t) =>
      clients * Math.min(rise(t, rampTimes.from, rampTimes.full), 1 - rise(t, rampTimes.fall, rampTimes.end)),
  };
};

/** Bursts: 10 seconds out of every 90. */
const burst: Scenario["load"] = (capacity, engines) => {
  const full = capacity.requestsPerSecond * engines;
  return {
    rate: (t) => full * (t % 90 >= 30 && t % 90 < 40 ? 2.5 : 0.3),
    peakRate: full * 2.5,
    clients: () => 0,
  };
};

/** Clients for one and a half times what the KV cache holds. */
const kvPressure: Scenario["load"] = (capacity, engines) => ({
  rate: () => 0,
  peakRate: 0,
  clients: (t) => engines * 1.5 * capacity.batch * rise(t, 0, 30),
});

const idle: Scenario["load"] = () => ({ rate: () => 0, peakRate: 0, clients: () => 0 });

/** What each scenario does. */
export const scenarios: Readonly<Record<ScenarioName, Scenario>> = {
  steady: {
    description: "half of the capacity, breathing by a fifth over ten minutes",
    profile: chatProfile,
    load: breathing(0.5),
  },
  ramp: {
    description:
      "rises to saturation within a minute, holds a queue of more than 100 until 5.5 minutes, falls back",
    profile: chatProfile,
    load: ramp,
  },
  burst: {
    description: "two and a half times the capacity for 10 of every 90 seconds",
    profile: chatProfile,
    load: burst,
  },
  "kv-pressure": {
    description: "long prompts and answers from more clients than the KV cache holds: preemptions",
    profile: documentProfile,
    load: kvPressure,
  },
  stuck: {
    description: "half of the capacity; after 20 seconds the engine schedules nothing more, requests pile up",
    profile: chatProfile,
    load: breathing(0.5),
    stuckAfter: 20,
  },
  crash: {
    description: "steady; the process exits with code 1 after 45 seconds, and the restarted one is steady",
    profile: chatProfile,
    load: breathing(0.5),
    crashAfter: 45,
  },
  "crash-loop": {
    description: "steady; the process exits with code 1 after 45 seconds, each time it is started",
    profile: chatProfile,
    load: breathing(0.5),
    crashAfter: 45,
    crashesAgain: true,
  },
  "cold-start": {
    description: "three minutes of model load before the port answers, then steady",
    profile: chatProfile,
    load: breathing(0.5),
    loadSeconds: 180,
  },
  idle: { description: "no synthetic clients", profile: chatProfile, load: idle },
};
