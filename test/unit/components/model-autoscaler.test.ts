import * as fc from "fast-check";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";

import {
  desiredReplicas,
  idleWindow,
  LONGEST_WINDOW,
  roomFor,
  scaleDownWindow,
} from "../../../components/autoscaling/arithmetic.ts";
import { autoscalerPlan } from "../../../components/autoscaling/plan.ts";
import { RULES } from "../../../components/autoscaling/rules.ts";
import { findings } from "../../../components/support/validation.ts";
import { ModelAutoscaler, type ModelAutoscalerArgs } from "../../../components/model-autoscaler.ts";
import { manifestsOf, renderManifests, type Manifest } from "../../support/manifests.ts";
import { at, runWithMocks } from "../../support/mocks.ts";
import { syntaxError } from "../../support/promql-syntax.ts";
import { autoscaler, MINIMAL_SCALER, scalerArgs, SCALERS } from "./autoscaler-typical.ts";

type Args = Partial<ModelAutoscalerArgs>;

async function only(args: Args, kind: string): Promise<Manifest> {
  const [found, ...more] = manifestsOf(await autoscaler(args)).filter((manifest) => manifest.kind === kind);
  if (found === undefined || more.length > 0) throw new Error(`${String(more.length)} more ${kind}`);
  return found;
}

const keda = { prometheusUrl: "http://prometheus.monitoring.svc:9090" };
const toZero: Args = { minReplicas: 0, keda: { ...keda, activation: { gatewayModel: "chat" } } };

describe("ModelAutoscaler", () => {
  it.each(Object.entries(SCALERS))("renders the golden manifests: %s", async (name, args) => {
    await expect(renderManifests(await autoscaler(args))).toMatchFileSnapshot(
      `./golden/model-autoscaler/${name}.yaml`,
    );
  });

  it("names the autoscaler after the Deployment, whoever makes it", async () => {
    const scaled = await only({}, "ScaledObject");
    expect(at(scaled, "spec.advanced.horizontalPodAutoscalerConfig.name")).toBe("llama-8b");
    const hpa = await only(SCALERS["hpa"] ?? {}, "HorizontalPodAutoscaler");
    expect(hpa.metadata.name).toBe("llama-8b");
    for (const manifest of [scaled, hpa])
      expect(at(manifest, "spec.scaleTargetRef")).toEqual({
        apiVersion: "apps/v1",
        kind: "Deployment",
        name: "llama-8b",
      });
  });

  it("says the same with either kind: queries, bounds, pace", async () => {
    const hpa = await autoscaler(SCALERS["hpa"]);
    const scaled = await autoscaler({ ...SCALERS["hpa"], kind: "keda", keda });
    expect(hpa.find("ModelAutoscaler").outputs?.["queries"]).toEqual(
      scaled.find("ModelAutoscaler").outputs?.["queries"],
    );
    const spec = at(manifestsOf(scaled)[0], "spec.advanced.horizontalPodAutoscalerConfig.behavior");
    expect(at(manifestsOf(hpa)[0], "spec.behavior")).toEqual(spec);
  });

  it("gives the adapter a rule for each metric that the autoscaler asks for, and none with KEDA", async () => {
    const run = await autoscaler(SCALERS["hpa"]);
    const rules = run.find("ModelAutoscaler").outputs?.["externalRules"] as { name: { as: string } }[];
    const metrics = at(manifestsOf(run)[0], "spec.metrics") as { external: { metric: { name: string } } }[];
    expect(rules.map(({ name }) => name.as)).toEqual(metrics.map(({ external }) => external.metric.name));
    expect(rules).toHaveLength(5);
    expect((await autoscaler()).find("ModelAutoscaler").outputs?.["externalRules"]).toEqual([]);
  });

  it("makes credentials before what uses them", async () => {
    const run = await autoscaler(SCALERS["keda-to-zero"]);
    const credentials = run.find("TriggerAuthentication");
    expect(credentials.inputs).toMatchObject({
      spec: { secretTargetRef: [{ parameter: "bearerToken", name: "prometheus-token", key: "token" }] },
    });
    expect(run.find("ScaledObject").dependencies).toContain(credentials.urn);
  });

  it("takes values that come later", async () => {
    const scaled = await only(
      { deployment: pulumi.output(Promise.resolve("late")), maxReplicas: pulumi.output(Promise.resolve(9)) },
      "ScaledObject",
    );
    expect(scaled).toMatchObject({ metadata: { name: "late" }, spec: { maxReplicaCount: 9 } });
  });

  it("refuses a second scaler on a Deployment, and says whose it is", async () => {
    const both = (second: Args) =>
      runWithMocks(() => {
        new ModelAutoscaler("first", scalerArgs({ deployment: "shared" }));
        return new ModelAutoscaler("second", scalerArgs({ deployment: "shared", ...second }));
      });
    await expect(both({})).rejects.toThrow(
      /ModelAutoscaler "second": the Deployment vllm\/shared belongs to the autoscaler "first" already/,
    );
    await expect(both({ kind: "hpa", keda: undefined })).rejects.toThrow(/belongs to the autoscaler "first"/);
    await expect(both({ deployment: pulumi.output(Promise.resolve("shared")) })).rejects.toThrow(
      /belongs to the autoscaler "first"/,
    );
    await expect(both({ namespace: "elsewhere" })).resolves.toBeDefined();
  });
});

describe("the queries", () => {
  const plan = (args: Args) => autoscalerPlan(scalerArgs(args) as never);
  const all = plan({ ...SCALERS["hpa"], ...toZero, kind: "keda" });

  it("are PromQL", () => {
    for (const { name, query } of all.queries) expect(syntaxError(query), name).toBeUndefined();
    expect(all.queries).toHaveLength(6);
  });

  it("ask about this model in this namespace only", () => {
    for (const { name, query } of all.queries.filter((signal) => signal.name !== "gateway-requests")) {
      const selectors = query.match(/(vllm:\w+|DCGM_\w+|kube_\w+)\{[^}]*\}/g) ?? [];
      expect(selectors.length, name).toBeGreaterThan(0);
      for (const selector of selectors) expect(selector, name).toContain('namespace="vllm"');
    }
  });

  it("are fresh within the pace: no window is longer than replicas stay", () => {
    for (const { query } of all.queries) {
      const minutes = [...query.matchAll(/\[(\d+)m\]/g)].map(([, number]) => Number(number));
      expect(Math.max(...minutes, 0) * 60).toBeLessThanOrEqual(scaleDownWindow(300));
    }
  });
});

describe("arithmetic", () => {
  const load = fc.integer({ min: 1, max: LONGEST_WINDOW });

  it("keeps a replica at least as long as its successor would load, with what Kubernetes takes", () => {
    fc.assert(
      fc.property(load, (seconds) => {
        expect(scaleDownWindow(seconds)).toBeGreaterThanOrEqual(seconds);
        expect(scaleDownWindow(seconds)).toBeLessThanOrEqual(LONGEST_WINDOW);
        expect(idleWindow(seconds)).toBeGreaterThanOrEqual(seconds);
      }),
    );
  });

  it("refuses exactly the windows that are shorter than the load", () => {
    fc.assert(
      fc.property(load, fc.integer({ min: 0, max: LONGEST_WINDOW }), (loadSeconds, scaleDownSeconds) => {
        const args = scalerArgs({ loadSeconds, pace: { scaleDownSeconds } });
        const paths = findings(args as never, RULES).map(({ path }) => path);
        expect(paths).toEqual(scaleDownSeconds < loadSeconds ? ["pace.scaleDownSeconds"] : []);
      }),
    );
  });

  it("finds room for exactly as many replicas as can be packed, one node each", () => {
    const nodes = fc.array(
      fc.record({ maxNodes: fc.integer({ min: 0, max: 20 }), gpusPerNode: fc.integer({ min: 0, max: 16 }) }),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 16 }), nodes, (gpus, groups) => {
        let packed = 0;
        for (const { maxNodes, gpusPerNode } of groups)
          for (let node = 0; node < maxNodes; node += 1)
            for (let free = gpusPerNode; free >= gpus; free -= gpus) packed += 1;
        expect(roomFor(gpus, groups)).toBe(packed);
        const named = groups.map((group, index) => ({ ...group, name: String(index) }));
        const refused = (maxReplicas: number) =>
          findings(
            scalerArgs({
              minReplicas: 1,
              maxReplicas,
              capacity: { gpusPerReplica: gpus, nodes: named },
            }) as never,
            RULES,
          ).some(({ path }) => path === "maxReplicas");
        if (packed > 1) expect(refused(packed)).toBe(false);
        expect(refused(packed + 2)).toBe(true);
      }),
    );
  });

  it("wants no more with less demand, and stays within the bounds", () => {
    const demand = fc.double({ min: 0, max: 1000, noNaN: true });
    fc.assert(
      fc.property(demand, demand, fc.nat(20), fc.nat(50), (a, b, minimum, more) => {
        const maximum = minimum + more;
        const [less, most] = [Math.min(a, b), Math.max(a, b)];
        const wanted = desiredReplicas(most, minimum, maximum);
        expect(desiredReplicas(less, minimum, maximum)).toBeLessThanOrEqual(wanted);
        expect(wanted).toBeGreaterThanOrEqual(minimum);
        expect(wanted).toBeLessThanOrEqual(maximum);
        if (wanted < maximum) expect(wanted).toBeGreaterThanOrEqual(most);
      }),
    );
  });
});

const signals = (change: object): Args => ({
  signals: { waitingRequests: { perReplica: 5 }, ...change },
});

describe("refusals", () => {
  it.each<[string, string, object]>([
    ["namespace", "DNS label", { namespace: "A" }],
    ["deployment", "DNS label", { deployment: "a_b" }],
    ["modelName", "is required", { modelName: "" }],
    ["kind", "one of keda, hpa", { kind: "vpa" }],
    ["keda", "is required by kind keda", { keda: undefined }],
    ["keda", "not used by kind hpa", { kind: "hpa" }],
    ["minReplicas", "at least 0", { minReplicas: -1 }],
    ["maxReplicas", "at least 1", { maxReplicas: 0 }],
    ["maxReplicas", "at least minReplicas (5)", { minReplicas: 5 }],
    ["maxReplicas", "nothing would ever be scaled", { minReplicas: 4 }],
    ["minReplicas", "never scales to zero", { kind: "hpa", keda: undefined, minReplicas: 0 }],
    ["keda.activation", "gone with its last replica", { minReplicas: 0 }],
    [
      "keda.activation",
      "only concerns scaling to zero",
      { keda: { ...keda, activation: { gatewayModel: "x" } } },
    ],
    ["keda.idleSeconds", "only concerns scaling to zero", { keda: { ...keda, idleSeconds: 900 } }],
    [
      "maxReplicas",
      "must be at most 2",
      { capacity: { gpusPerReplica: 8, nodes: [{ name: "gpu", maxNodes: 2, gpusPerNode: 8 }] } },
    ],
    ["maxReplicas", "must be at most 0", { capacity: { gpusPerReplica: 1, nodes: [] } }],
    ["capacity.gpusPerReplica", "at least 1", { capacity: { gpusPerReplica: 0, nodes: [] } }],
    ["loadSeconds", "at least 1", { loadSeconds: 0 }],
    ["loadSeconds", "at most 3600", { loadSeconds: 4000 }],
    ["pace.scaleDownSeconds", "at least loadSeconds (300)", { pace: { scaleDownSeconds: 299 } }],
    ["pace.scaleDownSeconds", "at most 3600", { pace: { scaleDownSeconds: 3601 } }],
    ["pace.scaleUpSeconds", "at most 3600", { pace: { scaleUpSeconds: 3601 } }],
    ["pace.scaleUpSeconds", "at least 0", { pace: { scaleUpSeconds: -1 } }],
    ["keda.pollingSeconds", "at least 1", { keda: { ...keda, pollingSeconds: 0 } }],
    ["keda.failureThreshold", "at least 1", { keda: { ...keda, failureThreshold: 0 } }],
    [
      "keda.idleSeconds",
      "at least loadSeconds (300)",
      { ...toZero, keda: { ...keda, activation: { gatewayModel: "x" }, idleSeconds: 299 } },
    ],
    ["signals", "must hold a signal", { signals: {} }],
    ["signals.timeToFirstToken", "must not be the only", { signals: { timeToFirstToken: { seconds: 2 } } }],
    ["signals.waitingRequests.perReplica", "above 0", { signals: { waitingRequests: { perReplica: 0 } } }],
    [
      "signals.runningRequests.perReplica",
      "above 0",
      signals({ runningRequests: { perReplica: Number.NaN } }),
    ],
    ["signals.kvCacheUsage.percent", "below 100", signals({ kvCacheUsage: { percent: 100 } })],
    ["signals.gpuUtilisation.percent", "above 0", signals({ gpuUtilisation: { percent: 0 } })],
    ["signals.timeToFirstToken.seconds", "above 0", signals({ timeToFirstToken: { seconds: -1 } })],
    [
      "signals.timeToFirstToken.percentile",
      "below 100",
      signals({ timeToFirstToken: { seconds: 1, percentile: 100 } }),
    ],
    ["keda.prometheusUrl", "http(s) URL", { keda: { prometheusUrl: "prometheus:9090" } }],
    ["keda.prometheusUrl", "without credentials", { keda: { prometheusUrl: "http://a:b@prometheus" } }],
    ["keda.auth.kind", "one of bearer, basic", { keda: { ...keda, auth: { kind: "mtls" } } }],
    ["keda.auth.token", "is required by kind bearer", { keda: { ...keda, auth: { kind: "bearer" } } }],
    [
      "keda.auth.password",
      "is required by kind basic",
      { keda: { ...keda, auth: { kind: "basic", username: { name: "a", key: "b" } } } },
    ],
    [
      "keda.auth.username",
      "not used by kind bearer",
      {
        keda: {
          ...keda,
          auth: { kind: "bearer", token: { name: "a", key: "b" }, username: { name: "a", key: "b" } },
        },
      },
    ],
  ])("%s: %s", async (path, reason, args) => {
    await expect(autoscaler(args as Args)).rejects.toThrow(
      new RegExp(`^ *${escape(path)} .*${escape(reason)}`, "m"),
    );
  });

  it("accept the bounds themselves", async () => {
    await expect(autoscaler({ pace: { scaleDownSeconds: 300 } })).resolves.toBeDefined();
    await expect(autoscaler({ loadSeconds: 3600 })).resolves.toBeDefined();
    expect(MINIMAL_SCALER.signals).toEqual({ waitingRequests: { perReplica: 5 } });
  });
});

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
