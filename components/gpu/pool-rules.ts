/** Rules about the pools of Karpenter and EKS Auto Mode. */
import { requireInteger } from "../support/validation.ts";
import { GpuNodeProvisioner } from "./node-group-args.ts";
import { provisionerOf, type NodeGroupRule } from "./checked-args.ts";

/** As the NodePool's schema has it. */
const DURATION = /^([0-9]+(s|m|h))+$/;

/** Longest life of a node in Auto Mode, in hours (EKS user guide, automode). */
const AUTO_MODE_MAXIMUM_HOURS = 21 * 24;

function hoursOf(duration: string): number {
  const units: Record<string, number> = { s: 1 / 3600, m: 1 / 60, h: 1 };
  const parts = duration.match(/[0-9]+[smh]/g) ?? [];
  return parts.reduce((sum, part) => sum + Number.parseInt(part, 10) * (units[part.at(-1) ?? ""] ?? 0), 0);
}

/** All of them. */
export const POOL_RULES: NodeGroupRule[] = [
  (args, report) => {
    const provisioner = provisionerOf(args);
    if (args.pool === undefined || Object.keys(args.pool).length === 0) return;
    if (provisioner === GpuNodeProvisioner.Karpenter || provisioner === GpuNodeProvisioner.AutoMode) return;
    report("pool", Object.keys(args.pool), "is of Karpenter and Auto Mode", "leave it out");
  },
  (args, report) => {
    const version = args.pool?.amiVersion;
    if (provisionerOf(args) === GpuNodeProvisioner.AutoMode) {
      if (version === undefined) return;
      report("pool.amiVersion", version, "can't be chosen in Auto Mode", "leave it out");
      return;
    }
    if (provisionerOf(args) !== GpuNodeProvisioner.Karpenter) return;
    const isBottlerocket = args.amiType?.startsWith("BOTTLEROCKET") ?? false;
    const shape = isBottlerocket ? /^(latest|\d+\.\d+\.\d+)$/ : /^(latest|v\d{8})$/;
    if (version !== undefined && shape.test(version)) return;
    const example = isBottlerocket ? "1.52.0" : "v20261101";
    const remedy = `pin it ("${example}"), or say latest to have nodes replaced with each release`;
    report("pool.amiVersion", version, "must be a release of the image", remedy);
  },
  ({ pool }, report) => {
    for (const field of ["consolidateAfter", "expireAfter"] as const) {
      const value = pool?.[field];
      if (value === undefined || value === "Never" || DURATION.test(value)) continue;
      report(`pool.${field}`, value, "must be a duration or Never", 'write "10m" or "720h"');
    }
  },
  ({ pool }, report) => {
    const value = pool?.terminationGracePeriod;
    if (value === undefined || DURATION.test(value)) return;
    report("pool.terminationGracePeriod", value, "must be a duration", 'write "30m" or "1h"');
  },
  (args, report) => {
    const value = args.pool?.expireAfter;
    if (provisionerOf(args) !== GpuNodeProvisioner.AutoMode || value === undefined) return;
    if (value !== "Never" && hoursOf(value) <= AUTO_MODE_MAXIMUM_HOURS) return;
    const reason = `must be at most ${AUTO_MODE_MAXIMUM_HOURS}h in Auto Mode`;
    report("pool.expireAfter", value, reason, 'write "336h" or less');
  },
  ({ pool }, report) => {
    const value = pool?.disruptionBudget;
    if (value === undefined || /^((100|[0-9]{1,2})%|[0-9]+)$/.test(value)) return;
    report("pool.disruptionBudget", value, "must be a number or a percentage", 'write "1" or "10%"');
  },
  ({ pool }, report) => {
    const weight = pool?.weight;
    requireInteger(report, "pool.weight", weight, 1);
    if (weight === undefined) return;
    if (weight > 100) report("pool.weight", weight, "must be at most 100", "lower it");
    if (pool?.staticCapacity !== true) return;
    report("pool.weight", weight, "is not for static pools", "leave it or pool.staticCapacity out");
  },
];
