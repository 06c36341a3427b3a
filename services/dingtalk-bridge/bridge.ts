/** Puts the bridge together: robots, metrics and the HTTP server. */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ConfigError, parseListenAddress } from "./config.ts";
import type { BridgeConfig } from "./config.ts";
import { createInstruments } from "./instruments.ts";
import type { Instruments } from "./instruments.ts";
import { createLog } from "./log.ts";
import type { Log } from "./log.ts";
import { Robot } from "./robot.ts";
import { Redactor } from "./secrets.ts";
import { createBridgeServer } from "./server.ts";

/** A running bridge. */
export interface Bridge {
  /** `http://HOST:PORT` of the listener. */
  readonly url: string;
  readonly instruments: Instruments;
  readonly log: Log;
  /**
   * Stops: answers 503 to what is new, finishes what is under way, then closes. Resolves to false when that took longer than
   * `timeouts.shutdownSeconds` and connections had to be cut. May be called again.
   */
  stop(): Promise<boolean>;
}

export interface BridgeOptions {
  readonly version: string;
  /** Receives log lines, line end included. */
  readonly write: (line: string) => void;
}

/**
 * Starts the bridge.
 *
 * @throws ConfigError when a secret can't be read (all of them are named) or the address can't be listened on
 */
export async function startBridge(config: BridgeConfig, options: BridgeOptions): Promise<Bridge> {
  const redactor = new Redactor();
  const log = createLog(redactor, options.write);
  const names = Object.keys(config.robots);
  const instruments = createInstruments(names, options.version);
  const context = { config, instruments, log, redactor };
  const robots = new Map(
    Object.entries(config.robots).map(([name, robot]) => [name, new Robot(name, robot, context)]),
  );
  const problems = [...robots.values()].flatMap((robot) =>
    robot.checkSecrets().map((problem) => `  robots.${robot.name}: ${problem}`),
  );
  if (problems.length > 0) throw new ConfigError(`Secrets can't be used:\n${problems.join("\n")}`);

  const state = { stopping: false };
  const server = createBridgeServer({ ...context, robots, isStopping: () => state.stopping });
  await listen(server, config.listenAddress);
  const url = serverUrl(server);
  log.info("listening", { url, robots: names, version: options.version });

  const shutDown = async () => {
    state.stopping = true;
    const limit = config.timeouts.shutdownSeconds * 1000;
    log.info("stopping", { limitSeconds: limit / 1000 });
    const graceful = drain(server, [...robots.values()]).then(() => true);
    const clean = await Promise.race([graceful, expire(limit)]);
    if (!clean) server.closeAllConnections();
    log.info("stopped", { clean });
    return clean;
  };
  let stopped: Promise<boolean> | undefined;
  return { url, instruments, log, stop: () => (stopped ??= shutDown()) };
}

/** Robots first, while the listener still tells new requests to come back; then the connections. */
async function drain(server: Server, robots: readonly Robot[]): Promise<void> {
  await Promise.all(robots.map((robot) => robot.stop()));
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeIdleConnections();
  });
}

function expire(milliseconds: number): Promise<false> {
  return new Promise((resolve) => {
    // Unreferenced: it must not keep a bridge alive that has stopped already.
    setTimeout(() => {
      resolve(false);
    }, milliseconds).unref();
  });
}

function listen(server: Server, listenAddress: string): Promise<void> {
  const address = parseListenAddress(listenAddress);
  if (address === undefined) {
    throw new ConfigError(`listenAddress: ${JSON.stringify(listenAddress)}; must be HOST:PORT or :PORT`);
  }
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const remedy = "free that address or give another with --listen-address=HOST:PORT";
      reject(
        new ConfigError(
          `listenAddress: can't listen on ${listenAddress} (${error.code ?? error.name}); ${remedy}`,
        ),
      );
    });
    server.listen(
      { port: address.port, ...(address.host === undefined ? {} : { host: address.host }) },
      resolve,
    );
  });
}

function serverUrl(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === "IPv6" ? `[${address}]` : address}:${String(port)}`;
}
