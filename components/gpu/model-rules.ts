/** Rules about the models that a node group is for. */
import { requireInteger, requireOneOf } from "../support/validation.ts";
import { GpuKvCacheFormat, leastTensorParallel, misfits, nearestInstanceTypes } from "./fit.ts";
import { GpuWeightFormat } from "./weights.ts";
import type { GpuModelArgs } from "./node-group-args.ts";
import { typesOf, type NodeGroupRule } from "./checked-args.ts";

const WHOLE_NUMBERS = [
  "tensorParallel",
  "pipelineParallel",
  "dataParallel",
  "nodes",
  "maxLength",
  "layers",
  "kvHeads",
  "headSize",
  "kvLatentSize",
  "concurrentRequests",
] as const;

/** Whether the numbers of a model can be calculated with. */
function isSound(model: GpuModelArgs): boolean {
  return (
    model.parametersBillion > 0 &&
    Object.values(GpuWeightFormat).includes(model.weightFormat) &&
    WHOLE_NUMBERS.every((field) => (model[field] ?? 1) >= 1)
  );
}

/** All of them. */
export const MODEL_RULES: NodeGroupRule[] = [
  ({ models = [] }, report) => {
    models.forEach((model, index) => {
      const path = `models[${index}]`;
      requireOneOf(report, `${path}.weightFormat`, model.weightFormat, GpuWeightFormat);
      requireOneOf(report, `${path}.kvCacheFormat`, model.kvCacheFormat, GpuKvCacheFormat);
      for (const field of WHOLE_NUMBERS) requireInteger(report, `${path}.${field}`, model[field], 1);
      if (!(model.parametersBillion > 0)) {
        const remedy = "write the number of parameters in billions, such as 70.6";
        report(`${path}.parametersBillion`, model.parametersBillion, "must be above 0", remedy);
      }
      const share = model.gpuMemoryUtilization;
      if (share !== undefined && !(share > 0 && share <= 1)) {
        report(`${path}.gpuMemoryUtilization`, share, "must be above 0 and at most 1", "write 0.92 for 92 %");
      }
      for (const field of ["overheadGiB", "unquantisedBillion"] as const) {
        if ((model[field] ?? 0) >= 0) continue;
        report(`${path}.${field}`, model[field], "must not be negative", "correct the number");
      }
    });
  },
  (args, report) => {
    const [type] = typesOf(args);
    if (type === undefined) return;
    (args.models ?? []).forEach((model, index) => {
      if (!isSound(model)) return;
      for (const { property, value, reason } of misfits(model, type)) {
        const wider = leastTensorParallel(model, type);
        const nearest = nearestInstanceTypes(model, type);
        const ways = [
          ...(wider === undefined || property === "tensorParallel" ? [] : [`tensorParallel ${wider}`]),
          ...(nearest.length === 0 ? [] : [nearest.join(", ")]),
        ];
        const remedy =
          ways.length === 0
            ? "split it over more GPUs or choose a smaller weight format"
            : `would work: ${ways.join("; or ")}`;
        report(`models[${index}].${property}`, value, `of ${model.name} ${reason}`, remedy);
      }
    });
  },
  ({ models = [], scaling }, report) => {
    models.forEach(({ name, nodes = 1 }, index) => {
      if (nodes <= scaling.max) return;
      const reason = `of ${name} is more than scaling.max (${scaling.max})`;
      report(`models[${index}].nodes`, nodes, reason, "raise scaling.max");
    });
  },
];
