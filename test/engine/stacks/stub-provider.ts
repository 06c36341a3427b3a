/**
 * A kubernetes provider without a cluster: it remembers nothing and refuses nothing, so that engine tests see what
 * the program asks for. It knows which fields only a new object can take, as the real one does. Started by the engine
 * through the launcher that `stub.ts` writes.
 *
 * STUB_LOG: file that gets a line for each change. STUB_FAIL: part of a name whose creation fails.
 */
import { main, type Provider } from "@pulumi/pulumi/provider/index.js";
import { appendFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { detailedDiff, replaceKeys } from "../../../local/kubernetes-provider/diff/detailed-diff.ts";
import { forceNewPaths } from "../../../local/kubernetes-provider/diff/force-new.ts";
import { createMergePatch } from "../../../local/kubernetes-provider/diff/merge-patch.ts";
import { parseToken, typeOfUrn } from "../../../local/kubernetes-provider/kinds/group-version-kind.ts";
import type { JsonObject } from "../../../local/kubernetes-provider/values/property.ts";

type Properties = Record<string, unknown> & { metadata?: { name?: string; namespace?: string } };

function record(operation: string, urn: string): void {
  const log = process.env["STUB_LOG"];
  if (log !== undefined) appendFileSync(log, `${operation} ${urn.split("::").slice(2).join(" ")}\n`);
}

/** As the stack's own provider is configured. */
const mutable = { configMaps: true, secrets: true };

function replacing(urn: string, olds: Properties, news: Properties): string[] {
  const [before, after] = [olds as JsonObject, news as JsonObject];
  const forceNew = forceNewPaths(parseToken(typeOfUrn(urn)), after, mutable);
  return replaceKeys(detailedDiff(createMergePatch(before, after), before, after, forceNew));
}

/** What programs in other languages, which know kinds by their schema alone, need of it. */
const schema = {
  name: "kubernetes",
  version: "4.34.2",
  resources: {
    "kubernetes:core/v1:Namespace": {
      inputProperties: { metadata: { $ref: "pulumi.json#/Any" } },
      properties: { metadata: { $ref: "pulumi.json#/Any" } },
    },
  },
};

const provider: Provider = {
  version: "4.34.2",
  schema: JSON.stringify(schema),
  check: (_urn, _olds, news: Properties) => Promise.resolve({ inputs: news }),
  diff: (_id, urn, olds: Properties, news: Properties) =>
    Promise.resolve({ changes: !isDeepStrictEqual(olds, news), replaces: replacing(urn, olds, news) }),
  create(urn, inputs: Properties) {
    const failing = process.env["STUB_FAIL"];
    if (failing !== undefined && failing !== "" && urn.includes(failing))
      return Promise.reject(new Error(`the API server says no to ${failing}`));
    record("create", urn);
    const { name = "unnamed", namespace = "" } = inputs.metadata ?? {};
    return Promise.resolve({ id: namespace === "" ? name : `${namespace}/${name}`, outs: inputs });
  },
  update(_id, urn, _olds, news: Properties) {
    record("update", urn);
    return Promise.resolve({ outs: news });
  },
  read: (id, _urn, props: Properties) => Promise.resolve({ id, props, inputs: props }),
  delete(_id, urn) {
    record("delete", urn);
    return Promise.resolve();
  },
};

await main(provider, process.argv.slice(2));
