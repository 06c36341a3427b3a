/** GPUs and the machines that hold them. */
import { dcgm, gpu } from "../../metrics/dcgm/index.ts";
import { engine } from "../../metrics/engine/index.ts";
import { kube, machine } from "../../metrics/kubernetes/index.ts";
import {
  add,
  avg,
  by,
  changes,
  convert,
  div,
  gt,
  group,
  max,
  mul,
  not,
  on,
  rate,
  sub,
  sum,
} from "../../metrics/promql/index.ts";
import type { BoardDefinition, BoardTools, Section } from "../board.ts";
import { toModel } from "./models.ts";

const condition = "DCGM exporter on GPU nodes";
const profiling = "DCGM exporter with profiling fields, on Volta or newer";
const WINDOW = "$__rate_interval";
const device = by("node", "gpu");
const legend = "{{node}} GPU {{gpu}}";

/** GPUs and nodes. */
export const gpuNodesBoard: BoardDefinition = {
  name: "gpuNodes",
  title: "vLLM / GPUs and nodes",
  description:
    "Work, memory, heat and faults of the GPUs, which model holds which, and the machines around them.",
  variables: ["cluster", "namespace", "pod", "node"],
  optional: ["namespace", "pod", "node"],
  kind: "scraped",
  listed: { name: dcgm.fbUsed.name, labels: ["namespace", "pod", "node"] },
  sections: (tools): Section[] => [
    { title: "GPUs: are they busy?", panels: work(tools) },
    { title: "Memory and models: who holds what?", panels: memory(tools) },
    { title: "Power and heat: do they run at full speed?", panels: heat(tools) },
    { title: "Faults: which one must be replaced?", panels: faults(tools) },
    { title: "Nodes: is the machine well?", panels: nodes(tools) },
  ],
};

function work({ panels, choose }: BoardTools) {
  return [
    panels.lines({
      title: "Utilisation",
      description:
        "Share of time in which any kernel ran. 100 % says nothing about how much of the GPU worked.",
      condition,
      max: 100,
      queries: [{ expr: max(choose(gpu.gpuUtil), device), legend }],
    }),
    panels.lines({
      title: "Tensor cores active",
      description: "Share of cycles in which the tensor cores worked: prefill is high, decode low.",
      condition: profiling,
      max: 1,
      queries: [{ expr: max(choose(gpu.profPipeTensorActive), device), legend }],
    }),
    panels.lines({
      title: "Memory interface active",
      description: "Share of cycles in which device memory was read or written: what limits decode.",
      condition: profiling,
      max: 1,
      queries: [{ expr: max(choose(gpu.profDramActive), device), legend }],
    }),
    panels.lines({
      title: "Multiprocessors active",
      description: "Share of cycles in which a multiprocessor had work, mean of the GPU's.",
      condition: profiling,
      max: 1,
      queries: [{ expr: max(choose(gpu.profSmActive), device), legend }],
    }),
    panels.lines({
      title: "NVLink traffic",
      description: "Bytes per second over NVLink, both ways: tensor parallel models talk here.",
      condition: `${profiling} and NVLink`,
      queries: [
        { expr: sum(choose(gpu.profNvlinkTxBytes), device), legend: `${legend} sent` },
        { expr: sum(choose(gpu.profNvlinkRxBytes), device), legend: `${legend} received` },
      ],
    }),
    panels.lines({
      title: "PCIe traffic",
      description:
        "Bytes per second over PCIe: loading of weights, and KV cache that is offloaded to the host.",
      condition: profiling,
      queries: [
        { expr: sum(choose(gpu.profPcieTxBytes), device), legend: `${legend} sent` },
        { expr: sum(choose(gpu.profPcieRxBytes), device), legend: `${legend} received` },
      ],
    }),
  ];
}

function memory({ panels, choose }: BoardTools) {
  const used = max(choose(gpu.fbUsed), by("node", "gpu", "namespace", "pod"));
  const served = group(
    choose(engine.generationTokens.where({ model_name: not("") })),
    by("namespace", "pod", "model_name"),
  );
  const all = add(sum(choose(gpu.fbUsed), device), sum(choose(gpu.fbFree), device));
  return [
    panels.lines({
      title: "Memory in use",
      description:
        "Share of device memory. About 90 % is normal: vLLM takes what --gpu-memory-utilization allows at the start.",
      condition,
      max: 1,
      queries: [{ expr: div(sum(choose(gpu.fbUsed), device), gt(all, 0)), legend }],
    }),
    panels.bars({
      title: "Which model on which GPU",
      description: "Device memory in use by the pod that holds the GPU, with the model it serves.",
      condition,
      drill: toModel,
      queries: [
        {
          expr: mul(convert(used, "bytes"), served, on("namespace", "pod").groupLeft("model_name")),
          legend: "{{node}} GPU {{gpu}}: {{model_name}} {{pod}}",
        },
      ],
    }),
    panels.bars({
      title: "GPUs of nodes, asked for",
      description: "Share of a node's allocatable GPUs that pods ask for.",
      condition: "kube-state-metrics, and GPUs that pods ask for",
      max: 1,
      unit: "ratio",
      queries: [
        {
          expr: div(
            sum(choose(kube.podContainerResourceRequests.where({ resource: "nvidia_com_gpu" })), by("node")),
            gt(sum(choose(kube.nodeStatusAllocatable.where({ resource: "nvidia_com_gpu" })), by("node")), 0),
          ),
          legend: "{{node}}",
        },
      ],
    }),
  ];
}

function heat({ panels, choose }: BoardTools) {
  return [
    panels.lines({
      title: "Power",
      description: "Watts of each GPU.",
      condition,
      queries: [{ expr: max(choose(gpu.powerUsage), device), legend }],
    }),
    panels.lines({
      title: "Temperature",
      description: "Of the GPU's core. Most slow themselves down from about 85 °C on.",
      condition,
      thresholds: [{ from: 85, color: "red" }],
      queries: [{ expr: max(choose(gpu.gpuTemp), device), legend }],
    }),
    panels.lines({
      title: "Slowed down by heat",
      description: "Share of time in which heat kept the clock down.",
      condition: "DCGM exporter with the project's list of fields",
      max: 1,
      unit: "ratio",
      queries: [
        {
          expr: convert(sum(rate(choose(gpu.thermalViolation), WINDOW), device), "ratio"),
          legend,
        },
      ],
    }),
    panels.lines({
      title: "Slowed down by the power limit",
      description: "Share of time in which the power limit kept the clock down. Normal while a GPU is busy.",
      condition: "DCGM exporter with the project's list of fields",
      max: 1,
      unit: "ratio",
      queries: [{ expr: convert(sum(rate(choose(gpu.powerViolation), WINDOW), device), "ratio"), legend }],
    }),
    panels.lines({
      title: "Clock",
      description: "Of the multiprocessors.",
      condition,
      queries: [{ expr: max(choose(gpu.smClock), device), legend }],
    }),
  ];
}

function faults({ panels, choose }: BoardTools) {
  return [
    panels.lines({
      title: "XID errors",
      description:
        "Changes of the last XID code within the window. 79: fell off the bus. 48, 63, 94, 95: memory. 13, 31: mostly the program.",
      condition,
      queries: [{ expr: sum(changes(choose(gpu.xidErrors), WINDOW), device), legend }],
    }),
    panels.lines({
      title: "Uncorrectable memory errors",
      description:
        "Double-bit errors per second since the driver was loaded. Each one ends the program that read the cell.",
      condition: "DCGM exporter with the project's list of fields, and memory with ECC",
      queries: [{ expr: sum(rate(choose(gpu.eccDbeVolTotal), WINDOW), device), legend }],
    }),
    panels.lines({
      title: "Rows that could not be remapped",
      description: "1: the memory has no spare rows left; the GPU must be replaced.",
      condition,
      thresholds: [{ from: 1, color: "red" }],
      queries: [{ expr: max(choose(gpu.rowRemapFailure), device), legend }],
    }),
    panels.lines({
      title: "PCIe replays",
      description: "Packets sent again per second. A rate that stays is a bad slot or cable.",
      condition,
      queries: [{ expr: sum(rate(choose(gpu.pcieReplayCounter), WINDOW), device), legend }],
    }),
  ];
}

function nodes({ panels, choose }: BoardTools) {
  const node = by("node");
  const available = sum(choose(machine.nodeMemoryMemAvailableBytes), node);
  const total = sum(choose(machine.nodeMemoryMemTotalBytes), node);
  const exporter = "node-exporter";
  return [
    panels.lines({
      title: "CPU of nodes in use",
      description:
        "Share of the node's CPU time that is not idle. A full CPU starves the tokeniser and the scheduler.",
      condition: exporter,
      max: 1,
      unit: "ratio",
      queries: [
        {
          expr: sub(
            1,
            avg(rate(choose(machine.nodeCpuSeconds.where({ mode: "idle" })), WINDOW), node) as never,
          ),
          legend: "{{node}}",
        },
      ],
    }),
    panels.lines({
      title: "Memory of nodes in use",
      description: "Share of the node's memory that is neither free nor a cache that can be dropped.",
      condition: exporter,
      max: 1,
      unit: "ratio",
      queries: [{ expr: sub(1, div(available, total)), legend: "{{node}}" }],
    }),
    panels.lines({
      title: "Network of nodes",
      description: "Bytes per second received and sent, without the loopback interface.",
      condition: `${exporter}, and an interface besides the loopback one`,
      queries: [
        {
          expr: sum(rate(choose(machine.nodeNetworkReceiveBytes.where({ device: not("lo") })), WINDOW), node),
          legend: "{{node}} received",
        },
        {
          expr: sum(
            rate(choose(machine.nodeNetworkTransmitBytes.where({ device: not("lo") })), WINDOW),
            node,
          ),
          legend: "{{node}} sent",
        },
      ],
    }),
    panels.lines({
      title: "Disks of nodes",
      description: "Bytes per second read and written: weights are loaded from here.",
      condition: exporter,
      queries: [
        { expr: sum(rate(choose(machine.nodeDiskReadBytes), WINDOW), node), legend: "{{node}} read" },
        { expr: sum(rate(choose(machine.nodeDiskWrittenBytes), WINDOW), node), legend: "{{node}} written" },
      ],
    }),
  ];
}
