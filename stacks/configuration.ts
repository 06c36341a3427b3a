import { findings, type Finding } from "../components/support/validation.ts";
import { RULES as monitoringRules } from "../components/kube-prometheus/rules.ts";
import { RULES as modelRules } from "../components/vllm/rules.ts";
import {
  ConfigurationError,
  parseConfiguration,
  type ParsedConfiguration,
  type RawConfiguration,
} from "./config/parse.ts";
import { formatPath, type Path, type Problem } from "./config/problems.ts";
import type { Settings } from "./config/settings.ts";
import { clusterAccess, type ClusterAccess } from "./mapping/kubeconfig.ts";
import { vllmDeploymentArgs } from "./mapping/model.ts";
import { kubePrometheusArgs } from "./mapping/monitoring.ts";

export interface CheckOptions {
  /** Secret keys that are given in another way than by the configuration. */
  givenSecrets: readonly string[];
  /** Root of the project. */
  root: string;
  /** Kubeconfig file, whatever the configuration says. */
  kubeconfig: string | undefined;
}

export interface CheckedConfiguration extends ParsedConfiguration {
  access: ClusterAccess;
}

/**
 * Everything that can be known to be wrong before anything is registered: the schema, the checks across fields,
 * the components' own rules, the secrets, and the way to the cluster.
 *
 * @throws ConfigurationError with every problem
 */
export function checkConfiguration(
  raw: RawConfiguration,
  source: string,
  options: CheckOptions,
): CheckedConfiguration {
  const parsed = parseConfiguration(raw, source, options);
  const refused = componentProblems(parsed.settings);
  if (refused.length > 0) throw new ConfigurationError(refused, source);
  return { ...parsed, access: clusterAccess(parsed.settings.cluster, options) };
}

/** What the components would refuse at construction, by the path of the setting it comes from. */
export function componentProblems(settings: Settings): Problem[] {
  // The settings hold plain values only, so that the mapped arguments do too.
  const wiring = { configSecret: "known-later", secrets: [] };
  const monitoring = kubePrometheusArgs(settings, wiring) as Parameters<(typeof monitoringRules)[number]>[0];
  return [
    ...findings(monitoring, monitoringRules).map((finding) => problemAt(["monitoring"], finding)),
    ...settings.fleet.models.flatMap((model, index) => {
      const args = { componentName: model.name, ...vllmDeploymentArgs(model, settings) };
      const found = findings(args as Parameters<(typeof modelRules)[number]>[0], modelRules);
      return found.map((finding) => problemAt(["fleet", "models", index], finding));
    }),
  ];
}

function problemAt(prefix: Path, { path, value, reason, remedy }: Finding): Problem {
  return {
    path: formatPath([...prefix, ...(settingNames[path] ?? path.split("."))]),
    got: value === undefined ? "nothing" : JSON.stringify(value),
    expected: `a value that ${reason.replace(/^must be/, "is")}`,
    remedy,
  };
}

/** Settings behind the component's arguments, where they are called otherwise. */
const settingNames: Record<string, string[]> = {
  "resources.memoryLimit": ["resources", "memory"],
  "resources.cpuRequest": ["resources", "cpu"],
  "model.source.hub.revision": ["source", "revision"],
  "model.source.hub.id": ["source", "repository"],
  "model.source.nfs.directory": ["source", "subPath"],
  "model.servedName": ["servedModelName"],
  maxSequences: ["maxNumSeqs"],
  "prometheus.retentionSize": ["retention", "size"],
  "prometheus.retention": ["retention", "time"],
};
