/** The compactor: one for a bucket's prefix, ever. */
import type * as k8s from "@pulumi/kubernetes";

import { goDuration } from "../support/durations.ts";
import { accountName, application, DEFAULT_RETENTION, type ThanosContext } from "./names.ts";
import { DATA_FOLDER, podSelector, podTemplate, requirements, type ThanosProgramSpec } from "./pod.ts";
import { quantity } from "./sizes.ts";
import { DEFAULT_DELETE_DELAY } from "./store.ts";
import { claimTemplates, dataMount, dataVolumes } from "./volumes.ts";

/** Name of its objects. */
export function compactorName(name: string): string {
  return `${name}-compactor`;
}

/** Its program. */
export function compactorProgram(context: ThanosContext): ThanosProgramSpec {
  const { args, sizes, name } = context;
  const compactor = args.compactor ?? {};
  const retention = { ...DEFAULT_RETENTION, ...compactor.retention };
  const { concurrency = 1 } = compactor;
  return {
    application: application.compactor,
    instance: compactorName(name),
    account: accountName(name, "compactor"),
    command: "compact",
    hasGrpc: false,
    usesBucket: true,
    args: [
      "--wait",
      `--wait-interval=${goDuration(compactor.waitInterval ?? "5m")}`,
      `--data-dir=${DATA_FOLDER}`,
      `--consistency-delay=${compactor.consistencyDelay ?? "30m"}`,
      `--retention.resolution-raw=${retention.raw}`,
      `--retention.resolution-5m=${retention.fiveMinutes}`,
      `--retention.resolution-1h=${retention.oneHour}`,
      `--delete-delay=${compactor.deleteDelay ?? DEFAULT_DELETE_DELAY}`,
      `--compact.concurrency=${String(concurrency)}`,
      `--downsample.concurrency=${String(concurrency)}`,
      // Blocks are fetched and sent file by file otherwise, and most of them are small.
      "--block-files-concurrency=4",
      "--compact.blocks-fetch-concurrency=4",
      // The viewer's buttons would mark blocks for deletion.
      "--disable-admin-operations",
    ],
    resources:
      compactor.resources ??
      requirements(
        `${String(concurrency * 500)}m`,
        quantity(sizes.compactor.memoryRequestBytes),
        quantity(sizes.compactor.memoryLimitBytes),
      ),
    volumes: dataVolumes(compactor.volume, sizes.compactor.volumeBytes),
    mounts: [dataMount],
  };
}

/**
 * Spec of its StatefulSet. Two compactors on the same blocks make overlapping ones, after which both stop for good, so it
 * is a StatefulSet, which never runs a pod twice, and its replicas are no argument.
 */
export function compactorStatefulSet(context: ThanosContext): k8s.types.input.apps.v1.StatefulSetSpec {
  const { args, sizes } = context;
  const program = compactorProgram(context);
  return {
    replicas: 1,
    serviceName: program.instance,
    selector: { matchLabels: podSelector(program) },
    template: podTemplate(context, program),
    volumeClaimTemplates: claimTemplates(args.compactor?.volume, sizes.compactor.volumeBytes),
    persistentVolumeClaimRetentionPolicy: { whenDeleted: "Delete", whenScaled: "Delete" },
  };
}
