import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { parseArgs } from "node:util";

import { NodeAgent } from "./agent.ts";
import { connectCluster } from "./cluster.ts";
import { Provisioner } from "./provisioner.ts";
import { parsePublication, ServiceController } from "./services.ts";

const { values } = parseArgs({
  options: {
    kubeconfig: { type: "string" },
    pods: { type: "string" },
    claims: { type: "string" },
    nodes: { type: "string" },
    "certificate-authority": { type: "string" },
    "api-server-port": { type: "string" },
    port: { type: "string" },
    publish: { type: "string", multiple: true },
  },
});

function required(name: keyof typeof values): string {
  const value = values[name];
  if (typeof value !== "string") {
    throw new Error(`--${name} is required`);
  }
  return value;
}

const cluster = connectCluster(required("kubeconfig"));
const services = new ServiceController(cluster, (values.publish ?? []).map(parsePublication));
const agent = new NodeAgent(cluster, services, {
  pods: required("pods"),
  claims: required("claims"),
  nodes: required("nodes"),
  apiServer: { host: "127.0.0.1", port: Number(required("api-server-port")) },
  certificateAuthority: readFileSync(required("certificate-authority"), "utf8"),
});

// A failed report or a lost watch is written down and tried again; it must not take the pods' processes with it.
process.on("unhandledRejection", (error) => {
  console.error("unhandled:", error);
});
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    void agent.stop().finally(() => process.exit(0));
  });
}

new Provisioner(cluster, required("claims"));
await agent.start();
createServer((_, response) => {
  response.end("ok\n");
}).listen(Number(required("port")), "127.0.0.1");
console.log("node agent started");
