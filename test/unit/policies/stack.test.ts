/** The environments hold the policies, and the policies see when they don't. */
import { join } from "node:path";
import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { evaluatePolicies, POLICIES } from "../../../policies/index.ts";
import { plain } from "../../../policies/plain.ts";
import { diffPolicies } from "../../../review/semantic/policies.ts";
import type { ResourceRecord, Snapshot } from "../../../review/model/snapshot.ts";
import { runEnvironment } from "../../../review/run/run.ts";
import { reportOn } from "../review/reporting.ts";
import { environments } from "../stacks/support.ts";

const root = join(import.meta.dirname, "../../..");
const snapshots = new Map<string, Snapshot>();

beforeAll(async () => {
  for (const environment of environments)
    snapshots.set(environment, await runEnvironment({ root, environment }));
}, 240_000);

function snapshotOf(environment: string): Snapshot {
  const snapshot = snapshots.get(environment);
  if (snapshot === undefined) throw new Error(environment);
  return snapshot;
}

/** The snapshot with a change of the resources that a predicate takes; none is an error. */
function changed(
  environment: string,
  takes: (resource: ResourceRecord) => boolean,
  change: (resource: ResourceRecord) => ResourceRecord | undefined,
): Snapshot {
  const snapshot = snapshotOf(environment);
  expect(snapshot.resources.filter(takes)).not.toEqual([]);
  return {
    ...snapshot,
    resources: snapshot.resources.flatMap((resource) =>
      takes(resource) ? (change(resource) ?? []) : resource,
    ),
  };
}

const replaced = (from: string | RegExp, to: string) => (resource: ResourceRecord) => ({
  ...resource,
  inputs: JSON.parse(JSON.stringify(resource.inputs).replace(from, to)) as ResourceRecord["inputs"],
});
const nothing = { added: [], resolved: [], standing: [], unseen: [], changed: [] };

test.each(environments)("%s violates no policy", (environment) => {
  const snapshot = snapshotOf(environment);
  expect(diffPolicies({ base: snapshot, head: snapshot })).toEqual(nothing);
});

describe("one change to production violates", () => {
  const isModel = ({ name }: ResourceRecord) => name === "llama-70b-fp8-server";
  const cases: [policy: string, takes: (resource: ResourceRecord) => boolean, change: (resource: ResourceRecord) => ResourceRecord | undefined][] = [
    ["image-versions", isModel, replaced(/vllm-openai:[^"]*/, "vllm-openai:latest")],
    ["container-resources", isModel, replaced(/"cpu":"16",?/, "")],
    ["closed-metrics", ({ name }) => name === "llama-70b-fp8-service", replaced("ClusterIP", "LoadBalancer")],
    ["closed-metrics", ({ name }) => name === "llama-70b-fp8-ingress", () => undefined],
    ["monitored-pods", ({ name }) => name === "llama-70b-fp8-monitor", () => undefined],
    ["encrypted-storage", ({ name }) => name === "gpu-h200-template", replaced('"encrypted":"true"', '"encrypted":"false"')],
    ["no-wildcard-rights", ({ name }) => name === "gpu-h200-role-AmazonEKSWorkerNodePolicy", replaced("AmazonEKSWorkerNodePolicy", "AdministratorAccess")],
  ]; // prettier-ignore

  test.each(cases)("%s", (policy, takes, change) => {
    const difference = diffPolicies({ base: snapshotOf("prod"), head: changed("prod", takes, change) });
    expect(difference.added.map((verdict) => verdict.policy)).toEqual([policy]);
    expect(difference.resolved).toEqual([]);
  });

  test("and the review says so, what was resolved, and how many stand", () => {
    const base = snapshotOf("prod");
    const open = changed("prod", isModel, replaced(/vllm-openai:[^"]*/, "vllm-openai:latest"));
    const worse = { ...open, resources: open.resources.filter(({ name }) => name !== "bge-m3-monitor") };
    expect(reportOn(base, open).markdown).toContain(
      "- **violated:** `image-versions` (mandatory): `Deployment llama-70b-fp8-server` container vllm",
    );
    expect(reportOn(base, open).markdown).toMatch(
      /Policy `image-versions` \(mandatory\) on `Deployment llama-70b-fp8-server`/,
    );
    expect(reportOn(open, base).markdown).toContain("- no longer violated: `image-versions`");
    expect(reportOn(open, worse).markdown).toContain("- 1 violation as before");
    // What stood before is no change.
    expect(reportOn(open, open).isEmpty).toBe(true);
  });
});

test("every policy has a name of its own and says what it is for", () => {
  expect(new Set(POLICIES.map(({ name }) => name)).size).toBe(POLICIES.length);
  for (const { name, description } of POLICIES) {
    expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(description).toMatch(/\.$/);
  }
});

test("no shape of properties makes a policy fail", () => {
  const types = [...new Set(snapshotOf("prod").resources.map(({ type }) => type)), "aws:s3/bucket:Bucket"];
  const keys = [
    "spec",
    "metadata",
    "template",
    "containers",
    "rules",
    "ingress",
    "selector",
    "policy",
    "Statement",
    "name",
  ];
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: "small" },
      fc.anything(),
      fc.dictionary(fc.constantFrom(...keys), tie("any")),
      fc.array(tie("any"), { maxLength: 3 }),
    ),
  })).any;
  fc.assert(
    fc.property(fc.constantFrom(...types), fc.dictionary(fc.constantFrom(...keys), value), (type, props) => {
      evaluatePolicies([{ urn: "u", type, name: "n", parent: undefined, protect: false, props }]);
    }),
    { numRuns: 500 },
  );
});

test("values that come later are left out, their neighbours stay", () => {
  const later = new Proxy([1, 2] as unknown[], {
    get: (list, key) => {
      if (key === "0") throw new Error("can't be known during preview");
      return Reflect.get(list, key) as unknown;
    },
  });
  expect(plain({ list: later, text: "x", nothing: null })).toEqual({
    list: [{}, 2],
    text: "x",
    nothing: null,
  });
});
