/** Events of the engine that a small preview doesn't bring: replacements, aliases, deletions, verdicts. */

import type { EngineEvent, StepEventMetadata } from "@pulumi/pulumi/automation/index.js";
import { describe, expect, it } from "vitest";

import { maskOf } from "../../../review/model/snapshot.ts";
import { PreviewRecorder } from "../../../review/preview/recorder.ts";
import { analyse } from "../../../review/report/analysis.ts";
import { renderReport } from "../../../review/report/markdown.ts";

type State = NonNullable<StepEventMetadata["new"]>;

const urn = (type: string, name: string) => `urn:pulumi:test::vllm-monitoring::${type}::${name}`;

function state(
  type: string,
  name: string,
  inputs: Record<string, unknown>,
  rest: Partial<State> = {},
): State {
  return {
    type,
    urn: urn(type, name),
    custom: true,
    id: name,
    parent: "",
    inputs,
    outputs: {},
    provider: "",
    ...rest,
  };
}

function step(
  op: string,
  sides: { old?: State; new?: State },
  rest: Partial<StepEventMetadata> = {},
): EngineEvent {
  const own = sides.new ?? sides.old;
  if (own === undefined) throw new Error("a step has a side");
  const metadata = { op, urn: own.urn, type: own.type, provider: "", ...sides, ...rest } as StepEventMetadata;
  return { sequence: 0, timestamp: 0, resourcePreEvent: { metadata } };
}

function comparisonOf(...events: EngineEvent[]) {
  const recorder = new PreviewRecorder("test");
  events.forEach(recorder.take);
  return recorder.comparison();
}

const CLAIM = "kubernetes:core/v1:PersistentVolumeClaim";
const claim = (className: string) => state(CLAIM, "weights", { spec: { storageClassName: className } });

it("takes a side that the log of the CLI writes as null for one that isn't there", () => {
  const created = step("create", { new: claim("a") }, { old: null, keys: null, detailedDiff: null } as never);
  const outputs = {
    ...created,
    resourcePreEvent: undefined,
    resOutputsEvent: created.resourcePreEvent,
  } as never;
  expect(comparisonOf(created, outputs)).toEqual(comparisonOf(step("create", { new: claim("a") })));
});

describe("the events of", () => {
  it.each([
    ["create first", ["create-replacement", "replace", "delete-replaced"], false],
    ["delete first", ["delete-replaced", "replace", "create-replacement"], true],
  ])("a replacement, %s", (_, operations, deletesFirst) => {
    const events = operations.map((op) =>
      step(op, op === "delete-replaced" ? { old: claim("a") } : { old: claim("a"), new: claim("b") }, {
        keys: ["spec.storageClassName"],
        detailedDiff: { "spec.storageClassName": { diffKind: "update-replace", inputDiff: false } } as never,
      }),
    );
    expect(comparisonOf(...events).changes).toMatchObject([
      {
        operation: "replace",
        forcedBy: ["spec.storageClassName"],
        deletesFirst,
        properties: [{ path: "spec.storageClassName", kind: "changed", before: "a", after: "b" }],
      },
    ]);
  });

  it("a deletion", () => {
    const { changes } = comparisonOf(step("delete", { old: claim("a") }));
    expect(changes).toMatchObject([{ operation: "delete", resource: { name: "weights" } }]);
  });

  it("a resource with another name, thanks to an alias", () => {
    const before = claim("a");
    const after = { ...claim("a"), urn: urn(CLAIM, "models") };
    const { changes, renamed } = comparisonOf(step("same", { old: before, new: after }));
    expect(changes).toEqual([]);
    expect(renamed).toMatchObject([{ from: before.urn, to: { urn: after.urn } }]);
  });

  it("the stack, reads and refreshes are no changes", () => {
    const stack = state("pulumi:pulumi:Stack", "test", {}, { custom: false });
    const { changes, unchanged } = comparisonOf(
      step("create", { new: stack }),
      step("read", { new: claim("a") }),
      step("refresh", { old: claim("a"), new: claim("a") }),
    );
    expect(changes).toEqual([]);
    expect(unchanged).toBe(0);
  });

  it("a secret, by the path that the provider tells", () => {
    const secret = () => state("kubernetes:core/v1:Secret", "token", { stringData: "[secret]" });
    const { changes, head } = comparisonOf(
      step(
        "update",
        { old: secret(), new: secret() },
        {
          detailedDiff: { "stringData.token": { diffKind: "update", inputDiff: true } } as never,
        },
      ),
    );
    expect(changes[0]?.properties).toEqual([{ path: "stringData.token", kind: "secret" }]);
    expect(maskOf(head.resources[0]?.inputs["stringData"])).toEqual({ from: [] });
  });

  it("something that was changed behind the program's back", () => {
    const { changes } = comparisonOf(
      step(
        "update",
        { old: claim("a"), new: claim("a") },
        {
          detailedDiff: { "spec.resources": { diffKind: "update", inputDiff: false } } as never,
        },
      ),
    );
    expect(changes[0]?.properties).toEqual([{ path: "spec.resources", kind: "untold" }]);
  });

  it("components, whose outputs come last", () => {
    const routes = (configuration: string): State =>
      state("vllm-monitoring:index:AlertRoutes", "routes", {}, { custom: false, outputs: { configuration } });
    const recorder = new PreviewRecorder("test");
    recorder.take(step("update", { old: routes("old"), new: { ...routes(""), outputs: {} } }));
    const metadata = {
      op: "update",
      urn: routes("").urn,
      type: "",
      provider: "",
      old: routes("old"),
      new: routes("new"),
    };
    recorder.take({ sequence: 1, timestamp: 0, resOutputsEvent: { metadata: metadata as never } });
    const { base, head, changes } = recorder.comparison();
    expect(base.resources[0]?.outputs).toEqual({ configuration: "old" });
    expect(head.resources[0]?.outputs).toEqual({ configuration: "new" });
    // Components are told by what is in them.
    expect(changes).toEqual([]);
  });

  it("policies, as verdicts among the risks", () => {
    const recorder = new PreviewRecorder("test");
    recorder.take({
      sequence: 0,
      timestamp: 0,
      policyEvent: {
        resourceUrn: urn(CLAIM, "weights"),
        message: "<{%fg 1%}>storage must be encrypted<{%reset%}>",
        color: "never",
        policyName: "encryption",
        policyPackName: "platform",
        policyPackVersion: "1",
        policyPackVersionTag: "1",
        enforcementLevel: "mandatory",
      },
    });
    const analysis = analyse(recorder.comparison(), new Map(), recorder.verdicts);
    const { markdown } = renderReport([{ environment: "test", state: "both", analysis }], { subject: "" });
    expect(markdown).toContain(
      "**High:** Policy `platform encryption` (mandatory) on `kubernetes:core/v1:PersistentVolumeClaim weights`: storage must be encrypted",
    );
  });
});
