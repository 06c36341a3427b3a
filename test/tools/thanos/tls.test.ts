/** Connections of Thanos' programs with certificates on both ends, by the arguments and files that the component generates. */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import * as path from "node:path";

import { parse, stringify } from "yaml";
import { afterAll, beforeAll, expect, it } from "vitest";

import { TLS_FOLDER } from "../../../components/thanos/tls.ts";
import type { Manifest } from "../../support/manifests.ts";
import { at } from "../../support/mocks.ts";
import { ownMetric, until } from "../../support/programs.ts";
import {
  generate,
  ObjectStore,
  objectStoreFileOf,
  Runner,
  storageArgs,
  workload,
  type RunningProgram,
} from "../../support/thanos.ts";

const SERVER_NAME = "thanos.monitoring.svc";

const store = new ObjectStore();
const runner = new Runner();
let gateway: RunningProgram;

/** CA, certificate and key, as cert-manager's Secret would be mounted. */
function certificates(name: string, serverName = SERVER_NAME): string {
  const folder = path.join(runner.folder, name);
  mkdirSync(folder, { recursive: true });
  const program = path.join(import.meta.dirname, "../../support/certificate/main.go");
  const { status, stderr } = spawnSync("go", ["run", program, folder, serverName], {
    encoding: "utf8",
    env: { ...process.env, GO111MODULE: "off" },
  });
  if (status !== 0) throw new Error(`certificates: ${stderr}`);
  return folder;
}

const manifestsWith = (grpcTls?: { secretName: string; serverName: string }) =>
  generate(storageArgs(store.address, grpcTls === undefined ? {} : { grpcTls }));

/** Query with the generated endpoints file, but for addresses and the folder of the certificates. */
async function startQuery(
  name: string,
  manifests: readonly Manifest[],
  tls: string,
): Promise<RunningProgram> {
  const generated = workload(manifests, "thanos-query");
  const config = manifests.find(
    ({ kind, metadata }) => kind === "ConfigMap" && metadata.name.endsWith("endpoints"),
  );
  const file = parse((at(config, 'data["endpoints.yaml"]') as string).replaceAll(TLS_FOLDER, tls)) as object;
  return await runner.start(
    { ...generated, metadata: { ...generated.metadata, name } },
    {
      replace: {
        [TLS_FOLDER]: tls,
        "/etc/thanos/endpoints/endpoints.yaml": runner.file(
          `${name}-endpoints.yaml`,
          stringify({ ...file, endpoints: [{ address: gateway.grpc }] }),
        ),
      },
    },
  );
}

/** Connections to store gateways that a query has. */
async function connections({ http }: RunningProgram): Promise<number> {
  return (await ownMetric(http, "thanos_store_nodes_grpc_connections")) ?? 0;
}

let own: string;
beforeAll(async () => {
  await store.start();
  own = certificates("certificates");
  const manifests = await manifestsWith({ secretName: "thanos-tls", serverName: SERVER_NAME });
  gateway = await runner.start(workload(manifests, "thanos-store"), {
    objectStore: objectStoreFileOf(manifests),
    replace: { [TLS_FOLDER]: own },
  });
}, 300_000);

afterAll(async () => {
  await runner.stop();
  await store.stop();
}, 120_000);

it("query reaches a store that asks for a certificate, with its own", async () => {
  const query = await startQuery(
    "thanos-query",
    await manifestsWith({ secretName: "thanos-tls", serverName: SERVER_NAME }),
    own,
  );
  await until(60, async () => {
    expect(await connections(query)).toBe(1);
  });
});

it.each<[string, RegExp, () => Promise<RunningProgram>]>([
  [
    "no certificate",
    /update of endpoint failed.*error reading server preface/,
    async () => await startQuery("plain-query", await manifestsWith(), own),
  ],
  [
    "a certificate of another authority",
    /update of endpoint failed.*certificate signed by unknown authority/,
    async () =>
      await startQuery(
        "other-query",
        await manifestsWith({ secretName: "thanos-tls", serverName: SERVER_NAME }),
        certificates("others"),
      ),
  ],
  [
    "another name than the store's",
    /update of endpoint failed.*certificate is valid for thanos.*not prometheus/,
    async () =>
      await startQuery(
        "named-query",
        await manifestsWith({ secretName: "thanos-tls", serverName: "prometheus.monitoring.svc" }),
        own,
      ),
  ],
])("a query with %s does not", async (_, reason, start) => {
  const query = await start();
  await until(60, () => {
    // It has tried, in vain.
    expect(query.process.log).toMatch(reason);
    return Promise.resolve();
  });
  expect(await connections(query)).toBe(0);
});
