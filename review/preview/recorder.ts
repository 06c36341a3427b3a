/** The two sides of a real preview, from the events of the engine. */

import type {
  EngineEvent,
  StepEventMetadata,
  StepEventStateMetadata,
} from "@pulumi/pulumi/automation/index.js";

import {
  compareSnapshots,
  emptySnapshot,
  type Comparison,
  type Decision,
  type Operation,
} from "../diff/changes.ts";
import { isObject, type Json, type JsonObject } from "../model/json.ts";
import { makeMask, UNKNOWN, type ResourceRecord } from "../model/snapshot.ts";
import type { PolicyVerdict } from "../report/analysis.ts";

/** What the engine writes in the place of a secret. */
const SECRET = "[secret]";
/** What it writes in the place of a value that only the update will tell (sdk/go/common/resource/plugin/rpc.go). */
const UNKNOWN_ON_WIRE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const operations: Partial<Record<string, Operation | "same">> = {
  same: "same",
  create: "create",
  import: "create",
  update: "update",
  delete: "delete",
  discard: "delete",
  replace: "replace",
  "create-replacement": "replace",
  "delete-replaced": "replace",
  "import-replacement": "replace",
};

/** Follows a preview: give `take` to the Automation API as `onEvent`, or the lines of an event log one by one. */
export class PreviewRecorder {
  readonly verdicts: PolicyVerdict[] = [];
  readonly #environment: string;
  readonly #before = new Map<string, ResourceRecord>();
  readonly #after = new Map<string, ResourceRecord>();
  readonly #decisions = new Map<string, Decision>();

  constructor(environment: string) {
    this.#environment = environment;
  }

  readonly take = (event: EngineEvent): void => {
    if (event.resourcePreEvent !== undefined) this.#step(withoutNull(event.resourcePreEvent.metadata));
    if (event.resOutputsEvent !== undefined) this.#outputs(withoutNull(event.resOutputsEvent.metadata));
    const { policyEvent: policy } = event;
    if (policy !== undefined)
      this.verdicts.push({
        policy: `${policy.policyPackName} ${policy.policyName}`,
        enforcement: policy.enforcementLevel === "mandatory" ? "mandatory" : "advisory",
        resource: policy.resourceUrn?.split("::").slice(2).join(" ") ?? "the stack",
        message: stripColours(policy.message).trim(),
      });
  };

  /** What the preview says will happen. */
  comparison(): Comparison {
    const empty = emptySnapshot(this.#environment);
    const head = { ...empty, resources: [...this.#after.values()] };
    const base = { ...empty, resources: [...this.#before.values()] };
    return compareSnapshots(base, head, this.#decisions);
  }

  #step({ op, urn, old, new: now, keys, diffs, detailedDiff }: StepEventMetadata): void {
    const operation = operations[op];
    // Reads and refreshes change nothing; the stack itself is no object.
    if (operation === undefined || urn.includes("::pulumi:pulumi:Stack::")) return;
    if (old !== undefined && op !== "create-replacement")
      this.#before.set(old.urn, recordOf(old, this.#before.get(old.urn)));
    // With another URN the resource is known by an alias.
    const renamedFrom = old !== undefined && old.urn !== urn ? [old.urn] : [];
    if (now !== undefined && operation !== "delete") {
      const known = this.#after.get(urn);
      this.#after.set(urn, { ...recordOf(now, known), aliases: known?.aliases ?? renamedFrom });
    }
    if (operation === "delete" && this.#decisions.get(urn)?.operation === "replace") return;
    const known = this.#decisions.get(urn);
    const isReplaced = operation === "replace" || known?.operation === "replace";
    this.#decisions.set(urn, {
      operation: isReplaced ? "replace" : operation,
      forcedBy: [...new Set([...(known?.forcedBy ?? []), ...(keys ?? [])])].sort(),
      paths: [...new Set([...(known?.paths ?? []), ...Object.keys(detailedDiff ?? {}), ...(diffs ?? [])])],
      // The engine tells the steps in their order: here the old one goes before the new one comes.
      deletesFirst: known?.deletesFirst ?? op === "delete-replaced",
    });
  }

  /** Components have their outputs only after everything in them. */
  #outputs({ urn, old, new: now }: StepEventMetadata): void {
    const after = this.#after.get(urn);
    if (after !== undefined && now !== undefined && !after.custom) after.outputs = propertiesOf(now.outputs);
    const before = old === undefined ? undefined : this.#before.get(old.urn);
    if (before !== undefined && old !== undefined && !before.custom)
      before.outputs = propertiesOf(old.outputs);
  }
}

/** Some versions of the engine write `"old": null` for a side that isn't there, where others leave it out. */
function withoutNull(metadata: StepEventMetadata): StepEventMetadata {
  return Object.fromEntries(
    Object.entries(metadata).filter(([, value]) => value !== null),
  ) as unknown as StepEventMetadata;
}

function recordOf(state: StepEventStateMetadata, known: ResourceRecord | undefined): ResourceRecord {
  const { urn, type, parent, custom, inputs, outputs, provider, protect, retainOnDelete } = state;
  return {
    urn,
    type,
    name: urn.split("::").slice(3).join("::"),
    parent: parent === "" ? undefined : parent,
    custom: custom === true,
    inputs: propertiesOf(inputs),
    outputs: custom === true ? undefined : (known?.outputs ?? propertiesOf(outputs)),
    provider: provider === "" ? undefined : provider.split("::").slice(0, 4).join("::"),
    dependencies: [],
    aliases: [],
    protect: protect === true,
    retainOnDelete: retainOnDelete === true,
    deleteBeforeReplace: false,
    ignoreChanges: [],
    replaceOnChanges: [],
  };
}

/** Properties without what the engine and the providers keep for themselves. */
function propertiesOf(properties: Record<string, unknown> | undefined): JsonObject {
  return Object.fromEntries(
    Object.entries(properties ?? {})
      .filter(([key]) => !key.startsWith("__"))
      .map(([key, value]) => [key, valueOf(value as Json)]),
  );
}

function valueOf(value: Json): Json {
  if (value === SECRET) return makeMask({ from: [], digest: undefined });
  if (value === UNKNOWN_ON_WIRE) return UNKNOWN;
  if (Array.isArray(value)) return value.map(valueOf);
  return isObject(value) ? propertiesOf(value) : value;
}

function stripColours(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/<\{%[^%]*%\}>/g, "").replaceAll(/\u001b\[[0-9;]*m/g, "");
}
