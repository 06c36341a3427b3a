/** The real program, rendered without engine, cluster or credentials. */

import { readFileSync } from "node:fs";
import { join } from "node:path";

import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";

import { compareSnapshots } from "../../../review/diff/changes.ts";
import type { Json, JsonObject } from "../../../review/model/json.ts";
import type { Snapshot } from "../../../review/model/snapshot.ts";
import { renderSnapshot, type FileTree } from "../../../review/render/tree.ts";
import { engineConfiguration, environmentsOf } from "../../../review/run/configuration.ts";
import { runConfiguration, runEnvironment, runProgram } from "../../../review/run/run.ts";
import { environmentProgram } from "../../../stacks/program.ts";
import { reportOn } from "./reporting.ts";

const root = join(import.meta.dirname, "..", "..", "..");

/** The configuration of production, to be changed at will. */
function configuration(): JsonObject {
  const file = readFileSync(join(root, "stacks", "Pulumi.prod.yaml"), "utf8");
  return (parse(file) as { config: JsonObject }).config;
}

/** A setting of the project's own namespace, to be changed in place. */
function setting(config: JsonObject, key: string): Record<string, never> & { [key: string]: never } {
  return config[`vllm-monitoring:${key}`] as never;
}

async function snapshotWith(change: (config: JsonObject) => JsonObject | undefined): Promise<Snapshot> {
  const config = configuration();
  const changed = change(config) ?? config;
  return runConfiguration({
    root,
    environment: "prod",
    configuration: engineConfiguration(changed),
    maskKey: "a key of this test",
  });
}

let production: Snapshot;
beforeAll(async () => {
  production = await snapshotWith(() => undefined);
});

describe("a render", () => {
  it.each(environmentsOf(root))("of %s has every kind of document", async (environment) => {
    const files = renderSnapshot(await runEnvironment({ root, environment }));
    const paths = [...files.keys()];
    expect(paths).toEqual([...paths].sort());
    for (const folder of ["resources/", "rules/", "alertmanager/", "dashboards/"])
      expect(paths.filter((path) => path.startsWith(folder))).not.toEqual([]);
    expect(paths).toContain("graph.yaml");
    expect(paths).toContain("secrets.yaml");
  });

  it("is the same in another run", async () => {
    const again = await snapshotWith(() => undefined);
    expect(renderSnapshot(again)).toEqual(renderSnapshot(production));
  });

  it("is the same with the whole SDK as without its work for an engine", async () => {
    const settings = engineConfiguration(configuration());
    const options = {
      sdk: pulumi,
      environment: "prod",
      configuration: settings,
      maskKey: "a key of this test",
    };
    const whole = await runProgram(environmentProgram({ root }), options);
    expect(whole).toEqual(production);
  });

  it("doesn't depend on the order of keys in the configuration", async () => {
    const again = await snapshotWith((config) => reversedKeys(config) as JsonObject);
    expect(renderSnapshot(again)).toEqual(renderSnapshot(production));
  });

  it("has only manifests that name what they are", () => {
    const files = renderSnapshot(production);
    for (const [path, text] of objects(files)) {
      const manifest = parse(text) as { apiVersion?: string; kind?: string; metadata?: { name?: string } };
      // What is no object of Kubernetes says its Pulumi type instead.
      const { type } = manifest as { type?: string };
      if (type?.startsWith("pulumi:providers:") || type?.startsWith("aws:")) continue;
      expect([
        path,
        typeof manifest.apiVersion,
        typeof manifest.kind,
        typeof manifest.metadata?.name,
      ]).toEqual([path, "string", "string", "string"]);
    }
  });

  it("says of each secret whether it is set, and never what it is", async () => {
    const ciphertext = "v1:bm9uY2U=:Y2lwaGVydGV4dA==";
    const snapshot = await snapshotWith((config) => {
      config["vllm-monitoring:smtpPassword"] = { secure: ciphertext };
      return undefined;
    });
    const files = renderSnapshot(snapshot);
    expect(files.get("secrets.yaml")).toMatch(/^smtpPassword: set, ciphertext [0-9a-f]{10}$/m);
    expect(files.get("secrets.yaml")).toMatch(/^huggingFaceToken: not set$/m);
    const all = [...files.values()].join("\n");
    expect(all).not.toContain(ciphertext);
    expect(all).not.toContain("placeholder-");
    expect(all).toContain("[secret smtpPassword@");
  });

  it("has no secret in clear", () => {
    expect(production.leaks).toEqual([]);
  });
});

function objects(files: FileTree): [string, string][] {
  return [...files].filter(([path]) => path.startsWith("resources/"));
}

function reversedKeys(value: Json): Json {
  if (Array.isArray(value)) return value.map(reversedKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversedKeys(inner)]),
  );
}

describe("a change of the configuration", () => {
  /** Lists whose order has a meaning: the first route that matches, the last flag that is given. */
  const ordered = new Set(["rules", "extraArguments"]);

  const reorderedLists = (value: Json, key = ""): Json => {
    if (Array.isArray(value)) {
      const items = value.map((item) => reorderedLists(item));
      return ordered.has(key) ? items : items.reverse();
    }
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, reorderedLists(inner, name)]),
    );
  };

  it("of nothing but the order is no change", async () => {
    const again = await snapshotWith((config) => reorderedLists(reversedKeys(config)) as JsonObject);
    const { changes } = compareSnapshots(production, again);
    expect(changes.map(({ resource, properties }) => [resource.urn, properties])).toEqual([]);
    expect(reportOn(production, again).isEmpty).toBe(true);
  });

  interface Case {
    change: (config: JsonObject) => void;
    says: string[];
    saysNot?: string[];
  }
  const model = (config: JsonObject, index: number) =>
    (setting(config, "fleet") as unknown as { models: JsonObject[] }).models[index] as JsonObject;
  const cases: Record<string, Case> = {
    replicas: {
      change: (config) => {
        model(config, 2)["replicas"] = 3;
      },
      says: ["replicas `2` → `3`", "changed `Deployment qwen-72b-gptq-server`"],
    },
    "a replica over two nodes": {
      change: (config) => {
        Object.assign(model(config, 0), { nodes: 2, pipelineParallelSize: 2, replicas: 1 });
        Object.assign(model(config, 0), { gpu: { kind: "h200", count: 16 } });
      },
      says: ["GPUs per replica `8` → `16`", "created `LeaderWorkerSet deepseek-v3-group`"],
    },
    "an image": {
      change: (config) => {
        model(config, 1)["image"] = `vllm/vllm-openai:v0.34.0@sha256:${"ab".repeat(32)}`;
      },
      says: ["### Images", "`Deployment llama-70b-fp8-server`"],
    },
    "a receiver": {
      change: (config) => {
        const routes = setting(config, "routes") as unknown as {
          defaultReceiver: string;
          rules: JsonObject[];
        };
        routes.defaultReceiver = "team-email";
        routes.rules = [];
      },
      says: [
        "### Who gets which alerts",
        "`HighWaitingRequests` (warning)",
        "`oncall-dingtalk` no longer gets `",
      ],
    },
    "a route that changes nothing yet": {
      change: (config) => {
        const routes = setting(config, "routes") as unknown as { defaultReceiver: string };
        routes.defaultReceiver = "team-email";
      },
      says: ["the routes changed, but every alert that the rules can raise goes where it went"],
    },
    "a route by models, of alerts that name theirs by a template": {
      change: (config) => {
        const routes = setting(config, "routes") as unknown as { rules: JsonObject[] };
        routes.rules[1] = { models: ["llama-70b-fp8", "bge-m3"], receiver: "search-slack", continue: true };
      },
      says: [
        "`EngineMetricsAbsent` (warning) for `model_name=",
        "`oncall-dingtalk` → `search-slack, oncall-dingtalk`",
      ],
      saysNot: ["{{"],
    },
    "times at which nobody is told": {
      change: (config) => {
        const routes = setting(config, "routes") as unknown as {
          rules: JsonObject[];
          timeIntervals: JsonObject[];
        };
        routes.timeIntervals = [
          {
            name: "nights",
            timeZone: "Europe/Berlin",
            windows: [{ times: [{ start: "20:00", end: "24:00" }] }],
          },
        ];
        Object.assign(routes.rules[1] ?? {}, { muteTimeIntervals: ["nights"] });
      },
      says: [
        "**Medium:** Fewer times: `search-slack` is silent during `nights`",
        "- time interval `nights`: `nothing` → `20:00-24:00, Europe/Berlin`",
      ],
    },
    "an objective that goes": {
      change: (config) => {
        delete (model(config, 1)["slos"] as JsonObject)["timeToFirstToken"];
      },
      says: ["of `model_name=meta-llama/Llama-3.3-70B-Instruct, slo=", "; others of the name stay"],
    },
    "the disk of GPU nodes": {
      change: (config) => {
        const groups = config["vllm-monitoring:nodeGroups"] as {
          provision?: { kind: string; disk?: JsonObject };
        }[];
        const managed = groups.find(({ provision }) => provision?.kind === "managed")?.provision;
        if (managed !== undefined) managed.disk = { ...managed.disk, sizeGiB: 111 };
      },
      says: ["changed `LaunchTemplate", "changed `NodeGroup"],
    },
    "a model that goes": {
      change: (config) => {
        (setting(config, "fleet") as unknown as { models: JsonObject[] }).models.pop();
      },
      says: ["1 model no longer served: `vllm/bge-m3`"],
    },
    "a taint": {
      change: (config) => {
        const [group] = config["vllm-monitoring:nodeGroups"] as { taints: JsonObject[] }[];
        group?.taints.push({ key: "team", value: "reasoning", effect: "NoExecute" });
      },
      says: ["`taints[team]`: added", "tolerations"],
    },
    "a client namespace": {
      change: (config) => {
        (setting(config, "gateway") as unknown as { clientNamespaces: string[] }).clientNamespaces.push(
          "batch",
        );
      },
      says: ["Opened network", "every pod of namespaces batch"],
    },
    "less storage": {
      change: (config) => {
        (setting(config, "monitoring") as JsonObject)["retention"] = { time: "3d", size: "170GiB" };
      },
      says: ["shorter retention: 15d → 3d"],
    },
    "a secret that is set anew": {
      change: (config) => {
        config["vllm-monitoring:pagerdutyRoutingKey"] = { secure: "v1:other:other" };
      },
      says: ["`pagerdutyRoutingKey`: set", "secret changed `[secret pagerdutyRoutingKey]`"],
    },
    "another cluster": {
      change: (config) => {
        (setting(config, "cluster") as JsonObject)["name"] = "vllm-prod-2";
      },
      says: ["Replaced: `Provider kubernetes`, forced by `clusterIdentifier`"],
    },
  };

  it.each(Object.entries(cases))("is named: %s", async (_, { change, says, saysNot = [] }) => {
    const changed = await snapshotWith((config) => {
      change(config);
      return undefined;
    });
    const { markdown } = reportOn(production, changed);
    for (const part of says) expect(markdown).toContain(part);
    for (const part of saysNot) expect(markdown).not.toContain(part);
    expect(markdown).not.toContain("placeholder-");
  });
});
