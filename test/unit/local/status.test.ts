import type { V1Pod } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";

import { isOverruled, podPhase, podStatus, type ContainerRecord } from "../../../local/node/status.ts";

const container = (over: Partial<ContainerRecord> = {}): ContainerRecord => ({
  name: "main",
  image: "image",
  state: { running: { startedAt: new Date(0) } },
  restartCount: 0,
  started: true,
  ready: true,
  ...over,
});
const ended = (exitCode: number): ContainerRecord =>
  container({ state: { terminated: { exitCode } }, ready: false });
const pod: V1Pod = { metadata: { name: "p" }, spec: { containers: [] } };
const now = new Date(1000);

describe("podPhase", () => {
  it.each([
    ["Pending", { initContainers: [], containers: [container()], initialized: false }, "Always"],
    ["Running", { initContainers: [], containers: [container()], initialized: true }, "Always"],
    ["Running", { initContainers: [], containers: [ended(1)], initialized: true }, "Always"],
    ["Succeeded", { initContainers: [], containers: [ended(0)], initialized: true }, "Never"],
    ["Failed", { initContainers: [], containers: [ended(1)], initialized: true }, "Never"],
    ["Running", { initContainers: [], containers: [ended(1)], initialized: true }, "OnFailure"],
    ["Failed", { initContainers: [ended(2)], containers: [], initialized: false }, "Never"],
  ])("is %s", (phase, record, restartPolicy) => {
    expect(podPhase(record, restartPolicy)).toBe(phase);
  });
});

describe("podStatus", () => {
  const conditionOf = (status: ReturnType<typeof podStatus>, type: string) =>
    status.conditions?.find((condition) => condition.type === type);

  it("is Ready when every container is", () => {
    const status = podStatus(pod, { initContainers: [], containers: [container()], initialized: true }, now);
    expect(conditionOf(status, "Ready")?.status).toBe("True");
  });

  it("names the containers that are not ready", () => {
    const record = { initContainers: [], containers: [container({ ready: false })], initialized: true };
    const ready = conditionOf(podStatus(pod, record, now), "Ready");
    expect(ready?.status).toBe("False");
    expect(ready?.message).toContain("[main]");
  });

  it("keeps the time of a condition that did not change", () => {
    const record = { initContainers: [], containers: [container()], initialized: true };
    const first = podStatus(pod, record, now);
    const later = podStatus({ ...pod, status: first }, record, new Date(9000));
    expect(conditionOf(later, "Ready")?.lastTransitionTime).toEqual(now);
  });

  it("waits for readiness gates", () => {
    const gated: V1Pod = { ...pod, spec: { containers: [], readinessGates: [{ conditionType: "gate" }] } };
    const record = { initContainers: [], containers: [container()], initialized: true };
    expect(conditionOf(podStatus(gated, record, now), "Ready")?.status).toBe("False");
  });
});

describe("isOverruled", () => {
  const told = podStatus(pod, { initContainers: [], containers: [container()], initialized: true }, now);
  const withReady = (status: string) => ({
    ...told,
    conditions: (told.conditions ?? []).map((condition) =>
      condition.type === "Ready" ? { ...condition, status, message: "NodeNotReady" } : condition,
    ),
  });

  it("sees that the readiness was taken", () => {
    expect(isOverruled(told, withReady("False"))).toBe(true);
    expect(isOverruled(told, undefined)).toBe(true);
  });

  it("takes its own report, and what others tell besides, for what it is", () => {
    expect(isOverruled(told, told)).toBe(false);
    const scheduled = { type: "PodScheduled", status: "True" };
    expect(isOverruled(told, { ...told, conditions: [scheduled, ...(told.conditions ?? [])] })).toBe(false);
  });
});
