/** One view over two environments: each with its own Prometheus replicas and query, one of which asks the other's as well. */
import * as path from "node:path";

import { stringify } from "yaml";
import { afterAll, beforeAll, expect, it } from "vitest";

import { freePort, get, serveExpositions, until, type Program } from "../../support/programs.ts";
import {
  endpointsOf,
  generate,
  Process,
  Runner,
  storageArgs,
  workload,
  type RunningProgram,
} from "../../support/thanos.ts";

const HOST = "127.0.0.1";
/** Requests that each environment's target has counted. */
const counted = { eu: 3, us: 5 } as const;
type Cluster = keyof typeof counted;

const runner = new Runner();
const targets: Program[] = [];
let us: RunningProgram;
let eu: RunningProgram;

/** A replica with its sidecar, which uploads nothing here. @returns the sidecar's gRPC address */
async function startReplica(cluster: Cluster, replica: string, target: Program): Promise<string> {
  const name = `${cluster}-${replica}`;
  const [port, http, grpc] = [await freePort(), await freePort(), await freePort()];
  const config = runner.file(
    `${name}.yml`,
    stringify({
      global: {
        scrape_interval: "1s",
        external_labels: { cluster, prometheus_replica: replica },
      },
      scrape_configs: [{ job_name: "target", static_configs: [{ targets: [target.address] }] }],
    }),
  );
  const data = path.join(runner.folder, name);
  runner.track(
    new Process("prometheus", [
      `--config.file=${config}`,
      `--storage.tsdb.path=${data}`,
      `--web.listen-address=${HOST}:${String(port)}`,
    ]),
  );
  await until(90, () => get(`http://${HOST}:${String(port)}/-/ready`));
  runner.track(
    new Process("thanos", [
      "sidecar",
      `--prometheus.url=http://${HOST}:${String(port)}`,
      `--tsdb.path=${data}`,
      `--http-address=${HOST}:${String(http)}`,
      `--grpc-address=${HOST}:${String(grpc)}`,
    ]),
  );
  await until(90, () => get(`http://${HOST}:${String(http)}/-/ready`));
  return `${HOST}:${String(grpc)}`;
}

/** The query of an environment, as the component generates it; what it is told of other clusters comes first. */
async function startQuery(
  cluster: Cluster,
  other?: { cluster: Cluster; grpc: string },
): Promise<RunningProgram> {
  const target = await serveExpositions({ "/metrics": `demo_requests_total ${String(counted[cluster])}\n` });
  targets.push(target);
  const sidecars = [await startReplica(cluster, "a", target), await startReplica(cluster, "b", target)];
  const manifests = await generate(
    storageArgs("127.0.0.1:1", {
      externalLabels: { cluster },
      ...(other === undefined ? {} : { clusters: [{ cluster: other.cluster, address: other.grpc }] }),
    }),
  );
  // The generated file names Services for what is its own; the other cluster's query stands in it as it is.
  const others = endpointsOf(manifests).filter((address) => !address.startsWith("dnssrv+"));
  expect(others).toEqual(other === undefined ? [] : [other.grpc]);
  // Two queries of the same generated name: the folder of its data is the environment's.
  const generated = workload(manifests, "thanos-query");
  return await runner.start(
    { ...generated, metadata: { ...generated.metadata, name: `${cluster}-query` } },
    { endpoints: [...sidecars, ...others] },
  );
}

interface Answer {
  readonly data: {
    readonly result: { readonly metric: Record<string, string>; readonly value: [number, string] }[];
  };
  readonly warnings?: string[];
}

async function ask(query: RunningProgram, expression: string): Promise<Answer> {
  const search = new URLSearchParams({ query: expression });
  return JSON.parse(await get(`${query.http}/api/v1/query?${search.toString()}`)) as Answer;
}

/** Values by cluster. */
const byCluster = ({ data }: Answer): Record<string, number> =>
  Object.fromEntries(
    data.result.map(({ metric, value }) => [metric["cluster"] ?? "", Number(value[1])] as const),
  );

beforeAll(async () => {
  us = await startQuery("us");
  eu = await startQuery("eu", { cluster: "us", grpc: us.grpc });
}, 300_000);

afterAll(async () => {
  await runner.stop();
  for (const target of targets) await target.stop();
}, 120_000);

it("one query answers for both environments, and each series keeps its cluster, once", async () => {
  await until(60, async () => {
    const { data } = await ask(eu, "demo_requests_total");
    expect(data.result.map(({ metric }) => metric["cluster"]).sort()).toEqual(["eu", "us"]);
  });
  const { data, warnings } = await ask(eu, "demo_requests_total");
  expect(warnings).toBeUndefined();
  for (const { metric } of data.result) expect(metric).not.toHaveProperty("prometheus_replica");
  expect(byCluster(await ask(eu, "sum by (cluster) (demo_requests_total)"))).toEqual(counted);
  const [all] = (await ask(eu, "sum(demo_requests_total)")).data.result;
  expect(all?.value[1]).toBe(String(counted.eu + counted.us));
});

it("the environment that was not told of the other one sees its own only", async () => {
  expect(byCluster(await ask(us, "sum by (cluster) (demo_requests_total)"))).toEqual({ us: counted.us });
});

it("an environment that is away takes nothing from the other", async () => {
  await us.process.stop("SIGKILL");
  const expression = "sum by (cluster) (demo_requests_total)";
  await until(30, async () => {
    expect(byCluster(await ask(eu, expression))).toEqual({ eu: counted.eu });
  });
});
