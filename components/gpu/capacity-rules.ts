/** Rules about scaling bounds and reservations. */
import { requireInteger, requireOneOf } from "../support/validation.ts";
import { GpuCapacityType, GpuNodeProvisioner } from "./node-group-args.ts";
import { isReserved } from "./node-group-plan.ts";
import { isPool, provisionerOf, typesOf, type CheckedArgs, type NodeGroupRule } from "./checked-args.ts";

const scalingRules: NodeGroupRule[] = [
  ({ scaling }, report) => {
    requireInteger(report, "scaling.max", scaling.max, 1);
  },
  ({ scaling }, report) => {
    requireInteger(report, "scaling.min", scaling.min, 0);
  },
  ({ scaling }, report) => {
    const { min = 0, max } = scaling;
    if (min <= max) return;
    report("scaling.min", min, `must be at most scaling.max (${max})`, "lower it or raise scaling.max");
  },
  ({ scaling }, report) => {
    const { min = 0, max, desired } = scaling;
    requireInteger(report, "scaling.desired", desired, 0);
    if (desired === undefined || (desired >= min && desired <= max)) return;
    const reason = `must be from scaling.min (${min}) to scaling.max (${max})`;
    report("scaling.desired", desired, reason, "correct it or leave it out");
  },
  (args, report) => {
    if (!isPool(args)) return;
    if (args.scaling.desired !== undefined) {
      const remedy = "leave it out: nodes are made for the pods there are";
      report("scaling.desired", args.scaling.desired, "is of managed node groups", remedy);
    }
    const { min = 0 } = args.scaling;
    if (args.pool?.staticCapacity === true) {
      if (min >= 1) return;
      report("scaling.min", min, "must be at least 1 with pool.staticCapacity", "say how many nodes to hold");
    } else if (min > 0) {
      const remedy = "set it to 0, or set pool.staticCapacity to hold nodes without pods";
      report("scaling.min", min, "must be 0: a pool makes nodes for the pods there are", remedy);
    }
  },
];

const capacityOf = ({ capacity }: CheckedArgs) => capacity?.kind ?? GpuCapacityType.OnDemand;

const reservationRules: NodeGroupRule[] = [
  (args, report) => {
    requireOneOf(report, "capacity.kind", args.capacity?.kind, GpuCapacityType);
  },
  (args, report) => {
    const kind = capacityOf(args);
    if (isReserved(kind) || args.capacity === undefined) return;
    for (const field of ["reservationId", "reservationGroupArn", "startTime", "endTime"] as const) {
      if (args.capacity[field] === undefined) continue;
      const remedy = "leave it out, or set capacity.kind to capacity-reservation or capacity-block";
      report(`capacity.${field}`, args.capacity[field], `has no effect with ${kind} capacity`, remedy);
    }
  },
  (args, report) => {
    const kind = capacityOf(args);
    if (!isReserved(kind) || provisionerOf(args) === GpuNodeProvisioner.Simulated) return;
    const { reservationId, reservationGroupArn } = args.capacity ?? {};
    if (reservationId === undefined && reservationGroupArn === undefined) {
      report("capacity.reservationId", undefined, `is required with ${kind}`, "name the reservation, cr-…");
    }
    if (reservationId !== undefined && reservationGroupArn !== undefined) {
      const reason = "excludes capacity.reservationId";
      report("capacity.reservationGroupArn", reservationGroupArn, reason, "keep one of them");
    }
  },
  ({ capacity }, report) => {
    const id = capacity?.reservationId;
    if (id === undefined || /^cr-[0-9a-f]{8,17}$/.test(id)) return;
    report("capacity.reservationId", id, "is no reservation", "write cr- and hex digits");
  },
  (args, report) => {
    const arn = args.capacity?.reservationGroupArn;
    if (arn === undefined) return;
    if (capacityOf(args) === GpuCapacityType.CapacityBlock || isPool(args)) {
      const remedy = "name one reservation in capacity.reservationId";
      report("capacity.reservationGroupArn", arn, "is for capacity reservations of managed groups", remedy);
    } else if (!/^arn:aws[a-z-]*:resource-groups:[^:]+:\d{12}:group\/.+$/.test(arn)) {
      const remedy = "write arn:aws:resource-groups:<region>:<account>:group/<name>";
      report("capacity.reservationGroupArn", arn, "is no ARN of a resource group", remedy);
    }
  },
  (args, report) => {
    const { capacity, network } = args;
    if (capacity?.reservationId === undefined || !isReserved(capacityOf(args))) return;
    if (network === undefined || network.subnetIds.length <= 1) return;
    const remedy = "name the one subnet in the reservation's zone";
    report("network.subnetIds", network.subnetIds, "must be one: a reservation is in one zone", remedy);
  },
  (args, report) => {
    if (args.instanceTypes.length <= 1 || provisionerOf(args) !== GpuNodeProvisioner.Managed) return;
    const cause = isReserved(capacityOf(args))
      ? capacityOf(args)
      : args.efa?.enabled === true
        ? "EFA"
        : undefined;
    if (cause === undefined) return;
    const reason = `must be one with ${cause}: the launch template is made for it`;
    report("instanceTypes", args.instanceTypes, reason, "make a group for each type");
  },
];

/** Families that Capacity Blocks are sold for. Source: EC2 user guide, capacity-blocks-using. */
const BLOCK_FAMILIES = /^p[4-9]/;

const blockRules: NodeGroupRule[] = [
  (args, report) => {
    if (capacityOf(args) !== GpuCapacityType.CapacityBlock) return;
    if (provisionerOf(args) === GpuNodeProvisioner.Simulated || args.hardware !== undefined) return;
    for (const { name } of typesOf(args)) {
      if (BLOCK_FAMILIES.test(name)) continue;
      const remedy = "use a P4, P5 or P6 instance type, or another capacity.kind";
      report("capacity.kind", "capacity-block", `is not sold for ${name}`, remedy);
    }
  },
  (args, report) => {
    if (capacityOf(args) !== GpuCapacityType.Spot) return;
    for (const { name } of typesOf(args)) {
      if (!name.startsWith("p6e-")) continue;
      report("capacity.kind", "spot", `is not offered for ${name}`, "use a Capacity Block");
    }
  },
  (args, report) => {
    const { startTime, endTime } = args.capacity ?? {};
    if (startTime === undefined && endTime === undefined) return;
    const kind = capacityOf(args);
    if (kind !== GpuCapacityType.CapacityBlock) {
      if (!isReserved(kind)) return;
      report("capacity.startTime", startTime, "is for Capacity Blocks", "leave it and endTime out");
      return;
    }
    if (provisionerOf(args) !== GpuNodeProvisioner.Managed) {
      const remedy = "leave it and endTime out; Karpenter and Auto Mode drain by themselves";
      report("capacity.startTime", startTime, "is of managed node groups", remedy);
      return;
    }
    const start = parseTime(startTime);
    const end = parseTime(endTime);
    if (start === undefined) report("capacity.startTime", startTime, BAD_TIME, TIME_REMEDY);
    if (end === undefined) report("capacity.endTime", endTime, BAD_TIME, TIME_REMEDY);
    if (start === undefined || end === undefined || end - start > HOUR_MS) return;
    const remedy = "correct it; the nodes are drained an hour before the end";
    report("capacity.endTime", endTime, "must be more than an hour after capacity.startTime", remedy);
  },
  (args, report) => {
    if (args.capacity?.startTime === undefined || args.scaling.min === undefined) return;
    if (args.scaling.min === 0) return;
    const remedy = "set it to 0; before its start and after its end the block has no nodes";
    report("scaling.min", args.scaling.min, "must be 0 with capacity.startTime", remedy);
  },
];

const HOUR_MS = 60 * 60 * 1000;
const BAD_TIME = "must be a time in UTC";
const TIME_REMEDY = 'write it as "2026-12-01T11:30:00Z"';

function parseTime(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** All of them. */
export const CAPACITY_RULES: NodeGroupRule[] = [...scalingRules, ...reservationRules, ...blockRules];
