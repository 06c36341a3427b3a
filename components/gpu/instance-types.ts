/**
 * GPU instance types of AWS.
 *
 * Sources: the EC2 API's DescribeInstanceTypes as listed in aws/karpenter-provider-aws v1.14.1
 * (website/.../reference/instance-types.md: GPUs, memory, vCPUs, EFA interfaces, instance store); for p6e-gb200, which is
 * not listed there, the EC2 specifications of accelerated instances. Which network cards carry EFA: EC2 user guide,
 * "Maximize network bandwidth on instances with multiple network cards".
 *
 * Left out: g6f and gr6f, whose GPUs are fractions of an L4; p3, whose V100 current CUDA releases no longer support; and
 * p6e-gb300, of which no source gives the numbers. A type that is missing can be described by `hardware` of the node
 * group.
 */
import { distance } from "fastest-levenshtein";
import { gpuKinds, type GpuKindName } from "./kinds.ts";

/** CPU architecture, as in the node label kubernetes.io/arch. */
export const CpuArchitecture = { Amd64: "amd64", Arm64: "arm64" } as const;
export type CpuArchitecture = (typeof CpuArchitecture)[keyof typeof CpuArchitecture];

/** One GPU instance type. */
export interface GpuInstanceType {
  /** Name, such as p5.48xlarge. */
  readonly name: string;
  readonly gpuKind: GpuKindName | undefined;
  /** Value of the node label nvidia.com/gpu.product. */
  readonly gpuProduct: string;
  readonly gpuCount: number;
  /** Memory of one GPU in GiB. */
  readonly gpuMemoryGiB: number;
  readonly computeCapability: number;
  readonly architecture: CpuArchitecture;
  readonly vcpus: number;
  /** Main memory in GiB. */
  readonly memoryGiB: number;
  /** Instance store in GB, all disks together; 0: none. */
  readonly instanceStoreGB: number;
  /** Network cards that can carry one EFA each; empty: no EFA. */
  readonly efaCards: readonly number[];
}

type Row = readonly [
  name: string,
  gpuCount: number,
  vcpus: number,
  memoryGiB: number,
  instanceStoreGB: number,
  efa: number | readonly number[],
];

interface Family {
  readonly kind: GpuKindName;
  /** Memory of one GPU in MiB. */
  readonly gpuMemoryMiB: number;
  readonly architecture?: CpuArchitecture;
  readonly rows: readonly Row[];
}

const families: readonly Family[] = [
  {
    kind: "t4",
    // EC2 says 16,384; error correction, which is on, takes 1 GiB of it.
    gpuMemoryMiB: 15_360,
    rows: [
      ["g4dn.xlarge", 1, 4, 16, 125, 0],
      ["g4dn.2xlarge", 1, 8, 32, 225, 0],
      ["g4dn.4xlarge", 1, 16, 64, 225, 0],
      ["g4dn.8xlarge", 1, 32, 128, 900, 1],
      ["g4dn.12xlarge", 4, 48, 192, 900, 1],
      ["g4dn.16xlarge", 1, 64, 256, 900, 1],
      ["g4dn.metal", 8, 96, 384, 1800, 1],
    ],
  },
  {
    kind: "a10g",
    gpuMemoryMiB: 22_888,
    rows: [
      ["g5.xlarge", 1, 4, 16, 250, 0],
      ["g5.2xlarge", 1, 8, 32, 450, 0],
      ["g5.4xlarge", 1, 16, 64, 600, 0],
      ["g5.8xlarge", 1, 32, 128, 900, 1],
      ["g5.12xlarge", 4, 48, 192, 3800, 1],
      ["g5.16xlarge", 1, 64, 256, 1900, 1],
      ["g5.24xlarge", 4, 96, 384, 3800, 1],
      ["g5.48xlarge", 8, 192, 768, 7600, 1],
    ],
  },
  {
    kind: "t4g",
    gpuMemoryMiB: 15_360,
    architecture: CpuArchitecture.Arm64,
    rows: [
      ["g5g.xlarge", 1, 4, 8, 0, 0],
      ["g5g.2xlarge", 1, 8, 16, 0, 0],
      ["g5g.4xlarge", 1, 16, 32, 0, 0],
      ["g5g.8xlarge", 1, 32, 64, 0, 0],
      ["g5g.16xlarge", 2, 64, 128, 0, 0],
      ["g5g.metal", 2, 64, 128, 0, 0],
    ],
  },
  {
    kind: "l4",
    gpuMemoryMiB: 22_888,
    rows: [
      ["g6.xlarge", 1, 4, 16, 250, 0],
      ["g6.2xlarge", 1, 8, 32, 450, 0],
      ["g6.4xlarge", 1, 16, 64, 600, 0],
      ["g6.8xlarge", 1, 32, 128, 900, 1],
      ["g6.12xlarge", 4, 48, 192, 3760, 1],
      ["g6.16xlarge", 1, 64, 256, 1880, 1],
      ["g6.24xlarge", 4, 96, 384, 3760, 1],
      ["g6.48xlarge", 8, 192, 768, 7520, 1],
      ["gr6.4xlarge", 1, 16, 128, 600, 0],
      ["gr6.8xlarge", 1, 32, 256, 900, 1],
    ],
  },
  {
    kind: "l40s",
    gpuMemoryMiB: 45_776,
    rows: [
      ["g6e.xlarge", 1, 4, 32, 250, 0],
      ["g6e.2xlarge", 1, 8, 64, 450, 0],
      ["g6e.4xlarge", 1, 16, 128, 600, 0],
      ["g6e.8xlarge", 1, 32, 256, 900, 1],
      ["g6e.12xlarge", 4, 48, 384, 3800, 1],
      ["g6e.16xlarge", 1, 64, 512, 1900, 1],
      ["g6e.24xlarge", 4, 96, 768, 3800, 2],
      ["g6e.48xlarge", 8, 192, 1536, 7600, 4],
    ],
  },
  {
    kind: "rtx-pro-4500",
    gpuMemoryMiB: 32_768,
    rows: [
      ["g7.2xlarge", 1, 8, 32, 440, 0],
      ["g7.4xlarge", 1, 16, 64, 875, 0],
      ["g7.8xlarge", 1, 32, 128, 930, 1],
      ["g7.12xlarge", 2, 48, 192, 1900, 1],
      ["g7.24xlarge", 4, 96, 384, 3800, 1],
      ["g7.48xlarge", 8, 192, 768, 7600, 2],
    ],
  },
  {
    kind: "rtx-pro-6000",
    gpuMemoryMiB: 98_304,
    rows: [
      ["g7e.2xlarge", 1, 8, 64, 1900, 0],
      ["g7e.4xlarge", 1, 16, 128, 1900, 0],
      ["g7e.8xlarge", 1, 32, 256, 1900, 1],
      ["g7e.12xlarge", 2, 48, 512, 3800, 1],
      ["g7e.24xlarge", 4, 96, 1024, 7600, 2],
      ["g7e.48xlarge", 8, 192, 2048, 15_200, 4],
    ],
  },
  { kind: "a100-40gb", gpuMemoryMiB: 40_960, rows: [["p4d.24xlarge", 8, 96, 1152, 8000, 4]] },
  { kind: "a100-80gb", gpuMemoryMiB: 81_920, rows: [["p4de.24xlarge", 8, 96, 1152, 8000, 4]] },
  {
    kind: "h100-80gb",
    gpuMemoryMiB: 81_920,
    rows: [
      ["p5.4xlarge", 1, 16, 256, 3800, 1],
      ["p5.48xlarge", 8, 192, 2048, 30_400, 32],
    ],
  },
  {
    kind: "h200",
    gpuMemoryMiB: 144_384,
    rows: [
      ["p5e.48xlarge", 8, 192, 2048, 30_400, 32],
      ["p5en.48xlarge", 8, 192, 2048, 30_400, 16],
    ],
  },
  { kind: "b200", gpuMemoryMiB: 183_359, rows: [["p6-b200.48xlarge", 8, 192, 2048, 30_400, 8]] },
  {
    kind: "b300",
    gpuMemoryMiB: 275_040,
    // The first of its 17 network cards is an ordinary one.
    rows: [["p6-b300.48xlarge", 8, 192, 4096, 30_400, numbers(1, 16)]],
  },
  {
    kind: "gb200",
    gpuMemoryMiB: 189_440,
    architecture: CpuArchitecture.Arm64,
    // The even ones of its 17 network cards carry IP traffic.
    rows: [["p6e-gb200.36xlarge", 4, 144, 960, 22_500, [1, 3, 5, 7, 9, 11, 13, 15]]],
  },
];

/** All known GPU instance types, by name. */
export const gpuInstanceTypes: ReadonlyMap<string, GpuInstanceType> = new Map(
  families.flatMap((family) => family.rows.map((row) => [row[0], instanceTypeOf(family, row)])),
);

function instanceTypeOf({ kind, gpuMemoryMiB, architecture }: Family, row: Row): GpuInstanceType {
  const [name, gpuCount, vcpus, memoryGiB, instanceStoreGB, efa] = row;
  return {
    name,
    gpuKind: kind,
    gpuProduct: gpuKinds[kind].product,
    gpuCount,
    gpuMemoryGiB: gpuMemoryMiB / 1024,
    computeCapability: gpuKinds[kind].computeCapability,
    architecture: architecture ?? CpuArchitecture.Amd64,
    vcpus,
    memoryGiB,
    instanceStoreGB,
    efaCards: typeof efa === "number" ? numbers(0, efa) : efa,
  };
}

function numbers(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

/** The `count` known names that are spelled most like `name`. */
export function similarInstanceTypes(name: string, count = 3): string[] {
  return [...gpuInstanceTypes.keys()]
    .map((known) => ({ known, edits: distance(known, name) }))
    .sort((a, b) => a.edits - b.edits || a.known.localeCompare(b.known))
    .slice(0, count)
    .map(({ known }) => known);
}
