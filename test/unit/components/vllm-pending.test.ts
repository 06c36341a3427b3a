import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VllmDeployment, type VllmDeploymentArgs } from "../../../components/vllm-deployment.ts";
import { manifestsOf } from "../../support/manifests.ts";
import { runWithMocks, UNKNOWN, valueOf } from "../../support/mocks.ts";
import { container, deploy, environment, IMAGE, MINIMAL, podSpec, words } from "./vllm-args.ts";
import { TYPICAL } from "./vllm-typical.ts";

type Step = string | number;

/** Paths of everything inside the arguments, leaves and objects alike. */
function pathsIn(value: unknown, prefix: Step[] = []): Step[][] {
  if (typeof value !== "object" || value === null || pulumi.Output.isInstance(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = [...prefix, Array.isArray(value) ? Number(key) : key];
    return [path, ...pathsIn(inner, path)];
  });
}

/** The same arguments with what is at `path` wrapped. */
function wrapAt(value: unknown, path: Step[], wrap: (inner: unknown) => unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return wrap(value);
  if (Array.isArray(value))
    return value.map((item, index) => (index === step ? wrapAt(item, rest, wrap) : (item as unknown)));
  const object = value as Record<string, unknown>;
  return { ...object, [step]: wrapAt(object[step], rest, wrap) };
}

async function rendered(args: object): Promise<unknown[]> {
  const run = await runWithMocks(() => new VllmDeployment("chat", args as VllmDeploymentArgs));
  const manifests = manifestsOf(run) as unknown[];
  return manifests.map((manifest) => JSON.stringify(sorted(manifest))).sort();
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, sorted(v)]),
  );
}

describe("arguments that come later", { timeout: 120_000 }, () => {
  const full = Object.entries(TYPICAL).map(([name, args]) => ({ name, args: { ...MINIMAL, ...args } }));
  const places = full.flatMap(({ name, args }) => pathsIn(args).map((path) => ({ name, args, path })));

  it("give the same manifests, wherever they stand", async () => {
    const expected = new Map<string, unknown[]>();
    for (const { name, args } of full) expected.set(name, await rendered(args));
    for (const { name, args, path } of places) {
      // A number of replicas that comes later brings a budget by design.
      if (path[0] === "replicas" || path[0] === "autoscaled") continue;
      const later = await rendered(wrapAt(args, path, (inner) => pulumi.output(inner)) as object);
      expect(later, `${name}: ${path.join(".")}`).toEqual(expected.get(name));
    }
  });

  it("also several at once, as promises or outputs", async () => {
    const cases = fc.constantFrom(...full).chain(({ args }) => {
      const paths = pathsIn(args).filter(([first]) => first !== "replicas" && first !== "autoscaled");
      return fc.record({
        args: fc.constant(args),
        paths: fc.subarray(paths, { maxLength: 6 }),
        isPromise: fc.boolean(),
      });
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ args, paths, isPromise }) => {
        const wrap = (inner: unknown) => (isPromise ? Promise.resolve(inner) : pulumi.output(inner));
        // Inner places first, so that an outer one wraps what already holds outputs.
        const deepFirst = [...paths].sort((a, b) => b.length - a.length);
        const later = deepFirst.reduce<unknown>((value, path) => wrapAt(value, path, wrap), args);
        expect(await rendered(later as object)).toEqual(await rendered(args));
      }),
      { numRuns: 40 },
    );
  });

  it("hide only themselves in a preview", async () => {
    const program = () => {
      const unknown = new k8s.core.v1.Namespace("other").id;
      return new VllmDeployment("chat", { ...MINIMAL, image: unknown, env: [{ name: "A", value: unknown }] });
    };
    const run = await runWithMocks(program, { preview: true });
    expect(container(run, "image")).toBe(UNKNOWN);
    expect(environment(run)).toMatchObject({ A: UNKNOWN, HOME: "/home/vllm" });
    expect(words(run)[0]).toBe("Qwen/Qwen3-0.6B");
    expect(podSpec(run, "terminationGracePeriodSeconds")).toBe(90);
  });
});

describe("secret arguments", () => {
  it("are secret where they stand and nowhere else", async () => {
    const run = await deploy({
      env: [
        { name: "OPEN", value: "1" },
        { name: "HIDDEN", value: pulumi.secret("s") },
      ],
    });
    const paths = run.find("Deployment").secretPaths;
    expect(paths).toHaveLength(1);
    expect(paths[0]).toMatch(/^spec\.template\.spec\.containers\[0\]\.env\[\d+\]\.value$/);
    for (const type of ["Service", "PodMonitor", "NetworkPolicy", "ServiceAccount"]) {
      expect(run.find(type).secretPaths).toEqual([]);
    }
  });

  it("that only decide numbers don't hide the manifest", async () => {
    const run = await deploy({ replicas: pulumi.secret(2) });
    expect(run.find("Deployment").secretPaths).toEqual([]);
  });

  it("stay secret in the outputs", async () => {
    const name = pulumi.secret("hidden-name");
    const run = await deploy({ name, image: IMAGE });
    expect(await pulumi.isSecret(run.result.endpoint)).toBe(true);
    expect(await valueOf(run.result.endpoint)).toBe("http://hidden-name.serving.svc:8000");
  });
});
