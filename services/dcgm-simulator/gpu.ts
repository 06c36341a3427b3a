/** One simulated GPU: what its sensors and counters say, given what the engine on it does. */
import type { Hardware } from "./hardware.ts";
import { idle, type Load } from "./load.ts";

/** What is wrong with a GPU. */
export const faults = {
  healthy: "nothing is wrong; counters keep what they counted",
  overheat: "its cooling fails: it heats up and slows itself down",
  xid: "the driver reports an XID error (79 unless `xid` says another)",
  ecc: "an uncorrectable memory error, with XID 48",
  "row-remap": "it has no spare memory row left, with XID 64",
  "power-brake": "the power supply asks it to slow down",
  lost: "it fell off the bus: it is not reported any more",
} as const;
export type Fault = keyof typeof faults;

/** XIDs that come with a fault. */
const xids: Partial<Record<Fault, number>> = { xid: 79, ecc: 48, "row-remap": 64 };

/** Degrees Celsius: of the air, of a GPU at its power limit above it, where it slows down. */
const AMBIENT = 30;
const RISE = 42;
export const SLOWDOWN = 85;
/** Seconds in which a difference of temperature falls to a third. */
const THERMAL_LAG = 45;
/** Share of the power limit that an idle GPU draws. */
const IDLE_POWER = 0.16;
/** Mebibytes that the driver takes, of each gibibyte. */
const RESERVED = 24;

/** An event within the exporter's sliding window. */
interface Event {
  readonly at: number;
  readonly name: string;
}

/** Sums since the driver was loaded. */
export interface Totals {
  /** Millijoules. */
  energy: number;
  /** Nanoseconds at reduced clocks, by what reduced them. */
  powerViolation: number;
  thermalViolation: number;
  doubleBitErrors: number;
  nvlinkBytes: number;
}

/** A GPU and its history; time is seconds of any clock that only grows. */
export class Gpu {
  readonly uuid: string;
  readonly index: number;
  readonly hardware: Hardware;
  readonly memoryMiB: number;
  readonly totals: Totals = {
    energy: 0,
    powerViolation: 0,
    thermalViolation: 0,
    doubleBitErrors: 0,
    nvlinkBytes: 0,
  };
  load: Load = idle;
  fault: Fault = "healthy";
  temperature: number;
  power: number;
  /** The last XID, until the exporter restarts. */
  xid = 0;
  #xids: Event[] = [];
  #clockEvents: Event[] = [];
  readonly #window: number;

  /** @param window seconds for which events are counted */
  constructor(
    device: { readonly uuid: string; readonly index: number },
    options: { readonly hardware: Hardware; readonly memoryMiB: number; readonly window: number },
  ) {
    this.uuid = device.uuid;
    this.index = device.index;
    this.hardware = options.hardware;
    this.memoryMiB = options.memoryMiB;
    this.#window = options.window;
    this.power = options.hardware.powerLimit * IDLE_POWER;
    this.temperature = this.#target(this.power);
  }

  /** Megahertz of the multiprocessors. */
  get smClock(): number {
    const { smClock } = this.hardware;
    if (this.load.busy === 0) return Math.round(smClock * 0.15);
    if (this.fault === "power-brake") return Math.round(smClock * 0.3);
    return Math.round(smClock * (this.#isHot() ? 0.55 : 0.97));
  }

  get memoryReserved(): number {
    return Math.round((this.memoryMiB / 1024) * RESERVED);
  }

  /** Mebibytes that programs have. */
  get memoryUsed(): number {
    return Math.round((this.memoryMiB - this.memoryReserved) * this.load.memoryUsed);
  }

  /** XIDs, or clock events, of the window and how often each came. */
  xidCounts(now: number): ReadonlyMap<string, number> {
    return this.#counts(this.#xids, now);
  }

  clockEvents(now: number): ReadonlyMap<string, number> {
    return this.#counts(this.#clockEvents, now);
  }

  /** Something breaks, or is mended. @param xid code of the fault `xid` */
  setFault(fault: Fault, now: number, xid?: number): void {
    this.fault = fault;
    const code = fault === "xid" ? (xid ?? xids.xid) : xids[fault];
    if (code !== undefined) {
      this.xid = code;
      this.#xids.push({ at: now, name: String(code) });
    }
    if (fault === "ecc") this.totals.doubleBitErrors += 1;
  }

  /** Lets `seconds` pass until `now` under a load. */
  advance(load: Load, now: number, seconds: number): void {
    this.load = load;
    const { powerLimit, nvlink } = this.hardware;
    const wanted = IDLE_POWER + 0.3 * load.busy + 0.8 * Math.max(load.tensor, load.memory * 0.8);
    this.power = powerLimit * Math.min(1, wanted) * (this.fault === "power-brake" ? 0.5 : 1);
    const target = this.fault === "overheat" ? SLOWDOWN + 8 : this.#target(this.power);
    this.temperature = target + (this.temperature - target) * Math.exp(-seconds / THERMAL_LAG);
    this.totals.energy += this.power * seconds * 1000;
    this.totals.nvlinkBytes += nvlink * load.communication * seconds;
    if (wanted > 1) this.totals.powerViolation += (wanted - 1) * seconds * 1e9;
    if (this.#isHot()) this.totals.thermalViolation += 0.6 * seconds * 1e9;
    this.#noteClockEvents(now, wanted);
  }

  #isHot(): boolean {
    return this.temperature > SLOWDOWN;
  }

  #target(power: number): number {
    return AMBIENT + (RISE * power) / this.hardware.powerLimit;
  }

  #noteClockEvents(now: number, wanted: number): void {
    const names = [
      ...(this.load.busy === 0 ? ["gpu_idle"] : []),
      ...(wanted > 1 ? ["power_cap"] : []),
      ...(this.#isHot() ? ["sw_thermal", "hw_thermal"] : []),
      ...(this.fault === "power-brake" ? ["hw_slowdown", "hw_power_brake"] : []),
    ];
    this.#clockEvents.push(...names.map((name) => ({ at: now, name })));
    this.#clockEvents = this.#clockEvents.filter(({ at }) => at > now - this.#window);
    this.#xids = this.#xids.filter(({ at }) => at > now - this.#window);
  }

  #counts(events: readonly Event[], now: number): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { at, name } of events)
      if (at > now - this.#window) counts.set(name, (counts.get(name) ?? 0) + 1);
    return counts;
  }
}
