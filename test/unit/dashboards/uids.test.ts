import { describe, expect, it } from "vitest";
import { Board } from "../../../alerts/index.ts";
import { dashboardPath, dashboardUids } from "../../../dashboards/uids.ts";

describe("identities of dashboards", () => {
  it("are unique and such as Grafana takes", () => {
    const uids = Object.values(dashboardUids);
    expect(new Set(uids).size).toBe(uids.length);
    for (const uid of uids) expect(uid).toMatch(/^[a-z0-9-]{1,40}$/);
  });

  it("never change: links and bookmarks hold them", () => {
    expect(Object.values(dashboardUids)).toMatchInlineSnapshot(`
      [
        "vllm-fleet-overview",
        "vllm-model",
        "vllm-queue",
        "vllm-gpu",
        "vllm-comparison",
        "vllm-gateway",
        "vllm-ray",
        "vllm-capacity",
        "vllm-slo",
        "vllm-monitoring",
        "vllm-engine",
      ]
    `);
  });

  it("are those that alerts lead to", () => {
    const uids: string[] = Object.values(dashboardUids);
    for (const uid of Object.values(Board)) expect(uids).toContain(uid);
  });

  it("make paths with variables, templates left alone", () => {
    expect(dashboardPath("model")).toBe("/d/vllm-model");
    expect(dashboardPath("model", { model_name: "org/a b", pod: "{{ $labels.pod }}" })).toBe(
      "/d/vllm-model?var-model_name=org%2Fa%20b&var-pod={{ $labels.pod }}",
    );
  });
});
