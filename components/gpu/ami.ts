/** EKS images with NVIDIA drivers. */
import { CpuArchitecture } from "./instance-types.ts";
import { GpuAmiType } from "./node-group-args.ts";

/** Facts of an image. */
export interface AmiFacts {
  readonly architecture: CpuArchitecture;
  readonly family: "al2023" | "bottlerocket";
  /** The NVIDIA device plugin is part of the image. */
  readonly hasDevicePlugin: boolean;
  /** Device of the volume that holds images and logs. */
  readonly dataDevice: string;
  /** Instance families it does not run on although the architecture is right. */
  readonly excludedFamilies: readonly string[];
}

/**
 * Source: EKS user guide, ml-eks-optimized-ami (which instances each image supports) and ml-eks-k8s-device-plugin
 * (Bottlerocket brings the plugin, AL2023 doesn't). Bottlerocket keeps its system on /dev/xvda and data on /dev/xvdb.
 */
const amiTypes: Record<GpuAmiType, AmiFacts> = {
  [GpuAmiType.Al2023Amd64]: {
    architecture: CpuArchitecture.Amd64,
    family: "al2023",
    hasDevicePlugin: false,
    dataDevice: "/dev/xvda",
    excludedFamilies: [],
  },
  [GpuAmiType.Al2023Arm64]: {
    architecture: CpuArchitecture.Arm64,
    family: "al2023",
    hasDevicePlugin: false,
    dataDevice: "/dev/xvda",
    excludedFamilies: [],
  },
  [GpuAmiType.BottlerocketAmd64]: {
    architecture: CpuArchitecture.Amd64,
    family: "bottlerocket",
    hasDevicePlugin: true,
    dataDevice: "/dev/xvdb",
    excludedFamilies: [],
  },
  [GpuAmiType.BottlerocketArm64]: {
    architecture: CpuArchitecture.Arm64,
    family: "bottlerocket",
    hasDevicePlugin: true,
    dataDevice: "/dev/xvdb",
    excludedFamilies: ["p6e-gb200", "p6e-gb300"],
  },
};

/** Facts of an image type. */
export function amiFacts(amiType: GpuAmiType): AmiFacts {
  return amiTypes[amiType];
}

/** The image type that a node group gets unless told otherwise. */
export function defaultAmiType(architecture: CpuArchitecture): GpuAmiType {
  return architecture === CpuArchitecture.Arm64 ? GpuAmiType.Al2023Arm64 : GpuAmiType.Al2023Amd64;
}

/** Image types that run on an instance type. */
export function amiTypesFor(instanceType: string, architecture: CpuArchitecture): GpuAmiType[] {
  const family = instanceType.split(".")[0] ?? "";
  return Object.values(GpuAmiType).filter((amiType) => {
    const facts = amiTypes[amiType];
    return facts.architecture === architecture && !facts.excludedFamilies.includes(family);
  });
}
