import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";

import { monitoringCrds } from "../../../components/crds/manifests.ts";
import { bucketBounds, type Catalogue, type MetricFamily } from "../../../metrics/family.ts";
import {
  alertmanager,
  configReloader,
  prometheus,
  prometheusOperator,
} from "../../../metrics/monitoring/index.ts";
import { startApiServer, type ApiServer } from "../../support/api-server.ts";
import { Applier } from "../../support/apply.ts";
import { get, startProgram, startPrometheus, until, type Program } from "../../support/programs.ts";

// The catalogue against what the real programs say of themselves.

interface Exposed {
  type: string;
  help: string;
  /** Label names of each sample, le and quantile aside. */
  labels: string[][];
  bounds: Set<number>;
  quantiles: Set<number>;
}

/** Reads the text format, without regard to whether a histogram is native. */
function read(text: string): Map<string, Exposed> {
  const families = new Map<string, Exposed>();
  let help = "";
  let current: Exposed | undefined;
  for (const line of text.split("\n")) {
    const [, kind, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) ?(.*)$/.exec(line) ?? [];
    if (kind === "HELP") help = rest;
    else if (kind === "TYPE") {
      current = { type: rest, help, labels: [], bounds: new Set(), quantiles: new Set() };
      families.set(name, current);
    } else if (line !== "" && current !== undefined) {
      const labels = [...line.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)];
      for (const [, label, value] of labels) {
        if (label === "le" && value !== "+Inf") current.bounds.add(Number(value));
        if (label === "quantile") current.quantiles.add(Number(value));
      }
      const names = labels.map(([, label = ""]) => label);
      current.labels.push(names.filter((label) => label !== "le" && label !== "quantile").sort());
    }
  }
  return families;
}

/** Families that have no sample, or don't exist, before something happens that a test can't bring about. */
const silent = new Set([
  "prometheus_remote_storage_samples_dropped_total",
  "alertmanager_oversized_gossip_message_dropped_total",
]);

function compare(catalogue: Catalogue, exposed: ReadonlyMap<string, Exposed>): void {
  for (const family of Object.values<MetricFamily>(catalogue)) {
    const real = exposed.get(family.name);
    if (real === undefined && silent.has(family.name)) continue;
    expect(real, family.name).toBeDefined();
    if (real === undefined) continue;
    expect({ name: family.name, type: family.type, help: family.help }).toEqual({
      name: family.name,
      type: real.type,
      help: real.help,
    });
    for (const labels of real.labels) expect(labels, family.name).toEqual([...family.labels].sort());
    if (real.labels.length === 0) continue;
    if (family.type === "histogram") {
      expect(
        [...real.bounds].sort((a, b) => a - b),
        family.name,
      ).toEqual(bucketBounds(family));
    }
    if (family.type === "summary") {
      expect(
        [...real.quantiles].sort((a, b) => a - b),
        family.name,
      ).toEqual(family.quantiles ?? []);
    }
  }
}

describe("Prometheus, Alertmanager and the reloader", () => {
  const running: Program[] = [];
  let server: Program;
  let notifier: Program;

  beforeAll(async () => {
    notifier = await startProgram(
      "alertmanager",
      (port, folder) => [
        `--config.file=${folder}/alertmanager.yml`,
        `--storage.path=${folder}/data`,
        `--web.listen-address=127.0.0.1:${String(port)}`,
        "--cluster.listen-address=127.0.0.1:0",
      ],
      {
        files: {
          "alertmanager.yml": stringify({
            route: { receiver: "nowhere", group_wait: "1s" },
            receivers: [{ name: "nowhere", webhook_configs: [{ url: "http://127.0.0.1:1/" }] }],
          }),
        },
      },
    );
    running.push(notifier);
    const rules = {
      groups: [
        {
          name: "g",
          interval: "1s",
          rules: [{ alert: "Always", expr: "vector(1)", labels: { severity: "none" } }],
        },
      ],
    };
    server = await startPrometheus(
      {
        global: { scrape_interval: "1s", evaluation_interval: "1s" },
        rule_files: ["rules.yml"],
        alerting: { alertmanagers: [{ static_configs: [{ targets: [notifier.address] }] }] },
        remote_write: [{ url: "http://127.0.0.1:1/", name: "nowhere" }],
        scrape_configs: [{ job_name: "am", static_configs: [{ targets: [notifier.address] }] }],
      },
      { "rules.yml": stringify(rules) },
    );
    running.push(server);
    // Rules were evaluated, alerts sent, samples tried to be sent, targets scraped twice.
    await until(120, async () => {
      const text = await get(`${server.url}/metrics`);
      expect(text).toMatch(/prometheus_notifications_sent_total\{.*\} [1-9]/);
      expect(text).toMatch(/prometheus_remote_storage_samples_retried_total\{.*\} [1-9]/);
      expect(text).toMatch(/prometheus_target_interval_length_seconds_count\{.*\} [1-9]/);
      expect(await get(`${notifier.url}/metrics`)).toMatch(
        /alertmanager_notification_requests_failed_total\{integration="webhook"\} [1-9]/,
      );
    });
  });

  afterAll(async () => {
    for (const program of running) await program.stop();
  });

  it("Prometheus exposes its families", async () => {
    compare(prometheus, read(await get(`${server.url}/metrics`)));
  });

  it("Alertmanager exposes its families", async () => {
    compare(alertmanager, read(await get(`${notifier.url}/metrics`)));
  });

  it("the reloader exposes its families", async () => {
    const reloader = await startProgram(
      "prometheus-config-reloader",
      (port, folder) => [
        `--config-file=${folder}/in.yml`,
        `--config-envsubst-file=${folder}/out.yml`,
        `--reload-url=${server.url}/-/reload`,
        `--listen-address=127.0.0.1:${String(port)}`,
      ],
      { files: { "in.yml": "a: 1\n" }, readyPath: "/metrics" },
    );
    try {
      compare(configReloader, read(await get(`${reloader.url}/metrics`)));
    } finally {
      await reloader.stop();
    }
  });
});

describe("the operator", () => {
  let cluster: ApiServer;
  let operator: Program;

  beforeAll(async () => {
    cluster = await startApiServer();
    await new Applier(cluster).applyCrds(monitoringCrds());
    operator = await startProgram(
      "prometheus-operator",
      (port) => [`--web.listen-address=127.0.0.1:${String(port)}`, "--kubelet-service=kube-system/kubelet"],
      { readyPath: "/healthz", env: { KUBECONFIG: cluster.kubeconfigPath } },
    );
  });

  afterAll(async () => {
    await (operator as Program | undefined)?.stop();
    await (cluster as ApiServer | undefined)?.stop();
  });

  it("exposes its families", async () => {
    const object = (name: string, kind: string, spec: unknown): unknown => ({
      apiVersion: "monitoring.coreos.com/v1",
      kind,
      metadata: { name, namespace: "default" },
      spec,
    });
    const base = "/apis/monitoring.coreos.com/v1/namespaces/default";
    await cluster.request(
      "POST",
      `${base}/prometheuses`,
      object("p", "Prometheus", { replicas: 1, podMonitorSelector: {} }),
    );
    await cluster.request(
      "POST",
      `${base}/podmonitors`,
      object("m", "PodMonitor", { selector: {}, podMetricsEndpoints: [{ port: "http" }] }),
    );
    await until(120, async () => {
      const exposed = read(await get(`${operator.url}/metrics`));
      for (const name of [
        "prometheus_operator_syncs",
        "prometheus_operator_managed_resources",
        "prometheus_operator_reconcile_duration_seconds",
      ]) {
        expect(exposed.get(name)?.labels.length, name).toBeGreaterThan(0);
      }
      compare(prometheusOperator, exposed);
    });
  });
});
