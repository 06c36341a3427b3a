/** Settings behind the arguments of node groups and clusters, so that a finding names what to correct. */
import type { Path } from "../config/problems.ts";
import { parsePath } from "../config/problems.ts";
import type { Settings } from "../config/settings.ts";
import { hasGpus, modelsOn } from "./node-groups.ts";

type Names = readonly (readonly [argument: RegExp, setting: string])[];

const groupNames: Names = [
  [/^instanceTypes(\[0\])?$/, "instanceType"],
  [/^scaling\.min$/, "minSize"],
  [/^scaling\.max$/, "maxSize"],
  [/^scaling\.desired$/, "desiredSize"],
  [/^capacity\.kind$/, "capacityType"],
  [/^capacity\.reservationId$/, "provision.reservation.id"],
  [/^capacity\.reservationGroupArn$/, "provision.reservation.resourceGroupArn"],
  [/^capacity\./, "provision.reservation."],
  [/^storage\./, "provision.disk."],
  [/^nodeRole\./, "provision.role."],
  [/^network\.subnetIds/, "provision.subnetIds"],
  [/^repair\.enabled$/, "provision.autoRepair"],
  [/^(managed|pool)\./, "provision."],
  [/^(efa|amiType)/, "provision.$1"],
];

const modelNames: Names = [
  [/^(tensor|pipeline|data)Parallel$/, "$1ParallelSize"],
  [/^maxLength$/, "maxModelLength"],
  [/^kvCacheFormat$/, "kvCacheDtype"],
  [/^(gpuMemoryUtilization|nodes|name)$/, "$1"],
  [/^/, "size."],
];

const clusterNames: Names = [
  [/^endpoint\.publicCidrs/, "cluster.publicCidrs"],
  [/^network\./, "cluster."],
  [/^existing\.certificateAuthority$/, "cluster.certificateAuthorityData"],
  [/^existing\.(vpcId|privateSubnetIds)/, "cluster.network.$1"],
  [/^existing\./, "cluster."],
  [/^/, "cluster."],
];

function rename(argument: string, names: Names): string {
  const [pattern, setting] = names.find(([candidate]) => candidate.test(argument)) ?? [/^/, ""];
  return argument.replace(pattern, setting);
}

/** Path of the setting behind an argument of the group's component. */
export function nodeGroupSetting(index: number, settings: Settings): (argument: string) => Path {
  const group = settings.nodeGroups[index];
  const models = group !== undefined && hasGpus(group) ? modelsOn(group, settings) : [];
  return (argument) => {
    const [, position, field] = /^models\[(\d+)\]\.?(.*)$/.exec(argument) ?? [];
    if (position !== undefined) {
      const model = models[Number(position)]?.index ?? 0;
      return ["fleet", "models", model, ...parsePath(rename(field ?? "", modelNames))];
    }
    if (/^cluster\b/.test(argument)) return ["cluster", "network"];
    const additional = /^instanceTypes\[(\d+)\]$/.exec(argument)?.[1];
    if (additional !== undefined && additional !== "0")
      return ["nodeGroups", index, "provision", "additionalInstanceTypes", Number(additional) - 1];
    return ["nodeGroups", index, ...parsePath(rename(argument, groupNames))];
  };
}

/** Path of the setting behind an argument of the cluster's component. */
export function clusterSetting(settings: Settings): (argument: string) => Path {
  const system = settings.nodeGroups.findIndex((group) => !hasGpus(group));
  return (argument) => {
    const field = /^systemNodes\.(.*)$/.exec(argument)?.[1];
    if (field !== undefined)
      return [
        "nodeGroups",
        system,
        ...parsePath(
          rename(`scaling.${field}`.replace("scaling.instanceTypes", "instanceTypes[0]"), groupNames),
        ),
      ];
    return parsePath(rename(argument, clusterNames));
  };
}
