/** Alerts on claims and containers, by the kubelet and its cAdvisor. */
import { container } from "../../metrics/kubernetes/index.ts";
import { and, by, div, gt, lt, min, predictLinear, range, rate, sum } from "../../metrics/promql/index.ts";
import { Severity } from "../types.ts";
import { clusterRule } from "./rule.ts";

/** Share of a volume that should stay free. */
export const VOLUME_FREE = 0.05;
/** Share below which it matters that it will be full within four days. */
export const VOLUME_SHRINKING = 0.15;
/** Share of its periods in which a container may be held back. */
export const THROTTLED = 0.25;

const claim = by("namespace", "persistentvolumeclaim");
const name = "{{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }}";
const bytesFree = div(
  min(container.kubeletVolumeStatsAvailableBytes, claim),
  min(container.kubeletVolumeStatsCapacityBytes, claim),
);

export const volumeFull = clusterRule(
  "PersistentVolumeAlmostFull",
  lt(bytesFree, VOLUME_FREE),
  `${name} has {{ $value | humanizePercentage }} left.`,
  "What writes to it stops or loses data soon: Prometheus does not start again on a full volume.",
  { for: "5m", severity: Severity.Critical },
);

export const volumeFilling = clusterRule(
  "PersistentVolumeFilling",
  and(
    lt(bytesFree, VOLUME_SHRINKING),
    lt(min(predictLinear(range(container.kubeletVolumeStatsAvailableBytes, "6h"), 4 * 24 * 3600), claim), 0),
  ),
  `${name} has {{ $value | humanizePercentage }} left and will be full within four days.`,
  "At the pace of the last six hours.",
  { for: "1h" },
);

export const volumeInodes = clusterRule(
  "PersistentVolumeOutOfFiles",
  lt(
    div(min(container.kubeletVolumeStatsInodesFree, claim), min(container.kubeletVolumeStatsInodes, claim)),
    VOLUME_FREE,
  ),
  `${name} has {{ $value | humanizePercentage }} of its inodes left.`,
  "No new file can be made then, however many bytes are free.",
  { for: "15m" },
);

const own = by("namespace", "pod", "container");
export const cpuThrottled = clusterRule(
  "ContainerCpuThrottled",
  gt(
    div(
      sum(rate(container.containerCpuCfsThrottledPeriods, "5m"), own),
      sum(rate(container.containerCpuCfsPeriods, "5m"), own),
    ),
    THROTTLED,
  ),
  "{{ $labels.container }} of {{ $labels.namespace }}/{{ $labels.pod }} is held back in {{ $value | humanizePercentage }} of its CPU periods.",
  "It waits for its CPU limit, which tokenisation and HTTP feel first. A request without a limit does not throttle.",
  { for: "30m", severity: Severity.Info },
);
