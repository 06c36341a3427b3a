import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";

import {
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  PatchStrategy,
  setHeaderOptions,
  type V1Pod,
} from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { dashboards } from "../../dashboards/index.ts";
import { health } from "../../local/cli/health.ts";
import { PrometheusApi, type DroppedTarget } from "../../local/cli/prometheus-api.ts";
import { readBoard } from "../../local/dashboards/data.ts";
import { previewBoard } from "../../local/dashboards/model.ts";
import { supervisorOf } from "../../local/embedded.ts";
import { layout } from "../../local/environment/environment.ts";
import { getJson } from "../../local/environment/http.ts";
import { isReady } from "../../local/node/names.ts";
import { readSignals } from "../../local/signals/read.ts";
import type { Signal } from "../../local/signals/report.ts";
import { signalMarkdown } from "../../local/signals/table.ts";
import { cacheDirectory } from "../../local/toolchain/tools.ts";
import { openSession } from "../../local/cli/session.ts";
import { removePlatform, testPlatform, type CommandResult } from "../support/platform.ts";

const platform = testPlatform("platform");
const { environment } = platform;
const files = layout(environment);
const prometheus = new PrometheusApi(`http://127.0.0.1:${String(environment.ports.prometheus)}`);
const replicas = 4;
const { settings } = openSession("local");
const reports = path.join(cacheDirectory(), "reports");

let first: CommandResult;
let core: CoreV1Api;
let custom: CustomObjectsApi;

/** Whether an alert is about what serves models, not about the machine that it all runs on. */
const isOfFleet = (component = ""): boolean => !["kubernetes", "monitoring"].includes(component);

const look = () => health(files.kubeconfig, prometheus, replicas);

async function eventually<T>(what: string, seconds: number, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined) {
      return answer;
    }
    if (Date.now() > deadline) {
      throw new Error(`${what}: not within ${String(seconds)} s`);
    }
    await sleep(500);
  }
}

beforeAll(async () => {
  await platform.run(["down"]);
  removePlatform(platform);
  first = await platform.run(["up"]);
  const config = new KubeConfig();
  config.loadFromFile(files.kubeconfig);
  core = config.makeApiClient(CoreV1Api);
  custom = config.makeApiClient(CustomObjectsApi);
}, 600_000);

afterAll(async () => {
  await platform.run(["down"]);
  removePlatform(platform);
}, 120_000);

/** Whether a pod runs for good: that of a Job ends. */
const isLasting = ({ metadata }: V1Pod): boolean =>
  (metadata?.ownerReferences ?? []).every(({ kind }) => kind !== "Job");

async function podsOf(namespace: string, prefix = ""): Promise<V1Pod[]> {
  const { items } = await core.listNamespacedPod({ namespace });
  return items.filter((pod) => isLasting(pod) && pod.metadata?.name?.startsWith(prefix) === true);
}

describe("make up", () => {
  it("brings everything up and says where to look", () => {
    expect(first.output).toContain("healthy: every pod is ready, every target is up, no rule fails");
    expect(first.output).toContain(prometheus.url);
    expect(first.code).toBe(0);
  });

  it("changes nothing the second time", async () => {
    const second = await platform.run(["up"]);
    expect(second.output).toContain("pulumi up: 0 changes");
    expect(second.code).toBe(0);
  });

  it("keeps no secret in clear in the engine's state", () => {
    const secrets = readdirSync(files.secrets).map((name) =>
      readFileSync(path.join(files.secrets, name), "utf8").trim(),
    );
    const state = readdirSync(files.pulumi, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), "utf8"))
      .join("\n");
    expect(secrets.length).toBeGreaterThanOrEqual(3);
    const shown = [...secrets, ...secrets.map((secret) => Buffer.from(secret).toString("base64"))];
    expect(shown.filter((secret) => state.includes(secret) || first.output.includes(secret))).toEqual([]);
  });
});

it("the volume that replicas share is filled before the first of them starts", async () => {
  const [job] = (await core.listNamespacedPod({ namespace: "vllm" })).items.filter((pod) => !isLasting(pod));
  expect(job?.status?.phase).toBe("Succeeded");
  const [replica] = await podsOf("vllm", "mistral-7b-lora");
  const ended = job?.status?.containerStatuses?.[0]?.state?.terminated?.finishedAt?.getTime();
  expect(replica?.metadata?.creationTimestamp?.getTime()).toBeGreaterThanOrEqual(ended ?? Infinity);
  const [filled] = readdirSync(path.join(environment.directory, "claims"), {
    recursive: true,
    encoding: "utf8",
  }).filter((file) => file.endsWith("config.json"));
  expect(filled).toContain("mistralai/Mistral-7B-Instruct-v0.3/0000000000000000000000000000000000000a03");
});

describe("Prometheus", () => {
  it("scrapes every vLLM replica", async () => {
    const pods = (await podsOf("vllm")).map((pod) => pod.metadata?.name);
    const up = (await prometheus.targets()).activeTargets.filter(
      ({ labels, health: state }) => labels["namespace"] === "vllm" && state === "up",
    );
    expect(pods).toHaveLength(replicas);
    expect(up.map(({ labels }) => labels["pod"]).sort()).toEqual(pods.sort());
  });

  it("scrapes node-exporter on every node, and what kube-state-metrics tells of the cluster and of itself", async () => {
    const nodes = (await core.listNode()).items.map((node) => node.metadata?.name);
    const up = (await prometheus.targets()).activeTargets.filter(({ health: state }) => state === "up");
    const of = (job: string) => up.filter(({ labels }) => labels["job"] === job);
    expect(
      of("node-exporter")
        .map(({ labels }) => labels["node"])
        .sort(),
    ).toEqual(nodes.sort());
    expect(of("kube-state-metrics")).toHaveLength(2);
    // What they tell is the cluster's own: the same nodes, from the API server.
    const told = await prometheus.query("count by (node) (kube_node_info)");
    expect(told.map(({ metric }) => metric["node"]).sort()).toEqual(nodes.sort());
  });

  it("reports neither a target that is down nor a rule or configuration that fails", async () => {
    expect((await look()).problems).toEqual([]);
    const [reload] = await prometheus.query("min(prometheus_config_last_reload_successful)");
    expect(reload?.value[1]).toBe("1");
    const failures = await prometheus.query(
      "sum(increase(prometheus_rule_evaluation_failures_total[5m])) > 0",
    );
    expect(failures).toEqual([]);
  });

  it("drops no target without a reason that the stack gives", async () => {
    const { droppedTargets } = await prometheus.targets();
    const monitors = await podMonitors();
    const unexplained = droppedTargets.filter((target) => dropReason(target, monitors) === undefined);
    expect(unexplained.map(({ discoveredLabels }) => discoveredLabels["__meta_kubernetes_pod_name"])).toEqual(
      [],
    );
  });

  it("reads what the operator generated, with nothing changed but paths and names", async () => {
    const [pod] = await podsOf("monitoring", "prometheus-");
    const directory =
      readdirSync(files.pods).find((name) => name.endsWith(pod?.metadata?.uid ?? "none")) ?? "";
    const root = path.join(files.pods, directory);
    const secretName = pod?.spec?.volumes?.find(({ name }) => name === "config")?.secret?.secretName ?? "";
    const secret = await core.readNamespacedSecret({ name: secretName, namespace: "monitoring" });
    const generated = gunzipSync(Buffer.from(secret.data?.["prometheus.yaml.gz"] ?? "", "base64")).toString();
    const expanded = generated
      .replaceAll("$(POD_NAME)", pod?.metadata?.name ?? "")
      .replaceAll("$(SHARD)", "0");
    const read = readFileSync(path.join(root, "volumes", "config-out", "prometheus.env.yaml"), "utf8");
    expect(withoutPlaces(read, pod, root)).toBe(withoutPlaces(expanded, pod, root));
    expect(read).toContain("rule_files");
  });
});

/** Puts the mount paths and Service names back that the node agent replaced. */
function withoutPlaces(text: string, pod: V1Pod | undefined, root: string): string {
  let result = text;
  for (const container of [...(pod?.spec?.containers ?? []), ...(pod?.spec?.initContainers ?? [])]) {
    for (const mount of container.volumeMounts ?? []) {
      const claim = pod?.spec?.volumes?.find(({ name }) => name === mount.name)?.persistentVolumeClaim
        ?.claimName;
      const host =
        claim === undefined
          ? path.join(root, "volumes", mount.name, mount.subPath ?? "")
          : path.join(environment.directory, "claims", `monitoring_${claim}`, mount.subPath ?? "");
      result = result.replaceAll(host.replace(/\/$/, ""), mount.mountPath);
    }
  }
  return result;
}

interface PodMonitor {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly selector: { readonly matchLabels?: Readonly<Record<string, string>> };
    readonly podMetricsEndpoints: readonly { readonly port?: string }[];
  };
}

async function podMonitors(): Promise<readonly PodMonitor[]> {
  const list = (await custom.listCustomObjectForAllNamespaces({
    group: "monitoring.coreos.com",
    version: "v1",
    resourcePlural: "podmonitors",
  })) as { items: PodMonitor[] };
  return list.items;
}

const labelName = (name: string): string =>
  `__meta_kubernetes_pod_label_${name.replaceAll(/[^a-zA-Z0-9_]/g, "_")}`;

/** Why a PodMonitor's job does not want a pod's port: another pod, another port, or a pod that has ended. */
function dropReason(
  { discoveredLabels }: DroppedTarget,
  monitors: readonly PodMonitor[],
): string | undefined {
  const [kind, namespace, name, endpoint] = (discoveredLabels["job"] ?? "").split("/");
  const monitor = monitors.find(
    ({ metadata }) => kind === "podMonitor" && metadata.namespace === namespace && metadata.name === name,
  );
  if (monitor === undefined) {
    // Discovery of Alertmanager, and nothing else, is not a PodMonitor's.
    return undefined;
  }
  const selector = Object.entries(monitor.spec.selector.matchLabels ?? {});
  if (selector.some(([label, value]) => discoveredLabels[labelName(label)] !== value)) {
    return "another pod";
  }
  const port = monitor.spec.podMetricsEndpoints[Number(endpoint)]?.port;
  if (port !== undefined && discoveredLabels["__meta_kubernetes_pod_container_port_name"] !== port) {
    return "another port";
  }
  return ["Succeeded", "Failed"].includes(discoveredLabels["__meta_kubernetes_pod_phase"] ?? "")
    ? "ended"
    : undefined;
}

describe("the rules", () => {
  it("say something, or why not, and nothing of a healthy fleet", async () => {
    let last: Signal[] = [];
    const wrong = () =>
      last.filter(
        ({ rule, state }) =>
          state === "empty" ||
          (state === "data" && rule.type === "alerting" && isOfFleet(rule.labels?.["component"])),
      );
    await eventually("every rule has data", 300, async () => {
      last = await readSignals(prometheus, settings);
      return wrong().length === 0 ? true : undefined;
    }).catch(() => undefined);
    expect(wrong().map(({ rule, state, reason }) => `${rule.name} ${state} ${reason}`)).toEqual([]);
    expect(last.filter(({ state }) => state === "data").length).toBeGreaterThan(100);
  }, 330_000);
});

describe("an alert", () => {
  interface RobotMessage {
    readonly receivedAt?: string;
    readonly [key: string]: unknown;
  }
  const messages = async (): Promise<readonly RobotMessage[]> =>
    await getJson(`http://127.0.0.1:${String(environment.ports.fakeRobot)}/messages`);
  const holding = (all: readonly RobotMessage[], ...words: string[]): RobotMessage | undefined =>
    all.find((message) => words.every((word) => JSON.stringify(message).includes(word)));

  it("reaches the robot when a queue grows, and its end does too", async () => {
    await platform.run(["scenario", "--name=stuck", "--model=mistral-7b-lora"]);
    const ramp = await platform.run(["scenario", "--name=ramp", "--model=llama-8b"]);
    expect(ramp.output).toContain("ramp");
    const over = await eventually("more than 100 requests wait", 180, async () => {
      const [sample] = await prometheus.query(
        'max by (pod) (max_over_time(vllm:num_requests_waiting{namespace="vllm"}[1m])) > 100',
      );
      return sample === undefined ? undefined : Date.now();
    });
    // `for` is 2 minutes; 60 s more for scrape, evaluation, grouping and delivery.
    await eventually("the firing message", 120 + 60 - (Date.now() - over) / 1000, async () =>
      holding(await messages(), "HighWaitingRequests", "FIRING"),
    );
    expect((await prometheus.alerts()).map(({ labels }) => labels["alertname"])).toContain(
      "HighWaitingRequests",
    );
    await platform.run(["scenario", "--name=steady", "--model=llama-8b"]);
    await eventually("the message of the end", 420, async () =>
      holding(await messages(), "HighWaitingRequests", "RESOLVED"),
    );
  }, 900_000);

  it("reaches the robot when a GPU breaks, with the model that it holds and the team to tell", async () => {
    const broken = await platform.run(["scenario", "--name=gpu-xid", "--model=qwen-7b-awq"]);
    expect(broken.output).toContain("vllm/qwen-7b-awq-");
    const words = ["GpuXidCritical", "FIRING", "XID 79", "team: search", "Qwen/Qwen2.5-7B-Instruct-AWQ"];
    await eventually("the firing message", 90, async () => holding(await messages(), ...words));
    const mended = await platform.run(["scenario", "--name=gpu-healthy", "--model=qwen-7b-awq"]);
    expect(mended.code).toBe(0);
  }, 120_000);
});

it("the readiness of a pod is given back after the node's heartbeat was late", async () => {
  const [pod] = await podsOf("monitoring", "prometheus-");
  const { name = "", namespace = "" } = pod?.metadata ?? {};
  // What the node lifecycle controller does to all pods of such a node.
  const body = { status: { conditions: [{ type: "Ready", status: "False", reason: "NodeNotReady" }] } };
  const options = setHeaderOptions("Content-Type", PatchStrategy.StrategicMergePatch);
  const taken = await core.patchNamespacedPodStatus({ name, namespace, body }, options);
  expect(isReady(taken)).toBe(false);
  await eventually("the pod is ready again", 60, async () =>
    isReady(await core.readNamespacedPod({ name, namespace })) ? true : undefined,
  );
});

/**
 * What the environment has not: products and features that are off, and what happens elsewhere or later only. The panels of
 * the gateway are shown to have data where one runs (test/tools/gateway), that of uploads too (test/tools/thanos).
 */
const ABSENT = new RegExp(
  [
    "LiteLLM|Ray Serve|NVLink|and an upload|an interface besides the loopback one",
    "speculative decoding|multimodal|tool call parser|KV connector|NIXL connector|offloading|sleep mode",
    "--kv-cache-metrics|--enable-mfu-metrics|VLLM_COMPUTE_NANS_IN_LOGITS|--max-num-queued-reqs",
    "a reconciliation in the window",
  ].join("|"),
);

describe("the dashboards", () => {
  it("have no panel that is empty, but those whose condition is off, which say so", async () => {
    const boards = dashboards({ refresh: "15s", scrapeInterval: "5s" }).map(({ dashboard }) =>
      previewBoard(dashboard),
    );
    // Rates need samples of a minute; capacity is recorded every five, so the platform may be too young at first.
    const troubles = async () => {
      const end = Math.floor(Date.now() / 1000);
      const options = { url: prometheus.url, end, range: 600, scrapeInterval: 5 };
      const results = [];
      for (const board of boards) results.push(await readBoard(board, options));
      return results.flatMap(({ board, sections }) =>
        sections.flatMap(({ panels }) =>
          panels
            .filter(({ state, reason }) => state !== "drawn" && !(state === "off" && ABSENT.test(reason)))
            .map(({ panel, reason }) => `${board.title}: ${panel.title}: ${reason}`),
        ),
      );
    };
    let last: string[] = [];
    await eventually("every panel has data or says why not", 240, async () => {
      last = await troubles();
      return last.length === 0 ? true : undefined;
    }).catch(() => undefined);
    expect(last).toEqual([]);
  }, 300_000);
});

it("Thanos answers through the query-frontend, with what the sidecar of Prometheus tells", async () => {
  const service = await core.readNamespacedService({
    name: "thanos-query-frontend",
    namespace: "monitoring",
  });
  const { clusterIP = "", ports = [] } = service.spec ?? {};
  const thanos = new PrometheusApi(
    `http://${clusterIP}:${String(ports.find(({ name }) => name === "http")?.port)}`,
  );
  const [all] = await thanos.query("sum(model:vllm_replicas:count)");
  expect(all?.value[1]).toBe(String(replicas));
  const [series] = await thanos.query("model:vllm_replicas:count");
  expect(series?.metric["cluster"]).toBe("local");
  expect(series?.metric).not.toHaveProperty("prometheus_replica");
});

describe("an alert's expression", () => {
  it("holds for an engine that computes nothing, and for no other", async () => {
    const stuck = (await prometheus.rules()).find(({ name }) => name === "EngineStuck")?.query ?? "";
    // Its rates are those of five minutes.
    const series = await eventually("the engine is known to be stuck", 360, async () => {
      const found = await prometheus.query(stuck);
      return found.length > 0 ? found : undefined;
    });
    expect(series.map(({ metric }) => metric["model_name"])).toEqual(["mistralai/Mistral-7B-Instruct-v0.3"]);
    await platform.run(["scenario", "--name=steady", "--model=mistral-7b-lora"]);
  }, 400_000);

  it("has fired for nothing else of the fleet", async () => {
    const fired = await prometheus.query(
      'count by (alertname, component) (max_over_time(ALERTS{alertstate="firing"}[1h]))',
    );
    const names = fired
      .filter(({ metric }) => isOfFleet(metric["component"]))
      .map(({ metric }) => metric["alertname"] ?? "");
    expect(names).toContain("HighWaitingRequests");
    // A queue of minutes burns the budgets of latency.
    // The GPU of a stuck engine does nothing while its requests wait.
    const expected = [
      "HighWaitingRequests",
      "SloErrorBudgetBurn",
      "EngineStuck",
      "GpuXidCritical",
      "GpuIdleWhileRequestsWait",
    ];
    expect(names.filter((name) => !expected.includes(name))).toEqual([]);
  });

  it("lacks nothing that needs minutes once they are over", async () => {
    let last: Signal[] = [];
    await eventually("every rule has data", 300, async () => {
      last = await readSignals(prometheus, settings);
      const missing = last.filter(({ state, reason }) => state === "empty" || reason.includes("younger"));
      return missing.length === 0 ? true : undefined;
    }).catch(() => undefined);
    mkdirSync(reports, { recursive: true });
    writeFileSync(path.join(reports, "signals.md"), signalMarkdown(last));
    expect(last.filter(({ state }) => state === "empty").map(({ rule }) => rule.name)).toEqual([]);
    expect(last.filter(({ reason }) => reason.includes("younger"))).toEqual([]);
  }, 330_000);
});

describe("a process that is killed", () => {
  it("is started again by the next make up, whichever it was", async () => {
    const supervisor = supervisorOf(environment);
    for (const name of supervisor.names()) {
      const pid = supervisor.recorded(name)?.pid;
      expect(pid, name).toBeGreaterThan(1);
      process.kill(pid ?? 0, "SIGKILL");
      await eventually(`${name} is gone`, 10, () =>
        Promise.resolve(supervisor.isRunning(name) ? undefined : true),
      );
      const again = await platform.run(["up"]);
      expect(again.output, name).toContain("healthy: every pod is ready");
      expect(again.code, name).toBe(0);
    }
  }, 900_000);

  it("is started again by the node agent when it belongs to a pod", async () => {
    const identities = readdirSync(files.pods, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".process.json"),
    );
    expect(identities.length).toBeGreaterThan(8);
    for (const file of identities) {
      const { pid } = JSON.parse(readFileSync(path.join(files.pods, file), "utf8")) as { pid: number };
      process.kill(pid, "SIGKILL");
    }
    await eventually("all pods are ready again", 120, async () => {
      const pods = (await core.listPodForAllNamespaces()).items.filter(isLasting);
      const restarted = pods.every((pod) =>
        (pod.status?.containerStatuses ?? []).some(({ restartCount }) => restartCount > 0),
      );
      return restarted && pods.every(isReady) ? true : undefined;
    });
    expect((await platform.run(["up"])).code).toBe(0);
  }, 300_000);
});

describe("make down and make destroy", () => {
  it("stop everything and keep the state, then remove everything", async () => {
    expect((await platform.run(["down"])).code).toBe(0);
    expect(supervisorOf(environment).names()).toEqual([]);
    expect((await platform.run(["status"])).output).toContain("not up");
    const up = await platform.run(["up"]);
    expect(up.output).toContain("pulumi up: 0 changes");
    const destroyed = await platform.run(["destroy"]);
    expect(destroyed.output).toContain("destroyed: no process and no state is left");
    expect(destroyed.code).toBe(0);
  }, 600_000);
});
