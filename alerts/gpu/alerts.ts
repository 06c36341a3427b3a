import { gpu } from "../../metrics/dcgm/index.ts";
import { target } from "../../metrics/monitoring/index.ts";
import {
  and,
  by,
  convert,
  eq,
  group,
  gt,
  increase,
  labelReplace,
  lt,
  max,
  maxOverTime,
  mul,
  neq,
  notRegex,
  on,
  or,
  print,
  range,
  rate,
  regex,
  unless,
  type Expression,
  type Vector,
} from "../../metrics/promql/index.ts";
import { Board, type BoardLink } from "../boards.ts";
import { Severity, type AlertRule } from "../types.ts";
import { byModel } from "../vllm/recording.ts";
import { byDevice, deviceInfo, gpusByNode } from "./recording.ts";

/**
 * XIDs of the hardware and its firmware, after which the GPU must be reset or replaced; the rest are mostly a program's
 * faults. Source: docs.nvidia.com/deploy/xid-errors.
 */
export const HARDWARE_XIDS = "48|62|64|74|79|92|94|95|119|120|140|143|145|149|154";
/** Share of the time that a GPU may be slowed down by its temperature. */
export const THROTTLED = 0.1;
/** NVLink errors in a quarter of an hour; a few retries are normal. */
export const LINK_ERRORS = 100;
/** Utilisation of a GPU that serves nobody although requests wait. */
export const UNUSED = 0.05;

const labels = { component: "gpu" };
const keys = ["node", "UUID", "GPU_I_ID", "modelName", "namespace", "pod"] as const;
type Key = (typeof keys)[number];
const device = by(...keys);
const sameDevice = on("node", "UUID", "GPU_I_ID", "namespace", "pod");
const where = "GPU {{ $labels.UUID }} ({{ $labels.modelName }}) of {{ $labels.node }}";
const dashboard = { uid: Board.gpu, variables: ["node"] } satisfies BoardLink;

/** The condition with the model, team and owner that hold the GPU; as it is where nobody does. */
function withOwner(
  condition: Vector<"info" | "gauge" | "increase" | "rate" | "flag", Key | "xid">,
): Expression {
  const held = mul(
    condition as Vector<"gauge", Key>,
    deviceInfo,
    sameDevice.groupLeft("model_name", "team", "owner"),
  );
  return or(held, condition as Vector<"gauge", Key>, on("node", "UUID"));
}

function rule(
  alert: string,
  severity: Severity,
  condition: Expression,
  texts: AlertRule["annotations"],
  rest: Partial<AlertRule> = {},
): AlertRule {
  return { alert, expr: print(condition), severity, labels, dashboard, annotations: texts, ...rest };
}

/**
 * XIDs that were counted within the exporter's window, or, with a list of fields that does not count them, a code that was
 * not there ten minutes ago: the last one stays until the exporter restarts, so its value alone means nothing.
 */
function xid(codes: ReturnType<typeof regex>): Vector<"info", Key | "xid"> {
  const counted = group(gt(gpu.xidErrorsCount.where({ xid: codes }), 0), by(...keys, "xid"));
  const last = max(gpu.xidErrors.where({ err_code: codes }), by(...keys, "err_code"));
  const before = max(gpu.xidErrors.offset("10m"), by(...keys, "err_code"));
  const changed = labelReplace(unless(neq(last, 0), before), { target: "xid", source: "err_code" });
  return or(counted, group(changed, by(...keys, "xid")));
}

const xidCritical = rule("GpuXidCritical", Severity.Critical, withOwner(xid(regex(HARDWARE_XIDS))), {
  summary: `${where} reported XID {{ $labels.xid }}, a fault of the hardware.`,
  description:
    "What runs on it fails or computes wrongly. The GPU stays unusable until it is reset, and some of these codes ask for a " +
    "replacement.",
});

const xidError = rule("GpuXidError", Severity.Warning, withOwner(xid(notRegex(`0|${HARDWARE_XIDS}`))), {
  summary: `${where} reported XID {{ $labels.xid }}.`,
  description:
    "The driver ended work on the GPU, mostly because of a program's fault: the engine on it exits, or hangs.",
});

const ecc = rule(
  "GpuEccUncorrectable",
  Severity.Critical,
  withOwner(gt(max(increase(gpu.eccDbeVolTotal, "1h"), device), 0)),
  {
    summary: `${where} had {{ $value | humanize }} uncorrectable memory errors within an hour.`,
    description: "Memory that was hit is lost: the engine on it crashes, and results may have been wrong.",
  },
);

const remapFailed = rule(
  "GpuRowRemapFailed",
  Severity.Critical,
  withOwner(eq(max(gpu.rowRemapFailure, device), 1)),
  {
    summary: `${where} has no spare memory row left.`,
    description: "Further memory errors can't be mapped out. NVIDIA replaces such a GPU.",
  },
);

const remapPending = rule(
  "GpuRowRemapPending",
  Severity.Warning,
  withOwner(eq(max(gpu.rowRemapPending, device), 1)),
  {
    summary: `${where} waits for a reset to map out a faulty memory row.`,
    description: "Until the reset the faulty row is in use, or its page is lost.",
  },
  { for: "5m" },
);

const thermal = rule(
  "GpuThermalThrottling",
  Severity.Warning,
  withOwner(gt(convert(max(rate(gpu.thermalViolation, "5m"), device), "ratio"), THROTTLED)),
  {
    summary: `${where} is slowed down by heat for {{ $value | humanizePercentage }} of the time.`,
    description:
      "Latency and throughput of what runs there are worse than elsewhere for no reason of their own.",
  },
  { for: "10m" },
);

const brake = rule(
  "GpuPowerBrake",
  Severity.Warning,
  withOwner(
    gt(max(gpu.clockEventsCount.where({ clock_event: ["hw_power_brake", "hw_slowdown"] }), device), 0),
  ),
  {
    summary: `${where} is braked by its hardware.`,
    description:
      "The power supply or the board asks the GPU to slow down to a fraction of its clock. A power cap, which is normal for a busy " +
      "GPU, is not meant.",
  },
  { for: "10m" },
);

const linkErrors = [
  gpu.nvlinkReplayErrorCountTotal,
  gpu.nvlinkRecoveryErrorCountTotal,
  gpu.nvlinkCrcFlitErrorCountTotal,
  gpu.nvlinkCrcDataErrorCountTotal,
] as const;

/** One alert a counter, for a sum would be empty where a list of fields lacks one of them. */
const nvlink = rule(
  "GpuNvlinkErrors",
  Severity.Warning,
  withOwner(
    linkErrors
      .map((counter) => gt(max(increase(counter, "15m"), device), LINK_ERRORS))
      .reduce((all, one) => or(all, one)),
  ),
  {
    summary: `${where} had {{ $value | humanize }} NVLink errors within 15 minutes.`,
    description:
      "Tensor parallel engines wait for each other over this link: one bad link slows all of their GPUs.",
  },
);

const waits = gt(byModel.waiting, 0);
const unused = lt(maxOverTime(range(byDevice.utilisation, "5m")), UNUSED);
const idle = rule(
  "GpuIdleWhileRequestsWait",
  Severity.Warning,
  and(
    mul(unused, deviceInfo, sameDevice.groupLeft("model_name", "team", "owner")),
    waits,
    on("namespace", "model_name"),
  ),
  {
    summary: `${where} does nothing while requests wait for {{ $labels.model_name }}.`,
    description:
      "The engine on it hangs, is not ready, or gets no requests from the router, and users wait in the queues of the others.",
  },
  { for: "10m", dashboard: { uid: Board.queue, variables: ["namespace", "model_name"] } },
);

/** Names that the exporter's own target has. */
const exporter = group(eq(target.up.where({ job: "dcgm-exporter" }), 1), by("node"));
const fewer = lt(gpusByNode.gpus, maxOverTime(range(gpusByNode.gpus, "1d")));
const missing: AlertRule = {
  alert: "GpuMissing",
  expr: `${print(fewer)}\nor ${print(exporter)} unless on (node) ${print(gpusByNode.gpus)}`,
  for: "5m",
  severity: Severity.Critical,
  labels,
  dashboard,
  annotations: {
    summary: "A GPU of {{ $labels.node }} is gone: fewer answer than within the last day.",
    description:
      "It fell off the bus, or its driver did. What ran on it is dead, and the node advertises a GPU that can't be used.",
  },
};

export const gpuAlerts: AlertRule[] = [
  xidCritical,
  xidError,
  ecc,
  remapFailed,
  remapPending,
  thermal,
  brake,
  nvlink,
  idle,
  missing,
];
