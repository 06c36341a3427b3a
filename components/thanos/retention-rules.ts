/** Retention that downsampling can live with. */
import type * as pulumi from "@pulumi/pulumi";

import { parseDuration } from "../support/quantity.ts";
import type { Rule } from "../support/validation.ts";
import type { ThanosStorageArgs } from "./args.ts";

type Known = pulumi.Unwrap<ThanosStorageArgs>;

/**
 * The compactor downsamples blocks, not samples: raw blocks that span 40 hours and more, which are those of two days, and
 * five-minute blocks that span ten days and more, which are those of two weeks. Such a block is made once its whole window has
 * passed and the next block is there; samples from its beginning are then as old as the window. Retention deletes the
 * small blocks of the window before that, where it is shorter, and the coarser resolution never comes to be.
 *
 * Source: Thanos v0.42, pkg/compact/downsample (ResLevel1DownsampleRange, ResLevel2DownsampleRange), cmd/thanos/compact.go
 * (compaction levels of 2h, 8h, 2d and 14d). A day more for uploads, the consistency delay and the compaction itself, two
 * for the longer window.
 */
export const MINIMUM_RETENTION = { raw: "3d", fiveMinutes: "16d", oneHour: "16d" } as const;

const reasons = {
  raw: "five-minute points are made from blocks of two days",
  fiveMinutes: "hourly points are made from blocks of two weeks",
  oneHour: "shorter than the blocks that it counts for, it would delete what has just been made",
} as const;

export const RETENTION_RULES: Rule<Known>[] = [
  ({ compactor }, report) => {
    for (const resolution of ["raw", "fiveMinutes", "oneHour"] as const) {
      const value = compactor?.retention?.[resolution];
      if (value === undefined) continue;
      const path = `compactor.retention.${resolution}`;
      const seconds = parseDuration(value);
      if (seconds === undefined) {
        report(path, value, "must be a duration", 'write one such as "30d", or "0d" for ever');
        continue;
      }
      const minimum = MINIMUM_RETENTION[resolution];
      if (seconds === 0 || seconds >= (parseDuration(minimum) ?? 0)) continue;
      report(
        path,
        value,
        `must be at least ${minimum}: ${reasons[resolution]}`,
        `raise it, or write "0d" for ever`,
      );
    }
  },
  ({ compactor }, report) => {
    if (compactor?.enabled !== false) return;
    for (const field of ["retention", "volume", "resources", "concurrency"] as const) {
      if (compactor[field] === undefined) continue;
      report(
        `compactor.${field}`,
        compactor[field],
        "only counts where a compactor runs",
        "remove it, or enabled",
      );
    }
  },
];
