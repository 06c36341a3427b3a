/**
 * A kubernetes provider without a cluster: it remembers nothing and refuses nothing, so that engine tests see what
 * the program asks for. Started by the engine through the launcher that `stub.ts` writes.
 *
 * STUB_LOG: file that gets a line for each change. STUB_FAIL: part of a name whose creation fails.
 */
import { main, type Provider } from "@pulumi/pulumi/provider/index.js";
import { appendFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";

type Properties = Record<string, unknown> & { metadata?: { name?: string; namespace?: string } };

function record(operation: string, urn: string): void {
  const log = process.env["STUB_LOG"];
  if (log !== undefined) appendFileSync(log, `${operation} ${urn.split("::").slice(2).join(" ")}\n`);
}

const provider: Provider = {
  version: "4.34.2",
  check: (_urn, _olds, news: Properties) => Promise.resolve({ inputs: news }),
  diff: (_id, _urn, olds: Properties, news: Properties) =>
    Promise.resolve({ changes: !isDeepStrictEqual(olds, news) }),
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
