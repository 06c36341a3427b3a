/** All resources of a mock run as YAML for golden files: what the engine would be asked to make. */
import { stringify } from "yaml";
import { MASK } from "./manifests.ts";
import type { MockRun, RegisteredResource } from "./mocks.ts";

/** Inputs that hold a document as text, shown as the document so that a change of it can be read. */
const DOCUMENTS = ["assumeRolePolicy", "policy"];

/**
 * Sorted YAML of the resources that a run registered, without components, with secrets masked. Policies are shown as
 * documents and user data as text.
 */
export function renderResources(run: MockRun): string {
  return run.resources
    .filter(({ custom }) => custom)
    .map(describe)
    .sort((a, b) => compare(`${a.type} ${a.name}`, `${b.type} ${b.name}`))
    .map((resource) => stringify(resource, { sortMapEntries: true, lineWidth: 0 }))
    .join("---\n");
}

function describe(resource: RegisteredResource) {
  const { type, name, inputs, secretPaths, ignoreChanges, replaceOnChanges, protect } = resource;
  const { deleteBeforeReplace, retainOnDelete } = resource;
  const options = {
    ...(ignoreChanges.length === 0 ? {} : { ignoreChanges }),
    ...(replaceOnChanges.length === 0 ? {} : { replaceOnChanges }),
    ...(protect ? { protect } : {}),
    ...(deleteBeforeReplace ? { deleteBeforeReplace } : {}),
    ...(retainOnDelete ? { retainOnDelete } : {}),
  };
  return {
    type,
    name,
    inputs: readable(withoutSecrets(inputs, secretPaths)),
    ...(Object.keys(options).length === 0 ? {} : { options }),
  };
}

function readable(inputs: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(inputs).map(([key, value]) => {
      if (typeof value !== "string") return [key, value];
      if (DOCUMENTS.includes(key)) return [key, JSON.parse(value) as unknown];
      return [key, key === "userData" ? Buffer.from(value, "base64").toString("utf8") : value];
    }),
  );
}

/** A property that holds a secret anywhere is masked as a whole. */
function withoutSecrets(inputs: Record<string, unknown>, secretPaths: string[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(inputs).map(([key, value]) => {
      const isSecret = secretPaths.some(
        (path) => path.startsWith(key) && /^([.[]|$)/.test(path.slice(key.length)),
      );
      return [key, isSecret ? MASK : value];
    }),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
