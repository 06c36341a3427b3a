/** How GPUs that are partitioned (MIG) are offered. */
export const NvidiaMigStrategy = {
  /** Whole GPUs only. */
  None: "none",
  /** All partitions of a node are equal and count as nvidia.com/gpu. */
  Single: "single",
  /** Each size is a resource of its own, nvidia.com/mig-…. */
  Mixed: "mixed",
} as const;
export type NvidiaMigStrategy = (typeof NvidiaMigStrategy)[keyof typeof NvidiaMigStrategy];
