/** Refused memory sums, scrape settings, variables, flags, volumes and labels. */
import { parseDuration, parseQuantity } from "../support/quantity.ts";
import { requireDnsLabel, requireInteger, type Report } from "../support/validation.ts";
import { variableRemedy } from "./environment.ts";
import { findReservedFlag } from "./reserved-flags.ts";
import { requireQuantity } from "./model-rules.ts";
import { DEFAULT_TIMEOUT_SECONDS } from "./monitor.ts";
import { MULTIPROCESS_DIRECTORY, MULTIPROCESS_VARIABLE } from "./multiprocess.ts";
import { computePlan } from "./plan.ts";
import { VllmVolumeMedium } from "./pod-args.ts";
import type { CheckedArgs, VllmRule } from "./rules.ts";
import { OWN_MOUNT_PATHS } from "./volumes.ts";

const resourceRules: VllmRule[] = [
  ({ resources }, report) => {
    for (const field of ["cpuRequest", "cpuLimit", "memoryRequest", "memoryLimit", "sharedMemory"] as const) {
      requireQuantity(report, `resources.${field}`, resources?.[field]);
    }
  },
  (args, report) => {
    requireQuantity(report, "multiprocessMetrics.sizeLimit", args.multiprocessMetrics?.sizeLimit);
  },
  ({ resources }, report) => {
    requireOrder(
      report,
      "resources.cpuRequest",
      resources?.cpuRequest ?? "4",
      "resources.cpuLimit",
      resources?.cpuLimit,
    );
  },
  ({ resources }, report) => {
    const limit = resources?.memoryLimit ?? "32Gi";
    requireOrder(report, "resources.memoryRequest", resources?.memoryRequest, "resources.memoryLimit", limit);
  },
  requireRoomInMemory,
  ({ gpu }, report) => {
    const name = gpu?.resourceName;
    if (name === undefined || /^[a-z0-9.-]+\/[A-Za-z0-9][\w.-]*$/.test(name)) return;
    report("gpu.resourceName", name, "must be an extended resource, domain/name", "write nvidia.com/gpu");
  },
];

/** What lies in memory leaves at least a quarter of the limit to the processes. */
function requireRoomInMemory(args: CheckedArgs, report: Report): void {
  const { resources, multiprocessVolume } = computePlan(args);
  const metrics = multiprocessVolume?.medium === VllmVolumeMedium.Memory ? multiprocessVolume.sizeLimit : "0";
  const buffer = sourceOf(args)?.s3?.bufferSize ?? "0";
  const limit = parseQuantity(resources.memoryLimit);
  const sizes = [resources.sharedMemory, metrics, buffer].map(parseQuantity);
  const used = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  if (limit === undefined || used <= limit * 0.75) return;
  const parts = `shared memory ${resources.sharedMemory}, metrics volume ${metrics}, streamer buffer ${buffer}`;
  report(
    "resources.memoryLimit",
    resources.memoryLimit,
    `must leave a quarter to the processes beside what counts to it (${parts})`,
    `raise it to ${String(Math.ceil(used / 0.75 / 2 ** 30))}Gi or make those smaller`,
  );
}

/** Without types, as from YAML, even a required argument may be missing; a rule of its own says so. */
function sourceOf(args: CheckedArgs): CheckedArgs["model"]["source"] | undefined {
  const { model } = args as { model?: { source?: CheckedArgs["model"]["source"] } };
  return model?.source;
}

const monitorRules: VllmRule[] = [
  ({ monitor }, report) => {
    for (const field of ["interval", "timeout"] as const) {
      const value = monitor?.[field];
      if (value === undefined || (parseDuration(value) ?? 0) > 0) continue;
      report(`monitor.${field}`, value, "must be a Prometheus duration above zero", 'write "15s" or "1m30s"');
    }
  },
  ({ monitor }, report) => {
    const interval = parseDuration(monitor?.interval ?? "") ?? Number.POSITIVE_INFINITY;
    const timeout = parseDuration(monitor?.timeout ?? "");
    if (timeout === undefined || timeout <= interval) return;
    const reason = `must be at most monitor.interval (${monitor?.interval ?? ""})`;
    const remedy = `leave it out for the smaller of the interval and ${String(DEFAULT_TIMEOUT_SECONDS)}s`;
    report("monitor.timeout", monitor?.timeout, reason, remedy);
  },
  ({ monitor }, report) => {
    requireInteger(report, "monitor.sampleLimit", monitor?.sampleLimit, 1);
  },
  ({ monitor }, report) => {
    const pattern = monitor?.dropMetrics;
    if (pattern === undefined) return;
    const remedy = "leave it out to keep everything";
    if (!isPattern(pattern)) report("monitor.dropMetrics", pattern, "must be a regular expression", remedy);
    else if (new RegExp(`^(?:${pattern})$`).test("vllm:generation_tokens_total"))
      report(
        "monitor.dropMetrics",
        pattern,
        "must keep vllm:generation_tokens_total, by which replicas are known",
        remedy,
      );
  },
];

const variableRules: VllmRule[] = [
  (args, report) => {
    const { env } = args;
    const seen = new Set<string>();
    for (const [index, { name }] of (env ?? []).entries()) {
      const path = `env[${String(index)}].name`;
      const remedy = variableRemedy(name, sourceOf(args)?.kind);
      if (!/^[A-Za-z_]\w*$/.test(name)) {
        report(path, name, "must be a variable name", "use letters, digits and _, no digit first");
      } else if (remedy !== undefined) {
        const danger = name === MULTIPROCESS_VARIABLE ? " with a volume that is emptied at each start" : "";
        report(path, name, `is the component's own${danger}`, remedy);
      } else if (seen.has(name)) {
        report(path, name, "is set twice", "remove one");
      }
      seen.add(name);
    }
  },
  ({ env }, report) => {
    for (const [index, { value, secret }] of (env ?? []).entries()) {
      if ((value === undefined) !== (secret === undefined)) continue;
      const which = value === undefined ? "neither" : "both";
      report(`env[${String(index)}]`, which, "must have either value or secret", "give one of them");
    }
  },
  ({ extraArgs }, report) => {
    for (const [index, word] of (extraArgs ?? []).entries()) {
      const reserved = findReservedFlag(word);
      if (reserved === undefined) continue;
      report(`extraArgs[${String(index)}]`, word, reserved.reason, reserved.remedy);
    }
  },
];

const volumeRules: VllmRule[] = [
  ({ extraVolumes }, report) => {
    const names = new Set<string>();
    const paths = new Set<string>();
    for (const [index, volume] of (extraVolumes ?? []).entries()) {
      const path = `extraVolumes[${String(index)}]`;
      requireDnsLabel(report, `${path}.name`, volume.name);
      if (volume.name.startsWith("vllm-") || names.has(volume.name)) {
        report(`${path}.name`, volume.name, "is taken", "choose another name, not starting with vllm-");
      }
      const kinds = (["claim", "configMap", "secret"] as const).filter((kind) => volume[kind] !== undefined);
      if (kinds.length !== 1) {
        report(path, kinds, "must have exactly one of claim, configMap, secret", "give one of them");
      }
      requireFreePath(report, `${path}.mountPath`, volume.mountPath, paths);
      names.add(volume.name);
      paths.add(volume.mountPath);
    }
  },
];

function requireFreePath(report: Report, path: string, mountPath: string, taken: Set<string>): void {
  const clean = mountPath.replace(/\/+$/, "");
  const overlaps = (own: string) =>
    clean === own || clean.startsWith(`${own}/`) || own.startsWith(`${clean}/`);
  if (!/^\/[^\s:]+$/.test(clean) || clean.split("/").includes("..")) {
    report(path, mountPath, "must be an absolute path without ..", "write where the container sees it");
  } else if (overlaps(MULTIPROCESS_DIRECTORY)) {
    const reason = "would hold the multiprocess metrics, which fail on network storage";
    report(path, mountPath, reason, "mount it elsewhere; multiprocessMetrics brings its own volume");
  } else if (taken.has(mountPath) || OWN_MOUNT_PATHS.some((own) => overlaps(own) && !isBelowScratch(clean))) {
    report(path, mountPath, "is taken", `keep clear of ${OWN_MOUNT_PATHS.join(", ")} and other volumes`);
  }
}

/** Below the home directory, a scratch volume, there is room for others. */
function isBelowScratch(path: string): boolean {
  return path.startsWith("/home/vllm/");
}

const RESERVED_LABELS =
  /^(app\.kubernetes\.io\/(name|instance|component|part-of|managed-by)|vllm-monitoring\/.*)$/;
const RESERVED_ANNOTATIONS = /^(vllm-monitoring\/.*|pulumi\.com\/(skipAwait|timeoutSeconds))$/;
const LABEL_VALUE = /^(|[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)$/;

const labelRules: VllmRule[] = [
  ({ podLabels }, report) => {
    requireLabels(report, "podLabels", podLabels);
  },
  ({ monitor }, report) => {
    requireLabels(report, "monitor.labels", monitor?.labels);
  },
  (args, report) => {
    for (const field of ["annotations", "podAnnotations", "serviceAccountAnnotations"] as const) {
      for (const [key, value] of Object.entries(args[field] ?? {})) {
        if (!RESERVED_ANNOTATIONS.test(key)) continue;
        report(
          `${field}[${JSON.stringify(key)}]`,
          value,
          "is the component's own annotation",
          "use another key",
        );
      }
    }
  },
];

function requireLabels(report: Report, path: string, labels: Record<string, string> | undefined): void {
  for (const [key, value] of Object.entries(labels ?? {})) {
    const here = `${path}[${JSON.stringify(key)}]`;
    if (RESERVED_LABELS.test(key)) report(here, value, "is the component's own label", "use another key");
    else if (!LABEL_VALUE.test(value)) {
      report(
        here,
        value,
        "is no label value",
        "use at most 63 of A-Z a-z 0-9 - _ . and a letter or digit at both ends",
      );
    }
  }
}

function requireOrder(
  report: Report,
  path: string,
  low: string | undefined,
  limitPath: string,
  high: string | undefined,
): void {
  if (low === undefined || high === undefined) return;
  const [request, limit] = [parseQuantity(low), parseQuantity(high)];
  if (request === undefined || limit === undefined || request <= limit) return;
  report(path, low, `must be at most ${limitPath} (${high})`, "lower it or raise the limit");
}

export const POD_RULES: VllmRule[] = [
  ...resourceRules,
  ...monitorRules,
  ...variableRules,
  ...volumeRules,
  ...labelRules,
];

function isPattern(text: string): boolean {
  try {
    return text !== "" && new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}
