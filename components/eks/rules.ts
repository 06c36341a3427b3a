/** What arguments an `EksCluster` refuses. */
import type * as pulumi from "@pulumi/pulumi";
import { overlaps, parseCidr } from "../network/cidr.ts";
import { requireDnsLabel, requireInteger, requireOneOf, type Rule } from "../support/validation.ts";
import { EksAccessLevel, EksNatGateways, type EksClusterArgs } from "./args.ts";
import { CONTROL_PLANE_LOGS } from "./control-plane.ts";
import { regionOf } from "./network.ts";
import { MAXIMUM_ZONES, VPC_PREFIXES } from "./subnets.ts";

/** Arguments with the component's name. */
export type CheckedArgs = pulumi.Unwrap<EksClusterArgs> & { componentName: string };
export type EksRule = Rule<CheckedArgs>;

/** Days that CloudWatch can keep logs (PutRetentionPolicy). */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

const existingRules: EksRule[] = [
  (args, report) => {
    if (args.existing === undefined) return;
    const own = [
      "name",
      "kubernetesVersion",
      "network",
      "endpoint",
      "access",
      "logs",
      "secretsKeyArn",
      "autoMode",
      "systemNodes",
      "deletionProtection",
      "extendedSupport",
    ] as const;
    for (const field of own) {
      if (args[field] === undefined) continue;
      report(field, args[field], "is for an own cluster", "leave it or existing out");
    }
  },
  ({ existing }, report) => {
    if (existing === undefined || /^https:\/\/[^\s/?#@]+$/.test(existing.endpoint)) return;
    const remedy = "aws eks describe-cluster --name <name> --query cluster.endpoint";
    report("existing.endpoint", existing.endpoint, "must be an https address", remedy);
  },
  ({ existing }, report) => {
    if (existing === undefined || /^[A-Za-z0-9+/]{40,}={0,2}$/.test(existing.certificateAuthority)) return;
    const remedy = "aws eks describe-cluster --name <name> --query cluster.certificateAuthority.data";
    report("existing.certificateAuthority", existing.certificateAuthority, "must be base64", remedy);
  },
];

const networkRules: EksRule[] = [
  (args, report) => {
    if (args.existing !== undefined || args.network !== undefined) return;
    report("network", undefined, "is required", "name the zones of a VPC, or an existing network");
  },
  ({ network }, report) => {
    if (network?.existing === undefined) return;
    for (const field of ["cidr", "zones", "natGateways", "flowLogs"] as const) {
      if (network[field] === undefined) continue;
      report(`network.${field}`, network[field], "is for an own VPC", "leave it or network.existing out");
    }
  },
  ({ network }, report) => {
    const ids = network?.existing?.privateSubnetIds;
    if (ids === undefined || ids.length >= 2) return;
    const remedy = "name subnets in two zones or more";
    report("network.existing.privateSubnetIds", ids, "must be two or more", remedy);
  },
  ({ network }, report) => {
    if (network === undefined || network.existing !== undefined) return;
    const { zones = [] } = network;
    if (zones.length < 2 || zones.length > MAXIMUM_ZONES) {
      const remedy = "name them like eu-central-1a; EKS needs two";
      report("network.zones", zones, `must be 2 to ${MAXIMUM_ZONES} zones`, remedy);
    }
    const regions = new Set<string>();
    zones.forEach((zone, index) => {
      const path = `network.zones[${index}]`;
      if (zones.indexOf(zone) !== index) report(path, zone, "is there twice", "name each zone once");
      if (/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/.test(zone)) regions.add(regionOf(zone));
      else report(path, zone, "is no availability zone", "name it like eu-central-1a");
    });
    if (regions.size <= 1) return;
    report("network.zones", zones, "must be of one region", "a cluster lives in one region");
  },
  ({ network }, report) => {
    const cidr = network?.cidr;
    if (cidr === undefined) return;
    const block = parseCidr(cidr);
    const { least, most } = VPC_PREFIXES;
    if (block === undefined) {
      report("network.cidr", cidr, "is no block in CIDR notation", "write it like 10.0.0.0/16");
    } else if (block.prefix < least || block.prefix > most) {
      report("network.cidr", cidr, `must be a /${least} to /${most}`, "choose another size");
    } else if (!isPrivate(cidr)) {
      const remedy = "use a block of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10";
      report("network.cidr", cidr, "is of the public internet", remedy);
    }
  },
  ({ network }, report) => {
    requireOneOf(report, "network.natGateways", network?.natGateways, EksNatGateways);
  },
];

function isPrivate(cidr: string): boolean {
  const block = parseCidr(cidr);
  const blocks = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"].map(parseCidr);
  return blocks.some((one) => one !== undefined && block !== undefined && overlaps(one, block));
}

const accessRules: EksRule[] = [
  (args, report) => {
    if (args.existing !== undefined) return;
    const isAdministrator = args.access?.some(({ level }) => level === EksAccessLevel.Administrator);
    if (isAdministrator === true) return;
    const remedy = "add the role that deploys, with level administrator";
    report(
      "access",
      args.access?.length,
      "must have an administrator, or nobody could use the cluster",
      remedy,
    );
  },
  ({ access = [] }, report) => {
    access.forEach(({ name, level }, index) => {
      const path = `access[${index}]`;
      requireDnsLabel(report, `${path}.name`, name);
      requireOneOf(report, `${path}.level`, level, EksAccessLevel);
      if (access.findIndex((one) => one.name === name) === index) return;
      report(`${path}.name`, name, "is there twice", "name each entry once");
    });
  },
  ({ access = [] }, report) => {
    access.forEach(({ principalArn }, index) => {
      if (/^arn:aws[a-z-]*:iam::\d{12}:(role|user)\/.+$/.test(principalArn)) return;
      const remedy = "write arn:aws:iam::<account>:role/<name>";
      report(`access[${index}].principalArn`, principalArn, "is no ARN of a role or user", remedy);
    });
  },
  ({ endpoint }, report) => {
    (endpoint?.publicCidrs ?? []).forEach((cidr, index) => {
      const path = `endpoint.publicCidrs[${index}]`;
      const block = parseCidr(cidr);
      if (block === undefined) {
        report(path, cidr, "is no block in CIDR notation", "write it like 203.0.113.7/32");
      } else if (block.prefix < 8) {
        const remedy = "name the addresses of your network, or leave publicCidrs out";
        report(path, cidr, "opens the API server to the internet", remedy);
      }
    });
  },
];

const settingRules: EksRule[] = [
  (args, report) => {
    requireDnsLabel(report, "name", args.name ?? args.componentName, 40);
  },
  ({ kubernetesVersion: version }, report) => {
    if (version === undefined || /^1\.\d{2}$/.test(version)) return;
    report("kubernetesVersion", version, "is no version of EKS", 'write it like "1.34"');
  },
  ({ logs }, report) => {
    for (const type of logs?.types ?? []) {
      if (CONTROL_PLANE_LOGS.includes(type)) continue;
      report("logs.types", type, "is no log of the control plane", `use ${CONTROL_PLANE_LOGS.join(", ")}`);
    }
    if (logs?.types === undefined || logs.types.includes("audit")) return;
    report("logs.types", logs.types, "must have audit", "add it: it says who did what");
  },
  ({ logs }, report) => {
    const days = logs?.retentionDays;
    if (days === undefined || RETENTION_DAYS.includes(days)) return;
    const remedy = `use one of ${RETENTION_DAYS.join(", ")}`;
    report("logs.retentionDays", days, "is no number of days that CloudWatch has", remedy);
  },
  ({ partition }, report) => {
    const partitions = { aws: "aws", china: "aws-cn", government: "aws-us-gov" };
    requireOneOf(report, "partition", partition, partitions);
  },
  ({ autoMode, ...args }, report) => {
    if (autoMode !== true) return;
    for (const field of [
      "systemNodes",
      "addonVersions",
      "podIdentityAgent",
      "nodeMonitoringAgent",
    ] as const) {
      if (args[field] === undefined) continue;
      report(field, args[field], "is part of Auto Mode", "leave it or autoMode out");
    }
  },
  ({ systemNodes }, report) => {
    requireInteger(report, "systemNodes.sizeGiB", systemNodes?.sizeGiB, 20);
  },
  ({ systemNodes }, report) => {
    const { min = 2, max = 6 } = systemNodes ?? {};
    requireInteger(report, "systemNodes.min", min, 1);
    requireInteger(report, "systemNodes.max", max, 1);
    if (min <= max) return;
    report("systemNodes.min", min, `must be at most systemNodes.max (${max})`, "correct one of them");
  },
  ({ systemNodes }, report) => {
    if (systemNodes?.instanceTypes?.length !== 0) return;
    report("systemNodes.instanceTypes", [], "must name an instance type", "leave it out for m7i.xlarge");
  },
];

/** Every rule. */
export const RULES: EksRule[] = [...existingRules, ...networkRules, ...accessRules, ...settingRules];
