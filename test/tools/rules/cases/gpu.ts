import type { AlertCases } from "../../../support/rule-cases.ts";
import type { InputSeries } from "../../../support/promtool.ts";

const HELD = 'node="n",UUID="u",modelName="H100",namespace="vllm",pod="a"';
const held = { node: "n", UUID: "u", modelName: "H100", namespace: "vllm", pod: "a" };
const FREE = 'node="n",UUID="v",modelName="H100"';
const free = { node: "n", UUID: "v", modelName: "H100" };
/** Faults name a device otherwise than its memory does: under MIG, say. */
const BARE = 'node="n",UUID="w",modelName="H100"';
const bare = { node: "n", UUID: "w", modelName: "H100" };
const owner = { model_name: "llama", team: "chat", owner: "ann" };

/** A GPU that a model holds, and one that nobody does. */
const devices: InputSeries = {
  'up{namespace="vllm",pod="a",model="llama",team="chat",owner="ann"}': "1x400",
  [`DCGM_FI_DEV_FB_USED{${HELD}}`]: "70000x400",
  [`DCGM_FI_DEV_FB_USED{${FREE}}`]: "10x400",
};

const fired = (alertname: string, severity: string, labels: Record<string, string>) => ({
  labels: { alertname, severity, component: "gpu", ...labels },
});

interface Sides {
  /** Samples while it is wrong, and after. */
  bad: string;
  /** Samples just under the threshold. */
  under: string;
  /** Before it fires, while it does, and after. */
  at: [string, string, string];
  labels?: Record<string, string>;
  matchers?: string;
}

/** A fault that all GPUs have: the one that is held names its model. */
function fault(alert: string, severity: string, metric: string, sides: Sides): AlertCases {
  const { bad, under, at, labels = {}, matchers = "" } = sides;
  const all = (values: string): InputSeries => ({
    ...devices,
    [`${metric}{${HELD}${matchers}}`]: values,
    [`${metric}{${FREE}${matchers}}`]: values,
    [`${metric}{${BARE}${matchers}}`]: values,
  });
  const firing = [
    fired(alert, severity, { ...held, ...owner, ...labels }),
    fired(alert, severity, { ...free, ...labels }),
    fired(alert, severity, { ...bare, ...labels }),
  ];
  return {
    alert,
    tests: [
      {
        name: "fires with the model where one holds the GPU, and resolves",
        series: all(bad),
        expect: { [at[0]]: [], [at[1]]: firing, [at[2]]: [] },
      },
      {
        name: "stays silent just under its threshold",
        series: all(under),
        expect: { [at[1]]: [], [at[2]]: [] },
      },
    ],
  };
}

const XID = "DCGM_EXP_XID_ERRORS_COUNT";
const LAST = "DCGM_FI_DEV_XID_ERRORS";

/** By the count, and by the last code where nothing counts. */
function xid(alert: string, severity: string, code: string, other: string): AlertCases {
  const counted = fault(alert, severity, XID, {
    bad: "0x20 1x20 0x100",
    under: "0x160",
    at: ["4m", "8m", "20m"],
    labels: { xid: code },
    matchers: `,xid="${code}"`,
  });
  const last = (err: string, of = HELD) => `${LAST}{${of},err_code="${err}",err_msg="m"}`;
  return {
    alert,
    tests: [
      ...counted.tests,
      {
        name: "fires for a new last code, and only while it is new",
        series: {
          ...devices,
          [last("0")]: "0x40 stale",
          [last(code)]: `_x40 ${code}x200`,
          [last("0", BARE)]: "0x40 stale",
          [last(code, BARE)]: `_x40 ${code}x200`,
        },
        expect: {
          "9m": [],
          "12m": [
            fired(alert, severity, { ...held, ...owner, xid: code }),
            fired(alert, severity, { ...bare, xid: code }),
          ],
          "25m": [],
        },
      },
      {
        name: "stays silent for codes of the other kind, and for no error",
        series: {
          ...devices,
          [last("0")]: "_x40 0x200",
          [last(other)]: `_x40 ${other}x200`,
          [`${XID}{${HELD},xid="${other}"}`]: "1x240",
        },
        expect: { "12m": [] },
      },
    ],
  };
}

const util = `DCGM_FI_PROF_GR_ENGINE_ACTIVE{${HELD}}`;
const waiting =
  'vllm:num_requests_waiting{namespace="vllm",pod="b",node="n",team="chat",owner="ann",model_name="llama"}';
const tokens = waiting.replace("num_requests_waiting", "generation_tokens_total");
const idle = [fired("GpuIdleWhileRequestsWait", "warning", { ...held, ...owner })];
const missing = [fired("GpuMissing", "critical", { node: "n" })];
const exporter = 'up{job="dcgm-exporter",node="n"}';

export const gpuCases: AlertCases[] = [
  xid("GpuXidCritical", "critical", "79", "13"),
  xid("GpuXidError", "warning", "13", "79"),
  fault("GpuEccUncorrectable", "critical", "DCGM_FI_DEV_ECC_DBE_VOL_TOTAL", {
    bad: "0x20 1x380",
    under: "7x400",
    at: ["4m", "8m", "80m"],
  }),
  fault("GpuRowRemapFailed", "critical", "DCGM_FI_DEV_ROW_REMAP_FAILURE", {
    bad: "0x20 1x20 0x100",
    under: "0x160",
    at: ["4m", "8m", "20m"],
  }),
  fault("GpuRowRemapPending", "warning", "DCGM_FI_DEV_ROW_REMAP_PENDING", {
    bad: "1x40 0x100",
    under: "0x160",
    at: ["4m", "8m", "20m"],
  }),
  // A tenth of the time is 1.5 s of 15.
  fault("GpuThermalThrottling", "warning", "DCGM_FI_DEV_THERMAL_VIOLATION", {
    bad: "0+1600000000x80 128000000000x200",
    under: "0+1400000000x280",
    at: ["9m", "18m", "40m"],
  }),
  fault("GpuPowerBrake", "warning", "DCGM_EXP_CLOCK_EVENTS_COUNT", {
    bad: "1x60 0x100",
    under: "0x160",
    at: ["9m", "14m", "25m"],
    matchers: ',clock_event="hw_power_brake"',
  }),
  ...["REPLAY", "RECOVERY", "CRC_FLIT", "CRC_DATA"].map((kind) =>
    fault("GpuNvlinkErrors", "warning", `DCGM_FI_DEV_NVLINK_${kind}_ERROR_COUNT_TOTAL`, {
      bad: "0x40 0+2x60 120x200",
      under: "0x40 0+1x60 60x200",
      at: ["9m", "25m", "60m"],
    }),
  ),
  {
    alert: "GpuIdleWhileRequestsWait",
    tests: [
      {
        name: "fires while another replica's queue holds requests, and resolves with work",
        series: { ...devices, [util]: "0.01x80 0.9x100", [waiting]: "5x180", [tokens]: "0x180" },
        expect: { "9m": [], "15m": idle, "30m": [] },
      },
      {
        name: "stays silent when nothing waits",
        series: { ...devices, [util]: "0x100", [waiting]: "0x100", [tokens]: "0x100" },
        expect: { "15m": [], "20m": [] },
      },
      {
        name: "stays silent while the GPU works, by the field without profiling too",
        series: {
          ...devices,
          [`DCGM_FI_DEV_GPU_UTIL{${HELD}}`]: "6x100",
          [waiting]: "5x100",
          [tokens]: "0x100",
        },
        expect: { "15m": [], "20m": [] },
      },
    ],
  },
  {
    alert: "GpuMissing",
    tests: [
      {
        name: "fires when one of two is gone, resolves when it is back",
        series: {
          [`DCGM_FI_DEV_FB_USED{${HELD}}`]: "1x160",
          [`DCGM_FI_DEV_FB_USED{${FREE}}`]: "1x40 _x60 1x60",
        },
        expect: { "10m": [], "22m": missing, "35m": [] },
      },
      {
        name: "fires when the exporter finds none at all",
        series: { [exporter]: "1x40 0x40" },
        expect: { "4m": [], "8m": missing, "18m": [] },
      },
      {
        name: "stays silent while the exporter is down, and when a node goes",
        series: {
          [exporter]: "0x40 _x60",
          [`DCGM_FI_DEV_FB_USED{${HELD}}`]: "1x40 stale",
        },
        expect: { "8m": [], "20m": [] },
      },
      {
        name: "stays silent while all are there",
        series: { [exporter]: "1x100", [`DCGM_FI_DEV_FB_USED{${HELD}}`]: "1x100" },
        expect: { "20m": [] },
      },
    ],
  },
];
