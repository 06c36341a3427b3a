/** What arguments a `NodeExporter` refuses. */
import type * as pulumi from "@pulumi/pulumi";
import { parseDuration } from "../support/quantity.ts";
import { requireDnsLabel, type Rule } from "../support/validation.ts";
import type { NodeExporterArgs } from "./args.ts";
import { NETWORK_COLLECTORS } from "./collectors.ts";

/** Arguments with the component's name. */
export type CheckedArgs = pulumi.Unwrap<NodeExporterArgs> & { componentName: string };

/** Every rule. */
export const RULES: Rule<CheckedArgs>[] = [
  (args, report) => {
    requireDnsLabel(report, "name", args.componentName, 48);
  },
  (args, report) => {
    requireDnsLabel(report, "namespace", args.namespace);
  },
  (args, report) => {
    requireDnsLabel(report, "monitoringNamespace", args.monitoringNamespace);
  },
  ({ port }, report) => {
    if (port === undefined || (Number.isInteger(port) && port >= 1024 && port <= 65535)) return;
    report("port", port, "must be a port from 1024 to 65535", "others are for root alone");
  },
  ({ interval }, report) => {
    if (interval === undefined || (parseDuration(interval) ?? 0) >= 1) return;
    report("interval", interval, "must be a duration of at least a second", 'write it like "15s" or "1m"');
  },
  ({ collectors, hostNetwork }, report) => {
    if (collectors === undefined) return;
    if (collectors.length === 0) report("collectors", collectors, "must name a collector", "name one");
    collectors.forEach((name, index) => {
      const path = `collectors[${String(index)}]`;
      if (!/^[a-z][a-z_0-9]*$/.test(name)) {
        report(path, name, "must be a collector's name", 'write it like "meminfo", without "--collector."');
      } else if (collectors.indexOf(name) !== index) {
        report(path, name, "stands there twice", "leave it out");
      } else if (hostNetwork === false && NETWORK_COLLECTORS.includes(name)) {
        report(path, name, "tells of the pod's own network only", "leave it out, or set hostNetwork");
      }
    });
  },
  ({ extraArguments = [] }, report) => {
    extraArguments.forEach((argument, index) => {
      const path = `extraArguments[${String(index)}]`;
      if (!argument.startsWith("--")) report(path, argument, "must begin with --", "write --name=value");
      else if (/^--(web\.listen-address|path\.)/.test(argument))
        report(path, argument, "is set by the component", "leave it out");
    });
  },
  ({ maxUnavailable }, report) => {
    if (maxUnavailable === undefined || /^([1-9]\d*|([1-9]\d?|100)%)$/.test(maxUnavailable)) return;
    report("maxUnavailable", maxUnavailable, "must be a number or percentage above 0", 'write "1" or "10%"');
  },
];
