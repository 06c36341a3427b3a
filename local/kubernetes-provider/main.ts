/**
 * The executable plugin. The engine starts it with its own address as the last argument and reads the port to connect to
 * from the first line of standard output. Without an address it waits for an engine to attach:
 *
 *     node local/kubernetes-provider/main.ts     # prints a port
 *     PULUMI_DEBUG_PROVIDERS=kubernetes:PORT pulumi preview
 */

import { EngineHost, silentHost } from "./host.ts";
import { startServer } from "./server.ts";

/** How often the plugin looks whether its engine still lives, in milliseconds. */
const healthCheckMs = 15_000;

/** The engine's address: the only argument that isn't a flag or a flag's value. */
function engineAddress(args: readonly string[]): string | undefined {
  return args.findLast((arg) => /^[^-\s]\S*:\d+$/.test(arg));
}

const address = engineAddress(process.argv.slice(2));
const host = address === undefined ? undefined : new EngineHost(address);
const server = await startServer(host ?? silentHost);
console.log(server.port);

async function stop(): Promise<void> {
  await server.stop();
  host?.close();
  process.exit(0);
}

// The engine cancels by its protocol; an interrupt is how it ends a plugin that has no more to do.
process.once("SIGINT", () => void stop());
process.once("SIGTERM", () => void stop());

if (host !== undefined) {
  let missed = 0;
  setInterval(() => {
    void host.isAlive(5000).then((alive) => {
      missed = alive ? 0 : missed + 1;
      if (missed >= 2) {
        void stop();
      }
    });
  }, healthCheckMs).unref();
}
