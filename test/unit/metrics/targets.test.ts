import { describe, expect, it } from "vitest";

import { metricRelabelings, targetRelabelings } from "../../../components/dcgm/monitor.ts";
import { identityOf } from "../../../components/vllm/identity.ts";
import { podMonitorArgs } from "../../../components/vllm/monitor.ts";
import type { VllmDeploymentArgs } from "../../../components/vllm-deployment.ts";
import { dcgm, gpu } from "../../../metrics/dcgm/index.ts";
import { engine } from "../../../metrics/engine/index.ts";
import {
  engineTargetLabels,
  externalLabels,
  nodeTargetLabels,
  podTargetLabels,
  rayTargetLabels,
} from "../../../metrics/targets.ts";

/** What the operator's scrape configuration of a PodMonitor sets by itself. */
const operatorLabels = ["job", "namespace", "pod", "container", "endpoint", "instance"];

interface Relabeling {
  targetLabel?: string;
  regex?: string;
  action?: string;
}

function set(relabelings: readonly Relabeling[]): string[] {
  return relabelings.flatMap(({ targetLabel }) => targetLabel ?? []);
}

function dropped(relabelings: readonly Relabeling[], labels: readonly string[]): string[] {
  const patterns = relabelings.filter(({ action }) => action === "labeldrop").map(({ regex }) => regex ?? "");
  return labels.filter((label) => patterns.some((pattern) => new RegExp(`^(?:${pattern})$`).test(label)));
}

describe("the labels that queries may name", () => {
  it("are those that the monitor of a vLLM model sets", () => {
    const args = {
      namespace: "vllm",
      owner: "a@example.com",
      image: "vllm/vllm-openai:v0.32.0",
      model: { servedName: "m" },
    } as unknown as VllmDeploymentArgs;
    const { spec } = podMonitorArgs(identityOf("m", args), args) as unknown as {
      spec: { podMetricsEndpoints: { relabelings: Relabeling[] }[] };
    };
    const own = set(spec.podMetricsEndpoints.flatMap(({ relabelings }) => relabelings));
    expect([...new Set([...operatorLabels, ...own])].sort()).toEqual([...engineTargetLabels].sort());
    expect(engine.numRequestsRunning.labels).toEqual(
      [...engineTargetLabels, ...externalLabels, "engine", "model_name"].sort(),
    );
  });

  it("are those that the monitor of dcgm-exporter leaves", () => {
    const relabelings = targetRelabelings as readonly Relabeling[];
    const targets = [...operatorLabels, ...set(relabelings)];
    const gone = dropped(relabelings, targets);
    expect(targets.filter((label) => !gone.includes(label)).sort()).toEqual([...nodeTargetLabels].sort());
    const own: readonly string[] = dcgm.gpuTemp.labels;
    const left = own.filter(
      (label) => !dropped(metricRelabelings as readonly Relabeling[], own).includes(label),
    );
    expect(gpu.gpuTemp.labels).toEqual([...left, ...nodeTargetLabels, ...externalLabels].sort());
  });

  it("widen from pods to engines to Ray", () => {
    expect(engineTargetLabels).toEqual(expect.arrayContaining([...podTargetLabels]));
    expect(rayTargetLabels).toEqual(expect.arrayContaining([...engineTargetLabels]));
  });
});
