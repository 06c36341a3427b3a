import type * as pulumi from "@pulumi/pulumi";

import { OPERATOR_VERSION } from "../crds/manifests.ts";
import type { Report, Rule } from "../support/validation.ts";
import type { KubePrometheusArgs } from "./args.ts";
import { defaultImages, parseImage, type MonitoringImage } from "./images.ts";

type Known = pulumi.Unwrap<KubePrometheusArgs>;

/** Release series, as [major, minor]. */
type Series = readonly [number, number];

/** Which series of a program the operator is made for. */
interface Range {
  readonly oldest: Series;
  /** Undefined: any newer one. */
  readonly newest?: Series;
}

/**
 * What the operator of this release supports. It decides flags and fields of the configuration by the version that it is
 * told, and gives a newer program whatever its newest known one takes.
 *
 * Source: prometheus-operator v0.93.1, pkg/operator/defaults.go (PrometheusCompatibilityMatrix: v2.45.0 to v3.13.1; patch
 * releases of the same series need no change of the operator), pkg/alertmanager (0.22 and newer), and the Thanos releases
 * that know every flag which pkg/prometheus/server/statefulset.go gives to a sidecar of Prometheus 3.9 and newer.
 */
export const SUPPORTED: Readonly<Record<"prometheus" | "alertmanager" | "thanos", Range>> = {
  prometheus: { oldest: [2, 45], newest: [3, 13] },
  alertmanager: { oldest: [0, 22] },
  thanos: { oldest: [0, 24] },
};

/** Features of Prometheus, and the first series that has them. Source: the operator's promcfg.go. */
const NEEDS = {
  /** `scrape_native_histograms` of a scrape. */
  nativeHistograms: [3, 8],
  remoteWriteV2: [2, 54],
} as const satisfies Record<string, Series>;

/** Versions that don't fit each other, found before anything is changed. */
export const VERSION_RULES: Rule<Known>[] = [
  checkRange("prometheus"),
  checkRange("alertmanager"),
  checkRange("thanos"),
  (args, report) => {
    const { oldest } = SUPPORTED.prometheus;
    const own = parseImage(args.images?.operator ?? "")?.version;
    if (own === undefined || text(seriesOf(own)) === text(seriesOf(OPERATOR_VERSION))) return;
    report(
      "images.operator",
      args.images?.operator,
      `must be of the series ${text(seriesOf(OPERATOR_VERSION))}, which the CRDs and the range of Prometheus (from ${text(oldest)}) belong to`,
      "use that series, or a release of this project that is made for the other one",
    );
  },
  (args, report) => {
    if (args.prometheus?.nativeHistograms === undefined) return;
    requireFeature("prometheus.nativeHistograms", NEEDS.nativeHistograms, args, report);
  },
  (args, report) => {
    (args.prometheus?.remoteWrite ?? []).forEach(({ messageVersion }, index) => {
      if (messageVersion !== "V2.0") return;
      const path = `prometheus.remoteWrite[${String(index)}].messageVersion`;
      requireFeature(path, NEEDS.remoteWriteV2, args, report);
    });
  },
];

function checkRange(which: keyof typeof SUPPORTED): Rule<Known> {
  return (args, report) => {
    const image = args.images?.[which];
    const version = parseImage(image ?? "")?.version;
    if (version === undefined) return;
    const { oldest, newest } = SUPPORTED[which];
    const series = seriesOf(version);
    const isNewer = newest !== undefined && compare(series, newest) > 0;
    if (!isNewer && compare(series, oldest) >= 0) return;
    report(
      `images.${which}`,
      image,
      `must be between ${text(oldest)} and ${newest === undefined ? "any newer series" : text(newest)}, which operator ${OPERATOR_VERSION} supports`,
      isNewer
        ? `use ${defaultImages[which].tag}, or a release of this project with a newer operator`
        : `use ${defaultImages[which].tag}`,
    );
  };
}

function requireFeature(path: string, since: Series, args: Known, report: Report): void {
  const version = versionOf(args, "prometheus");
  if (version === undefined || compare(seriesOf(version), since) >= 0) return;
  report(
    path,
    version,
    `needs Prometheus ${text(since)} or newer`,
    "raise images.prometheus, or leave it out",
  );
}

function versionOf(args: Known, which: MonitoringImage): string | undefined {
  return parseImage(args.images?.[which] ?? `image:${defaultImages[which].tag}`)?.version;
}

function seriesOf(version: string): Series {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return [major, minor];
}

function compare([major, minor]: Series, [otherMajor, otherMinor]: Series): number {
  return major === otherMajor ? minor - otherMinor : major - otherMajor;
}

function text([major, minor]: Series): string {
  return `${String(major)}.${String(minor)}`;
}
