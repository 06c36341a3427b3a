import { RULES as routesRules } from "../components/alert-routes/rules.ts";
import { RULES as bridgeRules } from "../components/dingtalk-bridge/rules.ts";
import { findings, type Finding, type Rule } from "../components/support/validation.ts";
import { RULES as monitoringRules } from "../components/kube-prometheus/rules.ts";
import { RULES as modelRules } from "../components/vllm/rules.ts";
import {
  ConfigurationError,
  parseConfiguration,
  type ParsedConfiguration,
  type RawConfiguration,
} from "./config/parse.ts";
import { formatPath, parsePath, type Path, type Problem } from "./config/problems.ts";
import type { Settings } from "./config/settings.ts";
import { alertRoutesArgs, dingTalkBridgeArgs } from "./mapping/alerting.ts";
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
  // Secrets and what one component tells another are known later; no rule depends on their values.
  const secretOf = () => "known-later";
  const bridge = dingTalkBridgeArgs(settings, secretOf);
  const wiring = { configSecret: "known-later", secrets: [] };
  return [
    ...problemsAt(["monitoring"], kubePrometheusArgs(settings, wiring), monitoringRules),
    ...(bridge === undefined ? [] : problemsAt(["monitoring", "dingtalkBridge"], bridge, bridgeRules)),
    ...problemsAt([], alertRoutesArgs(settings, secretOf, "http://known-later"), routesRules),
    ...settings.fleet.models.flatMap((model, index) =>
      problemsAt(
        ["fleet", "models", index],
        { componentName: model.name, ...vllmDeploymentArgs(model, settings) },
        modelRules,
      ),
    ),
  ];
}

/** Runs a component's rules. The settings hold plain values only, so that the mapped arguments do too. */
function problemsAt<T>(prefix: Path, args: object, rules: readonly Rule<T>[]): Problem[] {
  return findings(args as T, rules).map((finding) => problemAt(prefix, finding));
}

function problemAt(prefix: Path, { path, value, reason, remedy }: Finding): Problem {
  return {
    path: formatPath([...prefix, ...parsePath(settingOf(path))]),
    got: value === undefined ? "nothing" : JSON.stringify(value),
    expected: `a value that ${reason.replace(/^must be/, "is")}`,
    remedy,
  };
}

/** Settings behind the components' arguments, where they are called otherwise. */
const settingNames: [argument: RegExp, setting: string][] = [
  [/^resources\.memoryLimit$/, "resources.memory"],
  [/^resources\.cpuRequest$/, "resources.cpu"],
  [/^model\.source\.hub\.revision$/, "source.revision"],
  [/^model\.source\.hub\.id$/, "source.repository"],
  [/^model\.source\.nfs\.directory$/, "source.subPath"],
  [/^model\.servedName$/, "servedModelName"],
  [/^maxSequences$/, "maxNumSeqs"],
  [/^extraArgs/, "extraArguments"],
  [/^prometheus\.retentionSize$/, "retention.size"],
  [/^prometheus\.retention$/, "retention.time"],
  [/^route\.routes\[/, "routes.rules["],
  [/^route\./, "routes."],
];

function settingOf(argument: string): string {
  const [pattern, setting] = settingNames.find(([candidate]) => candidate.test(argument)) ?? [/^/, ""];
  return argument.replace(pattern, setting);
}
