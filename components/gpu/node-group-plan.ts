/** What a node group's plain arguments come to. */
import { defaultAmiType, amiFacts, type AmiFacts } from "./ami.ts";
import { CpuArchitecture, gpuInstanceTypes, type GpuInstanceType } from "./instance-types.ts";
import { gpuKinds, type GpuKindName } from "./kinds.ts";
import {
  GpuCapacityType,
  GpuNodeProvisioner,
  GpuNodeUpdateStrategy,
  type GpuAmiType,
  type GpuHardwareArgs,
  type GpuNodeGroupArgs,
} from "./node-group-args.ts";

/** Decisions that the rest of the component follows. */
export interface NodeGroupPlan {
  readonly groupName: string;
  readonly provisioner: GpuNodeProvisioner;
  /** Facts of the first instance type; the others have equal GPUs and architecture. */
  readonly type: GpuInstanceType;
  readonly capacity: GpuCapacityType;
  readonly amiType: GpuAmiType;
  readonly ami: AmiFacts;
  /** EFA interfaces of a node. 0: none. */
  readonly efaInterfaces: number;
  readonly useInstanceStore: boolean;
  readonly updateStrategy: GpuNodeUpdateStrategy;
}

/** Facts of an instance type: from the table, or else as the arguments describe it. */
export function resolveInstanceType(
  name: string,
  hardware: GpuHardwareArgs | undefined,
): GpuInstanceType | undefined {
  const known = gpuInstanceTypes.get(name);
  if (known !== undefined || hardware === undefined) return known;
  return {
    name,
    gpuKind: kindOf(hardware.gpuProduct),
    gpuProduct: hardware.gpuProduct,
    gpuCount: hardware.gpuCount,
    gpuMemoryGiB: hardware.gpuMemoryGiB,
    computeCapability: hardware.computeCapability,
    architecture: hardware.architecture ?? CpuArchitecture.Amd64,
    vcpus: hardware.vcpus,
    memoryGiB: hardware.memoryGiB,
    instanceStoreGB: hardware.instanceStoreGB ?? 0,
    efaCards: hardware.efaCards ?? [],
  };
}

function kindOf(product: string): GpuKindName | undefined {
  const names = Object.keys(gpuKinds) as GpuKindName[];
  return names.find((name) => gpuKinds[name].product === product);
}

/**
 * @throws Error if the first instance type is unknown, which the rules refuse before
 */
export function planNodeGroup(componentName: string, args: GpuNodeGroupArgs): NodeGroupPlan {
  const [name = ""] = args.instanceTypes;
  const type = resolveInstanceType(name, args.hardware);
  if (type === undefined) throw new Error(`instanceTypes[0] ${name} is unknown`);
  const amiType = args.amiType ?? defaultAmiType(type.architecture);
  const capacity = args.capacity?.kind ?? GpuCapacityType.OnDemand;
  return {
    groupName: args.name ?? componentName,
    provisioner: args.provisioner ?? GpuNodeProvisioner.Managed,
    type,
    capacity,
    amiType,
    ami: amiFacts(amiType),
    efaInterfaces: args.efa?.enabled === true ? (args.efa.interfaces ?? type.efaCards.length) : 0,
    useInstanceStore: args.storage?.useInstanceStore ?? false,
    updateStrategy: args.managed?.updateStrategy ?? defaultUpdateStrategy(capacity),
  };
}

/** A reservation has room for its own nodes only, so that a new node can't come before the old one is gone. */
function defaultUpdateStrategy(capacity: GpuCapacityType): GpuNodeUpdateStrategy {
  return isReserved(capacity) ? GpuNodeUpdateStrategy.Minimal : GpuNodeUpdateStrategy.Default;
}

/** Whether the capacity comes from a reservation. */
export function isReserved(capacity: GpuCapacityType): boolean {
  return capacity === GpuCapacityType.CapacityReservation || capacity === GpuCapacityType.CapacityBlock;
}
