/** Settings of workloads that are worth a second look: code and rights that pods get, and drains that stop them all. */

import type { ResourceChange } from "../diff/changes.ts";
import { isKubernetes, kindOf, parseYaml } from "../model/documents.ts";
import {
  at,
  entriesOf,
  isObject,
  listOf,
  scalarOf,
  textOf,
  type Json,
  type JsonObject,
} from "../model/json.ts";
import type { WorkloadConcern } from "./workloads.ts";

interface Setting {
  isSet: (kind: string, inputs: JsonObject) => boolean;
  text: string;
  /** Whether it is a concern of a new object as well. */
  ofNew: boolean;
}

const settings: Setting[] = [
  {
    isSet: runsCode,
    text: "runs code of the model's repository (--trust-remote-code)",
    ofNew: true,
  },
  {
    // Where nothing is said, a token is mounted: a concern only where it was said before that none is.
    isSet: (kind, inputs) => tokenHolder(kind, inputs) !== undefined && !refusesToken(kind, inputs),
    text: "pods get a token of their service account (automountServiceAccountToken)",
    ofNew: false,
  },
  {
    isSet: (kind, { spec }) =>
      kind === "PodDisruptionBudget" &&
      (scalarOf(at(spec, "maxUnavailable")) === "100%" || /^0%?$/.test(scalarOf(at(spec, "minAvailable")))),
    text: "allows that drains of nodes stop every replica at once",
    ofNew: true,
  },
  {
    isSet: (_, inputs) => grantsToEverybody(inputs),
    text: "gives everybody who signs in a role with more rights than to read (role_attribute_path without a condition)",
    ofNew: true,
  },
];

/** Settings that come with a change. */
export function exposureConcerns({ before, after, resource }: ResourceChange): WorkloadConcern[] {
  if (after === undefined || !isKubernetes(resource)) return [];
  const kind = kindOf(resource);
  return settings
    .filter(
      ({ isSet, ofNew }) =>
        isSet(kind, after.inputs) && (before === undefined ? ofNew : !isSet(kind, before.inputs)),
    )
    .map(({ text }) => ({ resource, text, level: "medium" }));
}

function runsCode(kind: string, inputs: JsonObject): boolean {
  if (kind === "RayService") return trusts(parseYaml(textOf(at(inputs, "spec", "serveConfigV2"))));
  return containersOf(at(inputs, "spec")).some((container) =>
    ["command", "args"].some((key) =>
      listOf(at(container, key)).some((arg) =>
        // Of a shell's script the flag is a word.
        /(^|\s)--trust[-_]remote[-_]code(=(true|1))?(\s|$)/i.test(textOf(arg)),
      ),
    ),
  );
}

function trusts(value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.some(trusts);
  return entriesOf(value).some(([key, inner]) =>
    key === "trust_remote_code" ? inner === true : trusts(inner),
  );
}

/** Containers of every template of pods, however deep it is. */
function containersOf(value: Json | undefined): Json[] {
  if (Array.isArray(value)) return value.flatMap(containersOf);
  return entriesOf(value).flatMap(([key, inner]) =>
    key === "openAPIV3Schema"
      ? []
      : key === "containers" || key === "initContainers"
        ? listOf(inner)
        : containersOf(inner),
  );
}

/** What says whether a token is mounted: a service account, or the pods of a workload. */
function tokenHolder(kind: string, inputs: JsonObject): Json | undefined {
  if (kind === "ServiceAccount") return inputs;
  const spec = at(inputs, "spec");
  return at(spec, "leaderWorkerTemplate", "workerTemplate", "spec") ?? at(spec, "template", "spec");
}

function refusesToken(kind: string, inputs: JsonObject): boolean {
  return at(tokenHolder(kind, inputs), "automountServiceAccountToken") === false;
}

/** Where Grafana's role of who signs in is a literal and no question about them. */
function grantsToEverybody(inputs: JsonObject): boolean {
  return rolePaths(inputs).some((path) => /^\s*'(Editor|Admin|GrafanaAdmin)'\s*$/.test(path));
}

function rolePaths(inputs: JsonObject): string[] {
  const variables = containersOf(at(inputs, "spec"))
    .flatMap((container) => listOf(at(container, "env")))
    .filter((variable) => /^GF_AUTH_\w+_ROLE_ATTRIBUTE_PATH$/.test(textOf(at(variable, "name"))))
    .map((variable) => textOf(at(variable, "value")));
  const files = Object.values(isObject(inputs["data"]) ? inputs["data"] : {}).flatMap((text) =>
    typeof text === "string"
      ? [...text.matchAll(/^\s*role_attribute_path\s*=\s*(.+)$/gm)].map(([, path]) => path ?? "")
      : [],
  );
  return [...variables, ...files];
}
