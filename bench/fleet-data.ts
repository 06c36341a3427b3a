/** A fleet of vLLM replicas as a Prometheus scrapes it: the exposition of a real one, once for each, with counters that grow. */
import { parseExposition } from "../test/support/exposition.ts";
import {
  ownMetric,
  startPrometheus,
  type Program,
  type PrometheusProgram,
} from "../test/support/programs.ts";
import { fixture } from "../test/support/vllm-fixtures.ts";
import * as http from "node:http";
import type { AddressInfo } from "node:net";

/** Size of a fleet. */
export interface FleetSize {
  readonly replicas: number;
  /** The replicas are shared out among so many models. */
  readonly models: number;
}

/** What the benchmarks of rules and of storage are about. */
export const LARGE_FLEET: FleetSize = { replicas: 1000, models: 50 };

/** A gauge, or the sum of one's series, as a program tells it of itself. @throws Error where it does not */
export async function told(url: string, name: string): Promise<number> {
  const value = await ownMetric(url, name);
  if (value === undefined) throw new Error(`${url} does not tell its ${name}`);
  return value;
}

export const modelName = (index: number): string => `bench/model-${String(index)}`;

/** The text after so many scrapes: every counter and bucket has grown by its first value with each. */
export function expositionAt(text: string, scrape: number): string {
  if (scrape === 0) return text;
  const growing = new Set<string>();
  for (const { type, samples } of parseExposition(text).values())
    if (type === "counter" || type === "histogram") for (const { name } of samples) growing.add(name);
  const lines = text.split("\n").map((line) => {
    const [, name = "", rest = "", value = ""] = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(.*) (\S+)$/.exec(line) ?? [];
    return growing.has(name) ? `${name}${rest} ${String(Number(value) * (scrape + 1))}` : line;
  });
  return lines.join("\n");
}

/** Series of one replica. */
export const seriesPerReplica = (): number =>
  [...parseExposition(fixture("single", "loaded")).values()].reduce(
    (sum, { samples }) => sum + samples.length,
    0,
  );

/** Answers every scrape with what a replica would expose now. */
async function startReplicas(intervalSeconds: number): Promise<Program> {
  const text = fixture("single", "loaded");
  const begun = Date.now();
  let made = { scrape: -1, body: "" };
  const server = http.createServer((_, response) => {
    const scrape = Math.floor((Date.now() - begun) / 1000 / intervalSeconds);
    if (scrape !== made.scrape) made = { scrape, body: expositionAt(text, scrape) };
    response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
    response.end(made.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  return {
    address,
    url: `http://${address}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What the Prometheus of a fleet has besides. */
export interface FleetOptions {
  /** Sections of its configuration. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly externalLabels?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
}

/** Starts a Prometheus that scrapes such a fleet and evaluates these rules. */
export async function startFleet(
  { replicas, models }: FleetSize,
  intervalSeconds: number,
  rules: string,
  { config = {}, externalLabels = {}, flags = [] }: FleetOptions = {},
): Promise<PrometheusProgram> {
  const server = await startReplicas(intervalSeconds);
  const target = (replica: number) => {
    const model = replica % models;
    return {
      targets: [server.address],
      labels: {
        // One address for all: what tells replicas apart is what a PodMonitor adds.
        __metrics_path__: `/${String(replica)}`,
        instance: `10.0.${String(Math.floor(replica / 250))}.${String(replica % 250)}:8000`,
        namespace: "vllm",
        pod: `model-${String(model)}-${String(replica)}`,
        container: "vllm",
        node: `node-${String(Math.floor(replica / 8))}`,
        model: `model-${String(model)}`,
        served: modelName(model),
        team: `team-${String(model % 10)}`,
        owner: "bench",
      },
    };
  };
  try {
    const prometheus = await startPrometheus(
      {
        global: {
          scrape_interval: `${String(intervalSeconds)}s`,
          evaluation_interval: `${String(intervalSeconds)}s`,
          external_labels: externalLabels,
        },
        ...config,
        rule_files: ["rules.yml"],
        scrape_configs: [
          {
            job_name: "vllm/vllm",
            static_configs: Array.from({ length: replicas }, (_, replica) => target(replica)),
            // The recording is of one model.
            metric_relabel_configs: [
              { source_labels: ["model_name", "served"], regex: ".+;(.+)", target_label: "model_name" },
              { regex: "served", action: "labeldrop" },
            ],
          },
        ],
      },
      { "rules.yml": rules },
      flags,
    );
    return {
      ...prometheus,
      stop: async () => {
        await prometheus.stop();
        await server.stop();
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
