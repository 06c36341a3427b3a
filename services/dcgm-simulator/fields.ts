/**
 * Fields of DCGM that the simulator can tell, and how. What a real GPU of the product has not (NVLink on an L4) is left out,
 * as the exporter leaves it out. Names and units: dcgm-exporter etc/default-counters.csv.
 */
import type { Gpu } from "./gpu.ts";

/** One series of a field. */
export interface Reading {
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

type Field = (gpu: Gpu, now: number) => readonly Reading[];

const of =
  (value: (gpu: Gpu) => number): Field =>
  (gpu) => [{ value: value(gpu) }];
/** Where the product has NVLink. */
const linked =
  (value: (gpu: Gpu) => number): Field =>
  (gpu) =>
    gpu.hardware.nvlink > 0 ? [{ value: value(gpu) }] : [];
const none = of(() => 0);
const percent = (share: number): number => Math.round(share * 100);

/** Texts of the XIDs that faults bring; others are known by their number. */
const messages: Readonly<Record<number, string>> = {
  0: "No Error",
  48: "Double Bit ECC Error",
  64: "ECC page retirement or row remapper recording failure",
  79: "GPU has fallen off the bus",
};

/** Bytes per second over PCIe of a GPU that serves, and of one that is filled with weights. */
const SERVING_PCIE = 60e6;
const LOADING_PCIE = 3e9;
const received = ({ load }: Gpu): number => (load.loading ? LOADING_PCIE : SERVING_PCIE * load.busy) + 1e5;

/** Over NVLink, as much in either direction. */
const exchanged = linked(({ hardware, load }) => (hardware.nvlink / 2) * load.communication);

const windowed = (label: string, counts: ReadonlyMap<string, number>): readonly Reading[] =>
  [...counts].map(([name, value]) => ({ value, labels: { [label]: name } }));

const fields: Readonly<Record<string, Field>> = {
  DCGM_FI_DEV_SM_CLOCK: of((gpu) => gpu.smClock),
  DCGM_FI_DEV_MEM_CLOCK: of(({ hardware }) => hardware.memoryClock),
  DCGM_FI_DEV_GPU_TEMP: of(({ temperature }) => Math.round(temperature)),
  DCGM_FI_DEV_MEMORY_TEMP: of(({ temperature }) => Math.round(temperature + 4)),
  DCGM_FI_DEV_POWER_USAGE: of(({ power }) => Math.round(power * 1000) / 1000),
  DCGM_FI_DEV_ENFORCED_POWER_LIMIT: of(({ hardware }) => hardware.powerLimit),
  DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION: of(({ totals }) => Math.round(totals.energy)),
  DCGM_FI_DEV_GPU_UTIL: of(({ load }) => percent(load.busy)),
  DCGM_FI_DEV_MEM_COPY_UTIL: of(({ load }) => percent(load.memory)),
  DCGM_FI_DEV_ENC_UTIL: none,
  DCGM_FI_DEV_DEC_UTIL: none,
  DCGM_FI_DEV_FB_TOTAL: of(({ memoryMiB }) => memoryMiB),
  DCGM_FI_DEV_FB_USED: of(({ memoryUsed }) => memoryUsed),
  DCGM_FI_DEV_FB_FREE: of((gpu) => gpu.memoryMiB - gpu.memoryReserved - gpu.memoryUsed),
  DCGM_FI_DEV_FB_RESERVED: of(({ memoryReserved }) => memoryReserved),
  DCGM_FI_DEV_POWER_VIOLATION: of(({ totals }) => Math.round(totals.powerViolation)),
  DCGM_FI_DEV_THERMAL_VIOLATION: of(({ totals }) => Math.round(totals.thermalViolation)),
  DCGM_FI_DEV_SYNC_BOOST_VIOLATION: none,
  DCGM_FI_DEV_BOARD_LIMIT_VIOLATION: none,
  DCGM_FI_DEV_LOW_UTIL_VIOLATION: none,
  DCGM_FI_DEV_RELIABILITY_VIOLATION: none,
  DCGM_EXP_CLOCK_EVENTS_COUNT: (gpu, now) => windowed("clock_event", gpu.clockEvents(now)),
  DCGM_FI_DEV_XID_ERRORS: ({ xid }) => [
    { value: xid, labels: { err_code: String(xid), err_msg: messages[xid] ?? "Unknown Error" } },
  ],
  DCGM_EXP_XID_ERRORS_COUNT: (gpu, now) => windowed("xid", gpu.xidCounts(now)),
  DCGM_FI_DEV_ECC_SBE_VOL_TOTAL: none,
  DCGM_FI_DEV_ECC_DBE_VOL_TOTAL: of(({ totals }) => totals.doubleBitErrors),
  DCGM_FI_DEV_ECC_SBE_AGG_TOTAL: none,
  DCGM_FI_DEV_ECC_DBE_AGG_TOTAL: of(({ totals }) => totals.doubleBitErrors),
  DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS: of(({ fault }) => (fault === "row-remap" ? 1 : 0)),
  DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS: none,
  DCGM_FI_DEV_ROW_REMAP_PENDING: of(({ fault }) => (fault === "ecc" ? 1 : 0)),
  DCGM_FI_DEV_ROW_REMAP_FAILURE: of(({ fault }) => (fault === "row-remap" ? 1 : 0)),
  DCGM_FI_DEV_PCIE_REPLAY_COUNTER: none,
  DCGM_FI_DEV_VGPU_LICENSE_STATUS: none,
  DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL: linked(() => 0),
  DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_TOTAL: linked(() => 0),
  DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL: linked(() => 0),
  DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL: linked(() => 0),
  DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL: linked(({ totals }) => Math.round(totals.nvlinkBytes / 1024)),
  DCGM_FI_PROF_GR_ENGINE_ACTIVE: of(({ load }) => load.busy * 0.98),
  DCGM_FI_PROF_SM_ACTIVE: of(({ load }) => load.busy * 0.85),
  DCGM_FI_PROF_SM_OCCUPANCY: of(({ load }) => load.busy * 0.22),
  DCGM_FI_PROF_PIPE_TENSOR_ACTIVE: of(({ load }) => load.tensor),
  DCGM_FI_PROF_DRAM_ACTIVE: of(({ load }) => load.memory),
  DCGM_FI_PROF_PCIE_TX_BYTES: of((gpu) => Math.round(received(gpu) / 3)),
  DCGM_FI_PROF_PCIE_RX_BYTES: of((gpu) => Math.round(received(gpu))),
  DCGM_FI_PROF_NVLINK_TX_BYTES: exchanged,
  DCGM_FI_PROF_NVLINK_RX_BYTES: exchanged,
};

/** A label, not a series. */
export const DRIVER_VERSION = { name: "DCGM_FI_DRIVER_VERSION", value: "580.95.05" };

/** Names that a list of counters may hold. */
export const fieldNames: ReadonlySet<string> = new Set([...Object.keys(fields), DRIVER_VERSION.name]);

/** What a GPU says for a field; nothing where it has none. */
export function readingsOf(name: string, gpu: Gpu, now: number): readonly Reading[] {
  return fields[name]?.(gpu, now) ?? [];
}
