/** Stands for NVIDIA's DCGM exporter on a simulated GPU node: its flags, its variables, its exposition. */
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { parseArgs } from "node:util";

import type { DeviceReport } from "../vllm-simulator/engine/device.ts";
import { parseFaultChange } from "./control.ts";
import { CountersError, parseCounters } from "./counters.ts";
import { Exporter } from "./exporter.ts";
import { faults } from "./gpu.ts";
import { readInventory } from "./inventory.ts";

const { values } = parseArgs({
  options: { collectors: { type: "string", short: "f", default: "/etc/dcgm-exporter/default-counters.csv" } },
});

/** Milliseconds of a variable. */
function milliseconds(name: string, byDefault: number): number {
  const text = process.env[name];
  const value = text === undefined || text === "" ? byDefault : Number(text);
  if (!(value >= 1)) throw new CountersError(`${name}: "${text ?? ""}" is not a number of milliseconds`);
  return value;
}

/** Milliseconds for which an engine may let the exporter wait. */
const REPORT_TIMEOUT = 1000;

async function report(address: string): Promise<DeviceReport | undefined> {
  const answer = await fetch(`http://${address}/simulator/device`, {
    signal: AbortSignal.timeout(REPORT_TIMEOUT),
  });
  return answer.ok ? ((await answer.json()) as DeviceReport) : undefined;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function answer(response: ServerResponse, status: number, body: string, type = "text/plain; charset=utf-8") {
  response.writeHead(status, { "content-type": type });
  response.end(body);
}

function start(): void {
  const interval = milliseconds("DCGM_EXPORTER_INTERVAL", 30_000);
  const folder = process.env["DCGM_SIMULATOR_POD_RESOURCES"] ?? "/var/lib/kubelet/pod-resources";
  const exporter = new Exporter({
    node: process.env["NODE_NAME"] ?? "",
    counters: parseCounters(readFileSync(values.collectors, "utf8")),
    xidWindow: milliseconds("DCGM_EXPORTER_XID_COUNT_WINDOW_SIZE", 300_000) / 1000,
    clockWindow: milliseconds("DCGM_EXPORTER_CLOCK_EVENTS_COUNT_WINDOW_SIZE", 300_000) / 1000,
    inventory: () => readInventory(folder),
    report,
    now: () => performance.now() / 1000,
  });
  const sample = (): void => {
    exporter.sample().catch((error: unknown) => {
      console.error("sample:", error);
    });
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    switch (`${request.method ?? ""} ${(request.url ?? "").replace(/[?#].*$/, "")}`) {
      case "GET /health":
        answer(response, exporter.ready ? 200 : 503, exporter.ready ? "OK\n" : "no sample yet\n");
        break;
      case "GET /metrics":
        answer(response, 200, await exporter.exposition(), "text/plain; version=0.0.4; charset=utf-8");
        break;
      case "GET /simulator/gpus":
        answer(response, 200, JSON.stringify({ gpus: exporter.summaries(), faults }), "application/json");
        break;
      case "POST /simulator/fault": {
        const { uuid, fault, xid } = parseFaultChange(await bodyOf(request));
        const found = exporter.setFault(uuid, fault, xid);
        answer(response, found ? 200 : 404, found ? "ok\n" : `uuid: no GPU ${uuid} here\n`);
        break;
      }
      default:
        answer(response, 404, "not found\n");
    }
  };
  const [host, port] = (process.env["DCGM_EXPORTER_LISTEN"] ?? ":9400").split(/:(?=\d+$)/);
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      answer(response, 400, `${error instanceof Error ? error.message : String(error)}\n`);
    });
  });
  server.listen(Number(port), host === "" ? "0.0.0.0" : host);
  sample();
  const timer = setInterval(sample, interval);
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.once(signal, () => {
      clearInterval(timer);
      server.close();
      server.closeAllConnections();
    });
}

try {
  start();
} catch (error) {
  if (!(error instanceof CountersError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
