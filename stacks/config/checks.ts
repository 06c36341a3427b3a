import { compareVersions } from "../../metrics/family.ts";
import { alertingChecks } from "./checks-alerting.ts";
import { fleetChecks } from "./checks-fleet.ts";
import { nodeChecks } from "./checks-nodes.ts";
import { duplicates, type Finding } from "./findings.ts";
import { SIDECAR_DEFAULTS } from "./monitoring.ts";
import { formatPath, shownValue, type Problem, type ProblemContext } from "./problems.ts";
import { durationSeconds } from "./types.ts";
import type { View } from "./view.ts";

function intervalChecks({ monitoring }: View): Finding[] {
  if (monitoring === undefined) return [];
  const findings: Finding[] = [];
  const scrape = durationSeconds(monitoring.scrapeInterval);
  if (durationSeconds(monitoring.scrapeTimeout) > scrape)
    findings.push({
      path: ["monitoring", "scrapeTimeout"],
      got: JSON.stringify(monitoring.scrapeTimeout),
      expected: `at most the scrape interval (${monitoring.scrapeInterval}); Prometheus refuses more`,
      remedy: "shorten the timeout or lengthen monitoring.scrapeInterval",
    });
  if (durationSeconds(monitoring.evaluationInterval) < scrape)
    findings.push({
      path: ["monitoring", "evaluationInterval"],
      got: JSON.stringify(monitoring.evaluationInterval),
      expected: `at least the scrape interval (${monitoring.scrapeInterval}): rules would see the same samples again`,
      remedy: "lengthen it, or shorten monitoring.scrapeInterval",
    });
  if (scrape > 120)
    findings.push({
      path: ["monitoring", "scrapeInterval"],
      got: JSON.stringify(monitoring.scrapeInterval),
      expected:
        "at most 2m: Prometheus forgets a series 5 minutes after its last sample, one lost scrape would be a gap",
      remedy: "shorten it",
    });
  return [...findings, ...versionFindings(monitoring.vllmVersions)];
}

function versionFindings(versions: NonNullable<View["monitoring"]>["vllmVersions"]): Finding[] {
  if (versions === undefined || compareVersions(versions.oldest, versions.newest) <= 0) return [];
  return [
    {
      path: ["monitoring", "vllmVersions", "newest"],
      got: JSON.stringify(versions.newest),
      expected: `at least the oldest version (${versions.oldest})`,
      remedy: "swap them",
    },
  ];
}

/** Labels that the stack and the operator set themselves. */
const reservedExternalLabels = ["cluster", "environment", "prometheus", "prometheus_replica"];

/** What is set for a sidecar where dashboards go another way would be passed over in silence. */
function sidecarChecks(grafana: NonNullable<View["monitoring"]>["grafana"] | undefined): Finding[] {
  if (grafana === undefined || grafana.delivery.kind === "sidecar") return [];
  return (Object.keys(SIDECAR_DEFAULTS) as (keyof typeof SIDECAR_DEFAULTS)[])
    .filter((field) => grafana[field] !== SIDECAR_DEFAULTS[field])
    .map((field) => ({
      path: ["monitoring", "grafana", field],
      got: grafana[field],
      expected: `nothing: only a sidecar reads it, and the delivery is ${grafana.delivery.kind}`,
      remedy: "remove it, or set delivery.kind to sidecar",
    }));
}

function monitoringChecks({ monitoring, environment, objectStore, nodeGroups, names }: View): Finding[] {
  const findings: Finding[] = [];
  for (const label of Object.keys(monitoring?.externalLabels ?? {}).filter((key) =>
    reservedExternalLabels.includes(key),
  ))
    findings.push({
      path: ["monitoring", "externalLabels", label],
      expected: `no label ${label}: it is set already, from ${label === "cluster" ? "cluster.name" : label === "environment" ? "environment" : "the operator"}`,
      remedy: "remove it",
    });
  if (monitoring?.grafana.server !== undefined && monitoring.grafana.delivery.kind !== "sidecar")
    findings.push({
      path: ["monitoring", "grafana", "delivery", "kind"],
      got: monitoring.grafana.delivery.kind,
      expected: "sidecar: the stack's own Grafana has one, no operator, and no token of its own",
      remedy: "leave delivery out, or remove monitoring.grafana.server",
    });
  findings.push(...sidecarChecks(monitoring?.grafana));
  const { size } = monitoring?.retention ?? {};
  const storage = monitoring?.prometheus.storage;
  const volume = storage?.kind === "claim" ? storage.size : storage?.sizeLimit;
  if (size !== undefined && volume !== undefined && bytes(size) > bytes(volume) * 0.9)
    findings.push({
      path: ["monitoring", "retention", "size"],
      expected: `at most 90 % of the volume (${volume}): the write-ahead log and compaction need the rest`,
      remedy: "lower it or enlarge monitoring.prometheus.storage",
    });
  if (objectStore?.kind === "filesystem" && environment !== undefined && environment !== "local")
    findings.push({
      path: ["objectStore", "kind"],
      expected: `an object store outside the environment local (this is ${environment}): pods on several nodes share no directory`,
      remedy: "use s3, s3-compatible, aliyun-oss or gcs",
    });
  if (
    objectStore?.kind === "s3" &&
    (objectStore.accessKeyIdFromSecret === undefined) !==
      (objectStore.secretAccessKeyFromSecret === undefined)
  )
    findings.push({
      path: [
        "objectStore",
        objectStore.accessKeyIdFromSecret === undefined
          ? "accessKeyIdFromSecret"
          : "secretAccessKeyFromSecret",
      ],
      got: "one half of a key pair",
      expected: "accessKeyIdFromSecret and secretAccessKeyFromSecret together, or neither",
      remedy: "add the other one, or remove both to use the pods' identity",
    });
  for (const { path, value } of nodeGroups) {
    if (value.minSize > value.maxSize)
      findings.push({
        path: [...path, "minSize"],
        expected: `at most maxSize (${String(value.maxSize)})`,
        remedy: "raise maxSize or lower minSize",
      });
    else if (
      value.desiredSize !== undefined &&
      (value.desiredSize < value.minSize || value.desiredSize > value.maxSize)
    )
      findings.push({
        path: [...path, "desiredSize"],
        expected: `between minSize (${String(value.minSize)}) and maxSize (${String(value.maxSize)})`,
        remedy: "correct it or leave it out",
      });
  }
  return [...findings, ...duplicates(names.nodeGroups, "node group")];
}

function bytes(quantity: string): number {
  const [, number, unit = ""] = /^([0-9.]+)([A-Za-z]*)$/.exec(quantity) ?? [];
  const power = ["", "K", "M", "G", "T", "P", "E"].indexOf(unit.charAt(0).toUpperCase());
  // Prometheus' sizes are powers of 1024 with and without the i; Kubernetes' are not without it.
  const base = unit.includes("i") || unit.endsWith("B") ? 1024 : 1000;
  return Number(number) * base ** power;
}

/** All checks across fields. */
export function crossFieldProblems(view: View, context: ProblemContext): Problem[] {
  const findings = [
    ...intervalChecks(view),
    ...monitoringChecks(view),
    ...alertingChecks(view),
    ...nodeChecks(view),
    ...fleetChecks(view),
  ];
  return findings.map(({ path, got, expected, remedy }) => ({
    path: formatPath(path),
    got: got ?? shownValue(context, path),
    expected,
    remedy,
  }));
}
