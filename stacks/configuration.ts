import { RULES as autoscalerRules } from "../components/autoscaling/rules.ts";
import { RULES as routesRules } from "../components/alert-routes/rules.ts";
import { RULES as bridgeRules } from "../components/dingtalk-bridge/rules.ts";
import { RULES as clusterRules, type CheckedArgs as EksCheckedArgs } from "../components/eks/rules.ts";
import type { CheckedArgs as GroupCheckedArgs } from "../components/gpu/checked-args.ts";
import { MODEL_RULES as modelFitRules } from "../components/gpu/model-rules.ts";
import { RULES as nodeGroupRules } from "../components/gpu/node-group-rules.ts";
import { findings, type Finding, type Rule } from "../components/support/validation.ts";
import { contentRules } from "../components/grafana/content-rules.ts";
import { RULES as gatewayRules } from "../components/litellm/rules.ts";
import { RULES as bucketRules } from "../components/object-store/bucket-rules.ts";
import { RULES as thanosRules } from "../components/thanos/rules.ts";
import { RULES as monitoringRules } from "../components/kube-prometheus/rules.ts";
import { RULES as weightsRules } from "../components/model-weights/rules.ts";
import { RULES as rayRules } from "../components/ray/rules.ts";
import { RULES as groupRules } from "../components/vllm/multi-node.ts";
import { RULES as modelRules } from "../components/vllm/rules.ts";
import { isEks, type EksSettings } from "./config/cluster.ts";
import {
  ConfigurationError,
  parseConfiguration,
  type ParsedConfiguration,
  type ParseOptions,
  type RawConfiguration,
} from "./config/parse.ts";
import { formatPath, parsePath, type Path, type Problem } from "./config/problems.ts";
import type { ModelSettings } from "./config/model.ts";
import type { Settings } from "./config/settings.ts";
import { alertRoutesArgs, dingTalkBridgeArgs } from "./mapping/alerting.ts";
import { modelAutoscalerArgs } from "./mapping/autoscaling.ts";
import { grafanaContentArgs } from "./mapping/dashboards.ts";
import { gatewayArgs, GATEWAY_NAME } from "./mapping/gateway.ts";
import { clusterAccess, type ClusterAccess } from "./mapping/kubeconfig.ts";
import { modelWeightsArgs, vllmDeploymentArgs, weightsName } from "./mapping/model.ts";
import { isRayModel, rayVllmServiceArgs } from "./mapping/ray-model.ts";
import { kubePrometheusArgs } from "./mapping/monitoring.ts";
import { queueOf } from "./mapping/remote-write.ts";
import { estimatedSeries } from "./mapping/series.ts";
import { thanosBucketArgs, thanosStorageArgs } from "./mapping/thanos.ts";
import { clusterSetting, nodeGroupSetting } from "./mapping/node-group-findings.ts";
import {
  eksClusterArgs,
  gpuNodeGroupArgs,
  hasGpus,
  makesMachines,
  modelsOn,
  provisionerOf,
  type NodeGroupSite,
} from "./mapping/node-groups.ts";

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
  const parsed = checkSettings(raw, source, options);
  return { ...parsed, access: clusterAccess(parsed.settings.cluster, options) };
}

/** The same without the way to the cluster, which only this machine may lack. @throws ConfigurationError with every problem */
export function checkSettings(
  raw: RawConfiguration,
  source: string,
  options: ParseOptions,
): ParsedConfiguration {
  const parsed = parseConfiguration(raw, source, options);
  const refused = componentProblems(parsed.settings);
  if (refused.length > 0) throw new ConfigurationError(refused, source);
  return parsed;
}

/** Stands for a key that is known later; its own form is checked when it is. */
const PLACEHOLDER_KEY = "sk-known-later-0000";

/** What the components would refuse at construction, by the path of the setting it comes from. */
export function componentProblems(settings: Settings): Problem[] {
  // Secrets and what one component tells another are known later; no rule depends on their values.
  const secretOf = () => "known-later";
  const bridge = dingTalkBridgeArgs(settings, secretOf);
  const gateway = gatewayArgs(
    settings,
    () => PLACEHOLDER_KEY,
    () => "http://known-later:8000",
  );
  // Without queues there are no arguments of Prometheus to look at.
  const queues = queueProblems(settings);
  if (queues.length > 0) return queues;
  const history = thanosStorageArgs(settings, secretOf);
  const bucket = thanosBucketArgs(settings);
  const wiring = {
    configSecret: "known-later",
    secrets: [],
    ...(history === undefined ? {} : { objectStore: { name: "known-later", key: "known-later" } }),
  };
  const content = grafanaContentArgs(settings, secretOf);
  return [
    ...problemsAt(["monitoring"], kubePrometheusArgs(settings, wiring), monitoringRules),
    ...(content === undefined
      ? []
      : problemsAt(
          ["monitoring", "grafana", "delivery"],
          { ...content, componentName: "dashboards" },
          contentRules(content, true),
          [[/^(contactPoints\[\d+\])\.secret$/, "$1.secretFromSecret"]],
        )),
    ...(bridge === undefined ? [] : problemsAt(["monitoring", "dingtalkBridge"], bridge, bridgeRules)),
    ...problemsAt([], alertRoutesArgs(settings, secretOf, "http://known-later"), routesRules),
    ...(history === undefined ? [] : problemsAt(["thanos"], history, thanosRules)),
    ...(history === undefined && settings.monitoring.prometheus.remoteWrite.length === 0
      ? []
      : seriesProblems(settings)),
    ...(bucket === undefined ? [] : problemsAt(["objectStore"], bucket, bucketRules)),
    ...nodeProblems(settings),
    ...settings.fleet.models.flatMap((model, index) =>
      isRayModel(model)
        ? problemsAt(
            ["fleet", "models", index],
            { componentName: model.name, ...rayVllmServiceArgs(model, settings) },
            rayRules,
            raySettingNames,
          )
        : problemsAt(
            ["fleet", "models", index],
            { componentName: model.name, ...vllmDeploymentArgs(model, settings), nodes: model.nodes },
            model.nodes > 1 ? (groupRules as readonly Rule<never>[]) : (modelRules as readonly Rule<never>[]),
          ),
    ),
    ...settings.fleet.models.flatMap((model, index) =>
      weightsProblems(model, ["fleet", "models", index], settings),
    ),
    ...settings.fleet.models.flatMap((model, index) => {
      const args = modelAutoscalerArgs(model, settings, "http://known-later:9090");
      return args === undefined ? [] : problemsAt(["fleet", "models", index], args, autoscalerRules);
    }),
    ...(gateway === undefined
      ? []
      : problemsAt(["gateway"], { componentName: GATEWAY_NAME, ...gateway }, gatewayRules)),
  ];
}

/** A shared volume that nobody could fill or find. */
function weightsProblems(model: ModelSettings, place: Path, settings: Settings): Problem[] {
  const { source } = model;
  if (source.kind !== "claim") return [];
  const problem = (field: string, got: unknown, expected: string, remedy: string): Problem => ({
    path: formatPath([...place, "source", field]),
    got: got === undefined ? "nothing" : JSON.stringify(got),
    expected,
    remedy,
  });
  const args = modelWeightsArgs(model, settings);
  if (args === undefined) {
    const made = (["nfs", "storageClass", "size", "fillImage"] as const).filter(
      (field) => source[field] !== undefined,
    );
    return [
      ...(source.claim === undefined
        ? [
            problem(
              "claim",
              undefined,
              "an existing claim, where nothing is filled",
              "name it, or write fill",
            ),
          ]
        : []),
      ...made.map((field) =>
        problem(field, source[field], "nothing, where nothing is filled", "remove it, or write fill"),
      ),
    ];
  }
  return [
    ...(source.subPath === undefined
      ? []
      : [
          problem(
            "subPath",
            source.subPath,
            "nothing, where the volume is filled: the directory follows from the revision",
            "remove it",
          ),
        ]),
    ...(source.fill?.kind === "s3" && source.fillImage === undefined
      ? [
          problem(
            "fillImage",
            undefined,
            "an image with the command aws, which vLLM's has not",
            "name one by digest, such as amazon/aws-cli",
          ),
        ]
      : []),
    ...problemsAt(
      [...place, "source"],
      { componentName: weightsName(model), ...args },
      weightsRules,
      weightsSettingNames,
    ),
  ];
}

/** Receivers that may not be asked as often as the samples need. */
function queueProblems(settings: Settings): Problem[] {
  const { monitoring, thanos } = settings;
  return monitoring.prometheus.remoteWrite.flatMap((target, index): Problem[] => {
    try {
      queueOf(target, thanos.expectedSeries, monitoring.scrapeInterval);
      return [];
    } catch (error) {
      return [
        {
          path: `monitoring.prometheus.remoteWrite[${String(index)}].maximumRequests`,
          got: String(target.maximumRequests),
          expected: `as many requests at a time as ${String(thanos.expectedSeries)} series every ${monitoring.scrapeInterval} need (${error instanceof Error ? error.message : String(error)})`,
          remedy: "raise it, or send fewer metrics by keepMetrics and lower thanos.expectedSeries",
        },
      ];
    }
  });
}

/** Sizes of long-term storage and of queues that the fleet has outgrown. */
function seriesProblems(settings: Settings): Problem[] {
  const { expectedSeries } = settings.thanos;
  const estimate = estimatedSeries(settings);
  if (estimate <= expectedSeries) return [];
  return [
    {
      path: "thanos.expectedSeries",
      got: String(expectedSeries),
      expected: `at least the series that the fleet and its nodes are estimated to have (${String(estimate)}): sizes and limits follow from it`,
      remedy: "raise it; prometheus_tsdb_head_series says how many there are",
    },
  ];
}

/** The node groups and their cluster, also where others made them: the fleet must fit either way. */
function nodeProblems(settings: Settings): Problem[] {
  const { cluster } = settings;
  const site = isEks(cluster) ? siteForCheck(cluster) : undefined;
  return [
    ...(isEks(cluster) && makesMachines(settings)
      ? findings(
          { componentName: cluster.name, ...eksClusterArgs({ ...settings, cluster }) } as EksCheckedArgs,
          clusterRules,
        ).map((finding) => problemOf(clusterSetting(settings), finding))
      : []),
    ...settings.nodeGroups.flatMap((group, index) =>
      hasGpus(group)
        ? findings(
            {
              componentName: group.name,
              ...gpuNodeGroupArgs(group, settings, site),
              models: modelsOn(group, settings).map(({ args }) => args),
            } as GroupCheckedArgs,
            // Labels and names of groups that others made are theirs; that the models fit counts everywhere.
            provisionerOf(group, settings) === undefined ? modelFitRules : nodeGroupRules,
          ).map((finding) => problemOf(nodeGroupSetting(index, settings), finding))
        : [],
    ),
  ];
}

/** What a group is told of its cluster; of a new one it is known later, and no rule depends on it. */
function siteForCheck(cluster: EksSettings): NodeGroupSite | undefined {
  if (cluster.kind === "new-eks")
    return {
      cluster: { name: cluster.name, securityGroupId: "known-later", vpcId: "known-later" },
      subnetIds: cluster.zones,
    };
  if (cluster.network === undefined) return undefined;
  const { vpcId, clusterSecurityGroupId, privateSubnetIds } = cluster.network;
  return {
    cluster: { name: cluster.name, securityGroupId: clusterSecurityGroupId, vpcId },
    subnetIds: privateSubnetIds,
  };
}

/** Runs a component's rules. The settings hold plain values only, so that the mapped arguments do too. */
function problemsAt<T>(
  prefix: Path,
  args: object,
  rules: readonly Rule<T>[],
  names: readonly SettingName[] = settingNames,
): Problem[] {
  const locate = (argument: string) => [...prefix, ...parsePath(settingOf(argument, names))];
  return findings(args as T, rules).map((finding) => problemOf(locate, finding));
}

function problemOf(locate: (argument: string) => Path, { path, value, reason, remedy }: Finding): Problem {
  return {
    path: formatPath(locate(path)),
    got: value === undefined ? "nothing" : JSON.stringify(value),
    ...wordingOf(value, reason),
    remedy,
  };
}

/** A component's finding in the words of the configuration: what must be is what is expected, anything else is what is wrong. */
function wordingOf(value: unknown, reason: string): Pick<Problem, "expected" | "reason"> {
  if (reason.startsWith("must ")) return { expected: `a value that ${reason.replace(/^must be/, "is")}` };
  if (value === undefined) return { expected: `a value: it ${reason}` };
  // "of <model> needs …": of which model the value is.
  return { reason: reason.replace(/^of (\S+) /, "for $1 ") };
}

type SettingName = [argument: RegExp, setting: string];

/** Settings behind the components' arguments, where they are called otherwise. */
const settingNames: SettingName[] = [
  [/^resources\.memoryLimit$/, "resources.memory"],
  [/^resources\.cpuRequest$/, "resources.cpu"],
  [/^model\.source\.hub\.revision$/, "source.revision"],
  [/^model\.source\.hub\.id$/, "source.repository"],
  [/^model\.source\.nfs\.directory$/, "source.subPath"],
  [/^model\.servedName$/, "servedModelName"],

  [/^ingress\.(nginx|gatewayApi)\./, "ingress."],
  [/^drain\.requestSeconds$/, "drainSeconds"],
  [/^network\.clients/, "clientNamespaces"],
  [/^signals(?=\.|$)/, "autoscaling.signals"],
  [/^pace\.scaleDownSeconds$/, "autoscaling.scaleDownSeconds"],
  [/^keda\.idleSeconds$/, "autoscaling.idleSeconds"],
  [/^keda\.activation$/, "replicas"],
  [/^minReplicas$/, "replicas"],
  [/^maxReplicas$/, "autoscaling.maxReplicas"],
  [/^maxSequences$/, "maxNumSeqs"],
  [/^parallelism\.(tensor|pipeline|data)$/, "$1ParallelSize"],
  [/^extraArgs/, "extraArguments"],
  [/^prometheus\.retentionSize$/, "retention.size"],
  [/^prometheus\.retention$/, "retention.time"],
  [/^route\.routes\[/, "routes.rules["],
  [/^route\./, "routes."],
];

/** The same of a volume that is filled. */
const weightsSettingNames: SettingName[] = [
  [/^volume\./, ""],
  [/^hub\.id$/, "fill.repository"],
  [/^(?:hub|s3)\./, "fill."],
  [/^name$/, ""],
];

/** The same of a model that Ray serves. */
const raySettingNames: SettingName[] = [
  [/^autoscaling\.minReplicas$/, "replicas"],
  [/^autoscaling\./, "engine."],
  [/^(rayVersion|placement|authentication|upgrade|loraDirectory)$/, "engine.$1"],
  [/^faultTolerance\.redisAddress$/, "engine.redis.address"],
  [/^engineArguments\[.*$/, "extraArguments"],
  [/^parallelism\.data$/, "dataParallelSize"],
  ...settingNames,
];

function settingOf(argument: string, names: readonly SettingName[]): string {
  const [pattern, setting] = names.find(([candidate]) => candidate.test(argument)) ?? [/^/, ""];
  return argument.replace(pattern, setting);
}
