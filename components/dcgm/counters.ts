/**
 * Counters file of the DCGM exporter. The exporter's own list leaves out throttling, ECC and XID counts; a file replaces
 * that list as a whole. A name that DCGM doesn't know keeps the exporter from starting: these are all in go-dcgm as of
 * exporter 4.5.3-4.8.2 (pkg/dcgm/const_fields.go).
 */

/** One metric of the exporter. */
export interface DcgmCounter {
  readonly name: string;
  /** As Prometheus is told; `label` puts a value on every other metric. */
  readonly kind: "gauge" | "counter" | "label";
  /** Unit included. Without commas, which separate the file's columns. */
  readonly help: string;
}

/** Clocks, temperature, power, utilisation and memory. */
const state: DcgmCounter[] = [
  { name: "DCGM_FI_DEV_SM_CLOCK", kind: "gauge", help: "SM clock frequency (in MHz)." },
  { name: "DCGM_FI_DEV_MEM_CLOCK", kind: "gauge", help: "Memory clock frequency (in MHz)." },
  { name: "DCGM_FI_DEV_GPU_TEMP", kind: "gauge", help: "GPU temperature (in C)." },
  { name: "DCGM_FI_DEV_MEMORY_TEMP", kind: "gauge", help: "Memory temperature (in C)." },
  { name: "DCGM_FI_DEV_POWER_USAGE", kind: "gauge", help: "Power draw (in W)." },
  { name: "DCGM_FI_DEV_ENFORCED_POWER_LIMIT", kind: "gauge", help: "Power limit in force (in W)." },
  {
    name: "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION",
    kind: "counter",
    help: "Energy consumption since the driver was loaded (in mJ).",
  },
  { name: "DCGM_FI_DEV_GPU_UTIL", kind: "gauge", help: "GPU utilization (in %)." },
  { name: "DCGM_FI_DEV_MEM_COPY_UTIL", kind: "gauge", help: "Memory bandwidth utilization (in %)." },
  { name: "DCGM_FI_DEV_FB_TOTAL", kind: "gauge", help: "Framebuffer memory (in MiB)." },
  { name: "DCGM_FI_DEV_FB_USED", kind: "gauge", help: "Framebuffer memory used (in MiB)." },
  { name: "DCGM_FI_DEV_FB_FREE", kind: "gauge", help: "Framebuffer memory free (in MiB)." },
  { name: "DCGM_FI_DEV_FB_RESERVED", kind: "gauge", help: "Framebuffer memory reserved (in MiB)." },
];

/** Time at reduced clocks by cause, and clock events in a sliding window. */
const throttling: DcgmCounter[] = [
  {
    name: "DCGM_FI_DEV_POWER_VIOLATION",
    kind: "counter",
    help: "Throttling duration due to power constraints (in ns).",
  },
  {
    name: "DCGM_FI_DEV_THERMAL_VIOLATION",
    kind: "counter",
    help: "Throttling duration due to thermal constraints (in ns).",
  },
  {
    name: "DCGM_FI_DEV_SYNC_BOOST_VIOLATION",
    kind: "counter",
    help: "Throttling duration due to sync-boost constraints (in ns).",
  },
  {
    name: "DCGM_FI_DEV_BOARD_LIMIT_VIOLATION",
    kind: "counter",
    help: "Throttling duration due to board limit constraints (in ns).",
  },
  {
    name: "DCGM_FI_DEV_RELIABILITY_VIOLATION",
    kind: "counter",
    help: "Throttling duration due to reliability constraints (in ns).",
  },
  // It goes up and down with its window, whatever the exporter calls it.
  {
    name: "DCGM_EXP_CLOCK_EVENTS_COUNT",
    kind: "gauge",
    help: "Clock events in the window by clock_event.",
  },
];

/** Faults of the GPU, its memory and its links. */
const faults: DcgmCounter[] = [
  // Sticky: the last code stays until the exporter restarts. The count is what to alert on.
  { name: "DCGM_FI_DEV_XID_ERRORS", kind: "gauge", help: "Value of the last XID error encountered." },
  { name: "DCGM_EXP_XID_ERRORS_COUNT", kind: "gauge", help: "XID errors in the window by xid." },
  {
    name: "DCGM_FI_DEV_ECC_SBE_VOL_TOTAL",
    kind: "counter",
    help: "Single-bit ECC errors since the driver was loaded.",
  },
  {
    name: "DCGM_FI_DEV_ECC_DBE_VOL_TOTAL",
    kind: "counter",
    help: "Double-bit ECC errors since the driver was loaded.",
  },
  {
    name: "DCGM_FI_DEV_ECC_SBE_AGG_TOTAL",
    kind: "counter",
    help: "Single-bit ECC errors in the life of the GPU.",
  },
  {
    name: "DCGM_FI_DEV_ECC_DBE_AGG_TOTAL",
    kind: "counter",
    help: "Double-bit ECC errors in the life of the GPU.",
  },
  {
    name: "DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS",
    kind: "counter",
    help: "Rows remapped for uncorrectable errors.",
  },
  {
    name: "DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS",
    kind: "counter",
    help: "Rows remapped for correctable errors.",
  },
  { name: "DCGM_FI_DEV_ROW_REMAP_PENDING", kind: "gauge", help: "Whether a remapping waits for a reset." },
  { name: "DCGM_FI_DEV_ROW_REMAP_FAILURE", kind: "gauge", help: "Whether remapping of rows has failed." },
  { name: "DCGM_FI_DEV_PCIE_REPLAY_COUNTER", kind: "counter", help: "PCIe retries." },
  {
    name: "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL",
    kind: "counter",
    help: "NVLink flow-control CRC errors.",
  },
  {
    name: "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_TOTAL",
    kind: "counter",
    help: "NVLink data CRC errors.",
  },
  { name: "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL", kind: "counter", help: "NVLink retries." },
  {
    name: "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL",
    kind: "counter",
    help: "NVLink recovery errors.",
  },
  {
    name: "DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL",
    kind: "counter",
    help: "NVLink bandwidth counter of all lanes.",
  },
];

/** Needs SYS_ADMIN and Volta or newer; skipped by the exporter where the GPU has no such counter. */
const profiling: DcgmCounter[] = [
  {
    name: "DCGM_FI_PROF_GR_ENGINE_ACTIVE",
    kind: "gauge",
    help: "Ratio of time the graphics engine is active.",
  },
  { name: "DCGM_FI_PROF_SM_ACTIVE", kind: "gauge", help: "Ratio of cycles an SM has a warp assigned." },
  {
    name: "DCGM_FI_PROF_SM_OCCUPANCY",
    kind: "gauge",
    help: "Ratio of warps resident on an SM to the greatest number.",
  },
  {
    name: "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE",
    kind: "gauge",
    help: "Ratio of cycles the tensor pipe is active.",
  },
  {
    name: "DCGM_FI_PROF_DRAM_ACTIVE",
    kind: "gauge",
    help: "Ratio of cycles the memory interface is active.",
  },
  { name: "DCGM_FI_PROF_PCIE_TX_BYTES", kind: "gauge", help: "PCIe data sent (in bytes per second)." },
  { name: "DCGM_FI_PROF_PCIE_RX_BYTES", kind: "gauge", help: "PCIe data received (in bytes per second)." },
  { name: "DCGM_FI_PROF_NVLINK_TX_BYTES", kind: "gauge", help: "NVLink data sent (in bytes per second)." },
  {
    name: "DCGM_FI_PROF_NVLINK_RX_BYTES",
    kind: "gauge",
    help: "NVLink data received (in bytes per second).",
  },
];

const labels: DcgmCounter[] = [{ name: "DCGM_FI_DRIVER_VERSION", kind: "label", help: "Driver version." }];

/** The counters, by what they are for; profiling ones on request. */
export function dcgmCounters(withProfiling: boolean): DcgmCounter[] {
  return [...state, ...throttling, ...faults, ...(withProfiling ? profiling : []), ...labels];
}

/** Names of the profiling counters. */
export const PROFILING_PREFIX = "DCGM_FI_PROF_";

/** A field of DCGM or a metric of the exporter. */
export const COUNTER_NAME = /^DCGM_(FI|EXP)_[A-Z0-9_]+$/;

/** The file: three columns, comments with "#". */
export function countersFile(counters: readonly DcgmCounter[]): string {
  const lines = counters.map(({ name, kind, help }) => `${name}, ${kind}, ${help}`);
  return `# DCGM field, Prometheus metric type, help\n${lines.join("\n")}\n`;
}
