/** What arguments a `DcgmExporter` refuses. */
import type * as pulumi from "@pulumi/pulumi";
import { requireVersion } from "../support/image.ts";
import { parseDuration } from "../support/quantity.ts";
import { requireDnsLabel, requireOneOf, type Rule } from "../support/validation.ts";
import { DcgmCounterKind, type DcgmExporterArgs } from "./args.ts";
import { COUNTER_NAME, dcgmCounters, PROFILING_PREFIX } from "./counters.ts";

/** Arguments with the component's name. */
export type CheckedArgs = pulumi.Unwrap<DcgmExporterArgs> & { componentName: string };

const DURATION_REMEDY = 'write it like "15s" or "5m"';

/** Every rule. */
export const RULES: Rule<CheckedArgs>[] = [
  (args, report) => {
    requireDnsLabel(report, "name", args.componentName, 48);
  },
  (args, report) => {
    requireDnsLabel(report, "namespace", args.namespace);
  },
  ({ image }, report) => {
    requireVersion(report, "image", image);
  },
  (args, report) => {
    requireDnsLabel(report, "monitoringNamespace", args.monitoringNamespace);
  },
  ({ interval = "15s" }, report) => {
    const seconds = parseDuration(interval);
    if (seconds === undefined) report("interval", interval, "must be a duration", DURATION_REMEDY);
    else if (seconds < 1) report("interval", interval, "must be at least a second", DURATION_REMEDY);
  },
  ({ interval = "15s", scrapeTimeout }, report) => {
    if (scrapeTimeout === undefined) return;
    const [timeout, seconds] = [parseDuration(scrapeTimeout), parseDuration(interval)];
    if (timeout === undefined) {
      report("scrapeTimeout", scrapeTimeout, "must be a duration", DURATION_REMEDY);
    } else if (seconds !== undefined && timeout > seconds) {
      report("scrapeTimeout", scrapeTimeout, `must be at most interval (${interval})`, "lower it");
    }
  },
  ({ eventWindow, interval = "15s" }, report) => {
    if (eventWindow === undefined) return;
    const [window, seconds] = [parseDuration(eventWindow), parseDuration(interval)];
    if (window === undefined) {
      report("eventWindow", eventWindow, "must be a duration", DURATION_REMEDY);
    } else if (seconds !== undefined && window < 2 * seconds) {
      const remedy = "raise it; events between two scrapes would be lost";
      report("eventWindow", eventWindow, `must be at least twice interval (${interval})`, remedy);
    }
  },
  ({ extraCounters = [], profiling = true }, report) => {
    const seen = new Set(dcgmCounters(profiling).map(({ name }) => name));
    extraCounters.forEach(({ name, kind, help }, index) => {
      const path = `extraCounters[${index}]`;
      requireOneOf(report, `${path}.kind`, kind, DcgmCounterKind);
      if (!COUNTER_NAME.test(name)) {
        report(`${path}.name`, name, "is no DCGM field", "write DCGM_FI_… or DCGM_EXP_… in capitals");
      } else if (seen.has(name)) {
        report(`${path}.name`, name, "is there already", "leave it out");
      } else if (!profiling && name.startsWith(PROFILING_PREFIX)) {
        report(`${path}.name`, name, "needs profiling", "set profiling or leave it out");
      }
      seen.add(name);
      if (help !== "" && !/[,"\n]/.test(help)) return;
      report(`${path}.help`, help, "must be text without commas, quotes and line breaks", "rephrase it");
    });
  },
  ({ podLabels = [] }, report) => {
    podLabels.forEach((pattern, index) => {
      if (pattern !== "" && !pattern.includes(",")) return;
      const remedy = "write one expression per entry, without a comma";
      report(`podLabels[${index}]`, pattern, "must be a regular expression", remedy);
    });
  },
  ({ maxUnavailable }, report) => {
    if (maxUnavailable === undefined || /^([1-9]\d*|([1-9]\d?|100)%)$/.test(maxUnavailable)) return;
    report("maxUnavailable", maxUnavailable, "must be a number or percentage above 0", 'write "1" or "10%"');
  },
];
