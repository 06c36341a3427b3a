import { createHash } from "node:crypto";
import { stringify } from "yaml";

import { compareText, sorted, type Json } from "../model/json.ts";
import {
  alertmanagerDocuments,
  dashboardDocuments,
  isKubernetes,
  kindOf,
  parseJson,
  policyDocuments,
  ruleDocuments,
} from "../model/documents.ts";
import { readable, type ResourceRecord, type Snapshot } from "../model/snapshot.ts";

/** Files of a render, by path. */
export type FileTree = Map<string, string>;

/**
 * An environment as files: one for each resource in folders by component, and beside them what is read on its own: rules,
 * Alertmanager's configuration, dashboards, IAM documents, the graph and the state of the secrets.
 */
export function renderSnapshot(snapshot: Snapshot): FileTree {
  const files = new Names();
  const folders = foldersOf(snapshot.resources);
  for (const resource of snapshot.resources) {
    if (!resource.custom) continue;
    const folder = folders.get(resource.parent ?? "") ?? "resources";
    files.add(
      `${folder}/${fileName(kindOf(resource))}.${fileName(resource.name)}`,
      "yaml",
      resourceYaml(resource),
    );
  }
  for (const { resource, groups } of ruleDocuments(snapshot))
    files.add(`rules/${fileName(objectName(resource))}`, "yaml", yaml({ groups }));
  for (const { resource, text } of alertmanagerDocuments(snapshot))
    files.add(`alertmanager/${fileName(resource.name)}`, "yaml", text);
  for (const { file, model } of dashboardDocuments(snapshot.resources))
    files.add(`dashboards/${fileName(file.replace(/\.json$/, ""))}`, "json", json(model));
  for (const { resource, property, document } of policyDocuments(snapshot))
    files.add(`iam/${fileName(resource.name)}.${fileName(property)}`, "json", json(document));
  // Entry by entry: a fleet of a thousand models has ten thousand.
  files.add("graph", "yaml", snapshot.resources.map((resource) => yaml([graphEntry(resource)])).join(""));
  files.add("secrets", "yaml", yaml(secretStates(snapshot)));
  return files.sorted();
}

/** File names that differ on file systems without case too. */
class Names {
  readonly #files: FileTree = new Map();
  readonly #taken = new Set<string>();

  add(path: string, extension: string, content: string): void {
    let candidate = `${path}.${extension}`;
    for (let count = 2; this.#taken.has(candidate.toLowerCase()); count += 1)
      candidate = `${path}-${String(count)}.${extension}`;
    this.#taken.add(candidate.toLowerCase());
    this.#files.set(candidate, content);
  }

  sorted(): FileTree {
    return new Map([...this.#files].sort(([a], [b]) => compareText(a, b)));
  }
}

/** Folder of each component, by its URN: those of its parents, then its class and name. */
function foldersOf(resources: readonly ResourceRecord[]): Map<string, string> {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const folders = new Map<string, string>();
  const folderOf = (urn: string): string => {
    const known = folders.get(urn);
    if (known !== undefined) return known;
    const resource = byUrn.get(urn);
    if (resource === undefined) return "resources";
    const above = resource.parent === undefined ? "resources" : folderOf(resource.parent);
    const folder = `${above}/${fileName(kindOf(resource))}.${fileName(resource.name)}`;
    folders.set(urn, folder);
    return folder;
  };
  for (const { urn } of resources) folderOf(urn);
  return folders;
}

/** A name that every file system takes; where something had to be left out, a digest keeps it apart from others. */
function fileName(name: string): string {
  const safe = name.replaceAll(/[^\w.-]+/g, "_").replace(/^\.+/, "_");
  if (safe === name && name.length <= 120) return name;
  return `${safe.slice(0, 100)}-${createHash("sha256").update(name).digest("hex").slice(0, 8)}`;
}

function objectName({ inputs, name }: ResourceRecord): string {
  const metadata = inputs["metadata"] as { name?: Json } | undefined;
  return typeof metadata?.name === "string" ? metadata.name : name;
}

/** Kubernetes objects as they are applied; of others the type and the properties. */
function resourceYaml(resource: ResourceRecord): string {
  if (isKubernetes(resource)) return yaml(resource.inputs);
  return yaml({ type: resource.type, name: resource.name, properties: expanded(resource.inputs) });
}

/** JSON in texts with sorted keys and on lines of its own. */
function expanded(value: Json): Json {
  if (typeof value === "string") {
    const parsed = parseJson(value);
    return parsed === undefined ? value : json(parsed);
  }
  if (Array.isArray(value)) return value.map(expanded);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, expanded(inner)]));
}

/** Everything about a resource but its properties. Fields that say nothing are left out. */
function graphEntry(resource: ResourceRecord): Json {
  const { urn, custom, parent, provider, dependencies } = resource;
  const options = {
    protect: resource.protect,
    retainOnDelete: resource.retainOnDelete,
    deleteBeforeReplace: resource.deleteBeforeReplace,
    ignoreChanges: resource.ignoreChanges,
    replaceOnChanges: resource.replaceOnChanges,
  };
  const set = Object.entries(options).filter(([, value]) =>
    Array.isArray(value) ? value.length > 0 : value,
  );
  return {
    urn,
    ...(custom ? {} : { component: true }),
    ...(parent === undefined ? {} : { parent }),
    ...(provider === undefined ? {} : { provider }),
    ...(dependencies.length === 0 ? {} : { dependencies }),
    ...Object.fromEntries(set),
  };
}

function secretStates({ secrets }: Snapshot): Json {
  return Object.fromEntries(
    Object.entries(secrets).map(([key, { fingerprint }]) => [
      key,
      fingerprint === undefined ? "not set" : `set, ciphertext ${fingerprint}`,
    ]),
  );
}

/** Texts of large values, which are the same in every environment: the CRDs. */
const texts = new Map<string, string>();

function yaml(value: Json): string {
  const shown = sorted(readable(value));
  const source = JSON.stringify(shown);
  if (source.length < 10_000) return toYaml(shown);
  const key = createHash("sha256").update(source).digest("base64");
  let text = texts.get(key);
  if (text === undefined) {
    text = toYaml(shown);
    texts.set(key, text);
  }
  return text;
}

function toYaml(value: Json): string {
  // Never folded, never shared: a line of the file is a line of the value, and anchors would depend on identity.
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

function json(value: Json): string {
  return `${JSON.stringify(sorted(readable(value)), undefined, 2)}\n`;
}
