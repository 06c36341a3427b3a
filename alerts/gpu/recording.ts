/**
 * Recorded series of the GPUs, joined with the models that hold them.
 *
 * - A device is a GPU, or a MIG instance of one (label GPU_I_ID): utilisation is known per device, power, temperature and
 *   faults per GPU only, and are counted once however many instances and pods share it.
 * - `namespace` and `pod` are those of the workload; an idle GPU has neither, and no model.
 */
import { gpu } from "../../metrics/dcgm/index.ts";
import {
  avg,
  avgOverTime,
  by,
  convert,
  count,
  declared,
  group,
  lt,
  max,
  min,
  mul,
  not,
  on,
  or,
  range,
  recorded,
  sum,
} from "../../metrics/promql/index.ts";
import { podOwner } from "../owners.ts";

/** Utilisation below which a GPU does nothing. */
export const IDLE = 0.02;

const labels = ["node", "UUID", "GPU_I_ID", "modelName", "namespace", "pod"] as const;
const device = by(...labels);
const sameDevice = on("node", "UUID", "GPU_I_ID", "namespace", "pod");
/** In every list of fields, with MIG too. */
const present = group(gpu.fbUsed, device);
const held = mul(present, podOwner, on("namespace", "pod").groupLeft("model_name", "team", "owner"));
const DEVICE = "gpu:dcgm_device:info";

/** 1 for each device, with the model, team and owner that hold it, if any: for joins on {@link sameDevice}. */
export const deviceInfo = declared({
  record: DEVICE,
  quantity: "info",
  labels: [...labels, "model_name", "team", "owner"],
  unit: "info",
});

/** With profiling the share of time in which the engine worked, which MIG has too; else "some kernel ran". */
const utilisation = or(
  max(gpu.profGrEngineActive, device),
  convert(max(gpu.gpuUtil, device), "ratio"),
  on(...labels),
);

const idle = recorded(
  "gpu:dcgm_idle:bool30m",
  lt.bool(avgOverTime(range(recorded("gpu:dcgm_utilisation:ratio", utilisation), "30m")), IDLE),
);

/** Per device. */
export const byDevice = {
  info: recorded(DEVICE, or(held, present, sameDevice)),
  utilisation: recorded("gpu:dcgm_utilisation:ratio", utilisation),
  idle,
  memoryUsed: recorded("gpu:dcgm_memory_used_bytes:max", max(convert(gpu.fbUsed, "bytes"), device)),
} as const;

const whole = by("node", "UUID", "modelName");

/** Per GPU, whoever shares it. */
export const byGpu = {
  power: recorded("gpu:dcgm_power_watts:max", max(gpu.powerUsage, whole)),
  temperature: recorded("gpu:dcgm_temperature_celsius:max", max(gpu.gpuTemp, whole)),
} as const;

const node = by("node");
const gpusOfNode = group(gpu.fbUsed, whole);

/** Per node. */
export const gpusByNode = {
  gpus: recorded("node:gpus:count", count(gpusOfNode, node)),
  // All devices of an idle GPU are idle.
  idle: recorded("node:gpus_idle:sum", sum(min(idle, whole), node)),
  utilisation: recorded("node:gpu_utilisation:avg", avg(byDevice.utilisation, node)),
  power: recorded("node:gpu_power_watts:sum", sum(byGpu.power, node)),
} as const;

const lent = sameDevice.groupLeft("model_name", "team", "owner");
const heldInfo = deviceInfo.where({ model_name: not("") });
const model = by("namespace", "model_name", "team", "owner");
const gpuOfModel = by("namespace", "model_name", "team", "owner", "node", "UUID");
const onGpu = on("node", "UUID").groupRight();

/** Per model. A GPU that two models share counts for each. */
export const gpusByModel = {
  gpus: recorded("model:gpus:count", count(group(heldInfo, gpuOfModel), model)),
  idle: recorded("model:gpus_idle:sum", sum(min(mul(idle, heldInfo, lent), gpuOfModel), model)),
  utilisation: recorded("model:gpu_utilisation:avg", avg(mul(byDevice.utilisation, heldInfo, lent), model)),
  memoryUsed: recorded(
    "model:gpu_memory_used_bytes:sum",
    sum(mul(byDevice.memoryUsed, heldInfo, lent), model),
  ),
  power: recorded(
    "model:gpu_power_watts:sum",
    sum(mul(byGpu.power, group(heldInfo, gpuOfModel), onGpu), model),
  ),
} as const;

export const gpuLevels = [byDevice, byGpu, gpusByNode, gpusByModel] as const;
