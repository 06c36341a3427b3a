/** Refused origins, volumes and times. */
import type * as pulumi from "@pulumi/pulumi";

import { parseQuantity } from "../support/quantity.ts";
import { requireDnsLabel, requireInteger, requireOneOf, type Rule } from "../support/validation.ts";
import { requireRepository, requireUrl } from "../vllm/model-rules.ts";
import { ModelWeightsOrigin, type ModelWeightsArgs } from "./args.ts";

type WeightsRule = Rule<pulumi.Unwrap<ModelWeightsArgs & { componentName: string }>>;

const originRules: WeightsRule[] = [
  ({ origin, hub, s3 }, report) => {
    requireOneOf(report, "origin", origin, ModelWeightsOrigin);
    const given = { hub, s3 };
    for (const kind of Object.values(ModelWeightsOrigin)) {
      if (kind === origin && given[kind] === undefined)
        report(kind, undefined, `is required with the origin ${kind}`, "describe the origin there");
      else if (kind !== origin && given[kind] !== undefined)
        report(kind, "given", `has no use with the origin ${origin}`, `remove it, or set origin to ${kind}`);
    }
  },
  ({ hub }, report) => {
    requireRepository(report, "hub.id", hub?.id);
  },
  ({ hub }, report) => {
    if (hub === undefined) return;
    const isBranch = ["main", "master", "HEAD"].includes(hub.revision);
    if (!isBranch && /^[\w.-]+$/.test(hub.revision)) return;
    report(
      "hub.revision",
      hub.revision,
      "must pin a commit or a tag",
      "write the commit hash (40 hex digits) from the model's history",
    );
  },
  ({ hub }, report) => {
    requireUrl(report, "hub.endpoint", hub?.endpoint);
  },
  ({ s3 }, report) => {
    if (s3 === undefined || /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[\w.=+@-]+)+\/?$/.test(s3.uri))
      return;
    report("s3.uri", s3.uri, "must be s3://bucket/path", "name the bucket and the model's directory");
  },
  ({ s3 }, report) => {
    requireUrl(report, "s3.endpoint", s3?.endpoint);
  },
];

const volumeRules: WeightsRule[] = [
  ({ volume }, report) => {
    const kinds = (["claim", "nfs", "storageClass"] as const).filter((kind) => volume[kind] !== undefined);
    const [first, second] = kinds;
    if (second === undefined) return;
    report(`volume.${second}`, "given", `has no use with volume.${first ?? ""}`, "remove one of them");
  },
  ({ volume: { claim, size } }, report) => {
    if (claim !== undefined && size !== undefined)
      report(
        "volume.size",
        size,
        "has no use with an existing claim",
        "remove it; expectedGiB sets the deadline",
      );
    else if (claim === undefined && size === undefined)
      report(
        "volume.size",
        undefined,
        "is required unless volume.claim is given",
        'write it, such as "40Gi"',
      );
    else if (size !== undefined && parseQuantity(size) === undefined)
      report("volume.size", size, "must be a quantity", 'write it as in "40Gi"');
  },
  ({ volume }, report) => {
    const path = volume.nfs?.path;
    if (path === undefined || path.startsWith("/")) return;
    report("volume.nfs.path", path, "must be absolute", "write the exported path from /");
  },
];

const timeRules: WeightsRule[] = [
  ({ timeoutSeconds }, report) => {
    requireInteger(report, "timeoutSeconds", timeoutSeconds, 60);
  },
  ({ expectedGiB }, report) => {
    if (expectedGiB === undefined || expectedGiB > 0) return;
    report("expectedGiB", expectedGiB, "must be above 0", "write the size of the weights in GiB");
  },
  ({ componentName }, report) => {
    // The Job's name has "-fill-" and eight characters more.
    requireDnsLabel(report, "name", componentName, 49);
  },
  ({ memoryLimit }, report) => {
    if (memoryLimit === undefined || parseQuantity(memoryLimit) !== undefined) return;
    report("memoryLimit", memoryLimit, "must be a quantity", 'write it as in "4Gi"');
  },
];

export const RULES: WeightsRule[] = [...originRules, ...volumeRules, ...timeRules];
