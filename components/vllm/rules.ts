/** What arguments a `VllmDeployment` refuses, rule by rule. */
import type * as pulumi from "@pulumi/pulumi";
import { floatingImage, imageParts, isDigest } from "../support/image.ts";
import {
  requireDnsLabel,
  requireInteger,
  requireOneOf,
  type Report,
  type Rule,
} from "../support/validation.ts";
import type { VllmDeploymentArgs } from "../vllm-deployment.ts";
import { MODEL_RULES } from "./model-rules.ts";
import { drainSum } from "./plan.ts";
import { VllmRolloutMode, VllmVolumeMedium } from "./pod-args.ts";
import { POD_RULES } from "./pod-rules.ts";

/** Arguments with the component's name, which is the default of theirs. */
export type CheckedArgs = pulumi.Unwrap<VllmDeploymentArgs & { componentName: string }>;
export type VllmRule = Rule<CheckedArgs>;

/** The longest names that are derived, pods', add up to 17 characters to this one and end at 63. */
const MAXIMUM_NAME_LENGTH = 46;

const identityRules: VllmRule[] = [
  (args, report) => {
    const name = args.name ?? args.componentName;
    requireDnsLabel(report, "name", name, MAXIMUM_NAME_LENGTH);
    if (/^[0-9]/.test(name)) {
      report("name", name, "must start with a letter, as a Service's name", "put a letter in front");
    }
  },
  (args, report) => {
    if (!args.namespace) report("namespace", args.namespace, "is required", "name an existing namespace");
    else requireDnsLabel(report, "namespace", args.namespace);
  },
  (args, report) => {
    requireText(report, "owner", args.owner, "name the person or team that answers its alerts");
  },
  (args, report) => {
    if (args.team !== undefined) requireText(report, "team", args.team, "name the team, or leave it out");
  },
];

const imageRules: VllmRule[] = [
  (args, report) => {
    const { image } = args;
    if (!image) {
      report("image", image, "is required", "give vllm/vllm-openai with its tag and digest");
      return;
    }
    const parts = imageParts(image);
    const [, digest, ...rest] = image.split("@");
    if (
      digest !== undefined &&
      rest.length === 0 &&
      !isDigest(digest) &&
      imageParts(image.split("@")[0] ?? "")
    ) {
      report("image", image, "has a malformed digest", "write @sha256: and 64 hex digits, lower case");
    } else if (parts === undefined) {
      report("image", image, "is no image reference", "write repository[:tag]@sha256:digest");
    } else if (parts.digest !== undefined) {
      return;
    } else if (args.allowImageWithoutDigest !== true) {
      const remedy = "append @sha256:… of the tag, or set allowImageWithoutDigest";
      report("image", image, "has no digest, so what runs may change by itself", remedy);
    } else {
      const reason = floatingImage(image);
      if (reason !== undefined) report("image", image, reason, "name a version as its tag");
    }
  },
];

const numberRules: VllmRule[] = [
  (args, report) => {
    requireInteger(report, "replicas", args.replicas, 0);
  },
  (args, report) => {
    requireInteger(report, "apiServerCount", args.apiServerCount, 1);
  },
  (args, report) => {
    requireInteger(report, "maxSequences", args.maxSequences, 1);
  },
  ({ gpuMemoryUtilization: share }, report) => {
    if (share === undefined || (share > 0 && share <= 1)) return;
    report("gpuMemoryUtilization", share, "must be above 0 and at most 1", "write 0.92 for 92 %");
  },
  (args, report) => {
    for (const field of ["tensor", "pipeline", "data", "dataLocal"] as const) {
      requireInteger(report, `parallelism.${field}`, args.parallelism?.[field], 1);
    }
  },
  (args, report) => {
    const { data = 1, dataLocal } = args.parallelism ?? {};
    if (dataLocal === undefined || dataLocal === data) return;
    const remedy = `set it to ${String(data)} or leave it out; engines on several nodes need a LeaderWorkerSet`;
    report("parallelism.dataLocal", dataLocal, `must equal parallelism.data (${String(data)})`, remedy);
  },
  (args, report) => {
    const count = args.gpu?.count;
    requireInteger(report, "gpu.count", count, 1);
    const { tensor = 1, pipeline = 1, data = 1 } = args.parallelism ?? {};
    const needed = tensor * pipeline * data;
    if (count === undefined || count === needed || !Number.isSafeInteger(needed)) return;
    const product = `tensor ${String(tensor)} × pipeline ${String(pipeline)} × data ${String(data)} = ${String(needed)}`;
    report("gpu.count", count, `must be ${product}`, `leave it out or set it to ${String(needed)}`);
  },
  (args, report) => {
    requireInteger(report, "startup.expectedLoadSeconds", args.startup?.expectedLoadSeconds, 1);
  },
  ({ startup }, report) => {
    const { expectedLoadSeconds, weightsGiB } = startup ?? {};
    if (weightsGiB === undefined) return;
    if (!(weightsGiB > 0))
      report("startup.weightsGiB", weightsGiB, "must be above 0", "write the size of the weights in GiB");
    if (expectedLoadSeconds !== undefined)
      report(
        "startup.weightsGiB",
        weightsGiB,
        "has no use with expectedLoadSeconds",
        "leave one of them out",
      );
  },
  (args, report) => {
    requireOneOf(report, "rollout", args.rollout, VllmRolloutMode);
  },
  (args, report) => {
    requireOneOf(report, "multiprocessMetrics.medium", args.multiprocessMetrics?.medium, VllmVolumeMedium);
  },
  (args, report) => {
    for (const field of ["userId", "groupId", "volumeGroupId"] as const) {
      requireInteger(report, `security.${field}`, args.security?.[field], field === "userId" ? 1 : 0);
    }
  },
];

const drainRules: VllmRule[] = [
  (args, report) => {
    requireInteger(report, "drain.preStopSeconds", args.drain?.preStopSeconds, 0);
  },
  (args, report) => {
    requireInteger(report, "drain.shutdownSeconds", args.drain?.shutdownSeconds, 0);
  },
  (args, report) => {
    const {
      preStopSeconds = 15,
      shutdownSeconds = 60,
      terminationGracePeriodSeconds: grace,
    } = args.drain ?? {};
    requireInteger(report, "drain.terminationGracePeriodSeconds", grace, 1);
    const needed = drainSum(preStopSeconds, shutdownSeconds);
    if (grace === undefined || grace >= needed) return;
    const sum = `${String(preStopSeconds)} + ${String(shutdownSeconds)} + ${String(needed - preStopSeconds - shutdownSeconds)}`;
    report(
      "drain.terminationGracePeriodSeconds",
      grace,
      `must be at least preStopSeconds + shutdownSeconds + exit time (${sum} = ${String(needed)})`,
      "raise it or leave it out; the kubelet would kill requests in flight",
    );
  },
];

function requireText(report: Report, path: string, value: string | undefined, remedy: string): void {
  if (value !== undefined && /[A-Za-z0-9]/.test(value)) return;
  report(path, value, "must have a letter or digit", remedy);
}

/** Every rule; each reads few arguments, because one that reads a pending value is put off as a whole. */
export const RULES: VllmRule[] = [
  ...identityRules,
  ...imageRules,
  ...MODEL_RULES,
  ...numberRules,
  ...drainRules,
  ...POD_RULES,
];
