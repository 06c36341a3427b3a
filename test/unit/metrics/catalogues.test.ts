import { readFileSync } from "node:fs";
import { basename } from "node:path";

import { describe, expect, it } from "vitest";

import { catalogues } from "../../../metrics/catalogues.ts";
import { dcgm, dcgmConditions, gpuLabels } from "../../../metrics/dcgm/index.ts";
import { kserveVllm } from "../../../metrics/engine/kserve.ts";
import {
  bucketBounds,
  existsIn,
  sampleNames,
  type Catalogue,
  type MetricFamily,
} from "../../../metrics/family.ts";
import { kubeletFamilies, kubeStateMetrics, nodeExporter } from "../../../metrics/kubernetes/index.ts";
import { litellm } from "../../../metrics/litellm/index.ts";
import { dingtalkBridge, thanos } from "../../../metrics/monitoring/index.ts";
import { measuredVersions } from "../../../metrics/products.ts";
import { quantityOf } from "../../../metrics/quantity.ts";
import { rayLabels, rayServe, rayVllm } from "../../../metrics/ray/index.ts";
import { vllm } from "../../../metrics/vllm/index.ts";
import { dcgmCounters } from "../../../components/dcgm/counters.ts";
import { bridgeMetrics } from "../../../services/dingtalk-bridge/metrics.ts";
import { CATALOGUE_DOCUMENT, catalogueDocument } from "../../../metrics/document.ts";
import { catalogueProblems } from "../../support/catalogue.ts";
import { RECORDED_LITELLM } from "../../support/litellm.ts";
import { listedFields, listedMetrics } from "../../support/metric-lists.ts";

/** Names that break the rule "a counter and nothing else ends in _total"; each is so in the program itself. */
const oddNames = new Set(["node_vmstat_oom_kill"]);

const foreign = catalogues.filter(({ product }) => product !== "vllm");

describe.each(foreign)("the catalogue of $title", ({ product, catalogue }) => {
  const families: readonly MetricFamily[] = Object.values(catalogue);

  it("names each sample once", () => {
    const names = families.flatMap((family) => [...sampleNames(family)]);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/);
  });

  it("keeps to the naming of types", () => {
    const odd = families.filter(
      ({ name, type }) => !name.startsWith("DCGM_") && name.endsWith("_total") !== (type === "counter"),
    );
    expect(odd.map(({ name }) => name).filter((name) => !oddNames.has(name))).toEqual([]);
  });

  it("exists in the version that it was compared with", () => {
    for (const family of families) expect(existsIn(family, measuredVersions[product])).toBe(true);
  });

  it("lists values and versions only of labels that a family has, each label once", () => {
    for (const family of families) {
      expect(new Set(family.labels).size).toBe(family.labels.length);
      for (const label of [
        ...Object.keys(family.labelValues ?? {}),
        ...Object.keys(family.labelVersions ?? {}),
      ]) {
        expect(family.labels).toContain(label);
      }
    }
  });

  it("has rising, finite bounds", () => {
    for (const family of families) {
      if (family.type !== "histogram") continue;
      const bounds = bucketBounds(family);
      expect(bounds.length).toBeGreaterThan(2);
      expect(bounds.every((bound, at) => Number.isFinite(bound) && bound > (bounds[at - 1] ?? 0))).toBe(true);
    }
  });

  it("knows units: seconds, bytes and times say so in their names", () => {
    for (const { name, unit } of families) {
      if (/_timestamp(_seconds)?$|_time$/.test(name)) expect(unit).toBe("timestamp");
      else if (/_seconds(_total)?$/.test(name)) expect(["seconds", "timestamp"]).toContain(unit);
      if (/_bytes(_total)?$/.test(name)) expect(unit).toBe("bytes");
      if (/_ms$/.test(name)) expect(unit).toBe("milliseconds");
    }
  });
});

/** Compares families with a list that was written without regard to them. */
function compare(catalogue: Catalogue, file: string, ignored: readonly string[] = []): void {
  const listed = listedMetrics(file);
  for (const family of Object.values(catalogue)) {
    const real = listed.get(family.name);
    if (ignored.includes(family.name)) continue;
    expect(real, family.name).toBeDefined();
    if (real === undefined) continue;
    if (!oddNames.has(family.name)) expect(family.type, family.name).toBe(real.type);
    if (real.labels !== undefined) {
      const own = family.labels.filter((label) => !(rayLabels as readonly string[]).includes(label));
      expect([...own].sort(), family.name).toEqual([...real.labels].sort());
    }
  }
}

describe("LiteLLM", () => {
  const listed = listedMetrics("litellm-1.109.1.tsv");
  const families: readonly MetricFamily[] = Object.values(litellm);

  it("has the types, labels and bounds of the real package", () => {
    for (const family of families) {
      const real = listed.get(family.name);
      // Made by a middleware when the first request comes.
      if (family.name === "litellm_in_flight_requests") continue;
      expect(real, family.name).toBeDefined();
      expect(family.type).toBe(real?.type);
      // Several workers add the process to the gauges.
      const own = family.labels.filter((label) => label !== "pid");
      expect([...own].sort(), family.name).toEqual([...(real?.labels ?? [])].sort());
      expect(family.labels.includes("pid")).toBe(
        family.type === "gauge" &&
          !["litellm_in_flight_requests", "litellm_redis_circuit_breaker_state"].includes(family.name),
      );
      if (family.type === "histogram") expect(bucketBounds(family).map(String).join(",")).toBe(real?.bounds);
    }
  });

  it("misses none of the package's families", () => {
    const known = new Set(families.map(({ name }) => name));
    expect([...listed.keys()].filter((name) => !known.has(name))).toEqual([]);
  });
});

describe("dcgm-exporter", () => {
  const fields = listedFields();

  const ours = new Map(dcgmCounters(true).map(({ name, kind }) => [name, kind]));

  it("tells which lists switch a field on, and has the types of the project's", () => {
    for (const family of Object.values<MetricFamily>(dcgm)) {
      const { name, condition } = family;
      const field = fields.get(name);
      const isOurs = ours.has(name);
      const isDefault = field?.image === "on";
      expect(family.type, name).toBe(ours.get(name) ?? field?.type);
      const expected =
        name.includes("_PROF_") && isOurs
          ? "profiling"
          : isOurs && isDefault
            ? field.chart === "missing"
              ? "no-chart-list"
              : undefined
            : isDefault
              ? "exporter-list"
              : isOurs
                ? "project-list"
                : "custom-list";
      expect(condition, name).toBe(expected);
      if (condition !== undefined) expect(Object.keys(dcgmConditions)).toContain(condition);
    }
  });

  it("has every field of the project's counters file", () => {
    const known = new Set(Object.values<MetricFamily>(dcgm).map(({ name }) => name));
    const missing = [...ours].filter(([name, kind]) => kind !== "label" && !known.has(name));
    expect(missing).toEqual([]);
  });

  it("misses no default field; the driver's version is a label", () => {
    const known = new Set(Object.values<MetricFamily>(dcgm).map(({ name }) => name));
    const missing = [...fields].filter(([name, { image }]) => image === "on" && !known.has(name));
    expect(missing.map(([name]) => name)).toEqual(["DCGM_FI_DRIVER_VERSION"]);
    expect(gpuLabels).toContain("DCGM_FI_DRIVER_VERSION");
  });

  it("never takes a sliding count or a percentage for something that adds up", () => {
    expect(quantityOf(dcgm.xidErrorsCount)).toBe("gauge");
    expect(quantityOf(dcgm.xidErrors)).toBe("code");
    expect(quantityOf(dcgm.gpuUtil)).toBe("intensive");
    expect(quantityOf(dcgm.profPcieTxBytes)).toBe("rate");
  });
});

describe("the other exporters", () => {
  it("kube-state-metrics agrees with its own tests", () => {
    compare(kubeStateMetrics, "kube-state-metrics-2.19.1.tsv", [
      // Two of its tests expect labels without a value, which are not exposed.
      "kube_horizontalpodautoscaler_info",
      "kube_job_status_failed",
      // Which labels it has is the allow-list's matter.
      "kube_node_labels",
    ]);
  });

  it("node-exporter agrees with a running one", () => {
    const withoutSample = Object.values<MetricFamily>(nodeExporter)
      .map(({ name }) => name)
      .filter((name) => /^node_(filesystem|disk|network)_/.test(name));
    compare(nodeExporter, "node-exporter-1.12.1.tsv", withoutSample);
    const listed = listedMetrics("node-exporter-1.12.1.tsv");
    for (const name of withoutSample) expect(listed.has(name), name).toBe(true);
  });

  it("cAdvisor agrees with its source", () => {
    const own = Object.entries<MetricFamily>(kubeletFamilies).filter(([, { name }]) =>
      name.startsWith("container_"),
    );
    // Defined apart from the others in the source.
    compare(Object.fromEntries(own), "cadvisor-0.53.0.tsv", [
      "container_start_time_seconds",
      "container_spec_memory_limit_bytes",
    ]);
  });

  it("Thanos agrees with its source", () => {
    const listed = listedMetrics("thanos-0.42.4.tsv");
    const defined = Object.entries<MetricFamily>(thanos).filter(([, { name }]) => listed.has(name));
    compare(Object.fromEntries(defined), "thanos-0.42.4.tsv");
    expect(defined.length).toBeGreaterThan(40);
    // Names put together from a prefix and a suffix.
    const composed = Object.values<MetricFamily>(thanos).filter(({ name }) => !listed.has(name));
    for (const { name } of composed) {
      expect(name).toMatch(
        /^(thanos_(objstore_bucket|blocks_meta|query_concurrent_gate|frontend_split|store_nodes)_|thanos_status$|http_requests_total$)/,
      );
    }
    expect(listed.has("thanos_compact_downsample_failed_total")).toBe(false);
  });

  it("Ray Serve agrees with its source", () => {
    compare(rayServe, "ray-serve-2.60.0.tsv");
  });
});

describe("the DingTalk bridge", () => {
  it("has the list of the service", () => {
    expect(Object.keys(dingtalkBridge).sort()).toEqual(Object.keys(bridgeMetrics).sort());
    for (const [key, metric] of Object.entries(bridgeMetrics)) {
      const family: MetricFamily | undefined = (dingtalkBridge as Catalogue)[key];
      expect(family).toMatchObject({ name: metric.name, type: metric.type, help: metric.help });
      expect(family?.labels).toEqual(metric.labels);
      if (family?.type === "histogram" && "buckets" in metric) {
        expect(bucketBounds(family)).toEqual(metric.buckets);
      }
    }
  });
});

describe("the spellings of the engine's families", () => {
  const own = Object.entries<MetricFamily>(vllm).filter(([, { name }]) => name.startsWith("vllm:"));

  it("under Ray have underscores, its labels, and exist since 0.11.0", () => {
    expect(Object.keys(rayVllm).sort()).toEqual(own.map(([key]) => key).sort());
    expect(rayVllm.generationTokens.name).toBe("ray_vllm_generation_tokens_total");
    expect(rayVllm.iterationTokens.name).toBe("ray_vllm_iteration_tokens_total");
    expect(rayVllm.generationTokens.labels).toEqual(
      expect.arrayContaining(["engine", "model_name", "ReplicaId", "WorkerId", "SessionName"]),
    );
    expect(rayVllm.generationTokens.since).toBe("0.11.0");
    expect(rayVllm.requestNumPreemptions.since).toBe("0.30.0");
  });

  it("under KServe have a prefix", () => {
    expect(Object.keys(kserveVllm).sort()).toEqual(own.map(([key]) => key).sort());
    expect(kserveVllm.requestSuccess.name).toBe("kserve_vllm:request_success_total");
  });
});

describe("docs/metrics-catalogue.md", () => {
  it("is what the catalogues say", () => {
    expect(readFileSync(CATALOGUE_DOCUMENT, "utf8")).toBe(catalogueDocument());
  });
});

describe("a real LiteLLM with two workers", () => {
  const text = readFileSync(RECORDED_LITELLM, "utf8");

  it("is of the version that the catalogue was compared with", () => {
    expect(basename(RECORDED_LITELLM)).toBe(`${measuredVersions.litellm}-two-workers.prom`);
  });

  it("exposes what the catalogue says", () => {
    expect(catalogueProblems(text, litellm)).toEqual([]);
  });

  it("would be told from another", () => {
    const other = text
      .replace("# TYPE litellm_in_flight_requests gauge", "# TYPE litellm_in_flight_requests counter")
      .replaceAll('model_group="chat"', 'group="chat"')
      .replaceAll('le="0.25"', 'le="0.3"')
      .replace("# HELP litellm_teams_count ", "# HELP litellm_teams_count Not ");
    const problems = catalogueProblems(other, litellm).join("\n");
    for (const what of ["type counter", "labels", "bounds", "help Not"]) expect(problems).toContain(what);
  });
});
