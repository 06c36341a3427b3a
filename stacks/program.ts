import * as path from "node:path";

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { AlertRoutes } from "../components/alert-routes.ts";
import { AlertRules } from "../components/alert-rules.ts";
import { DingTalkBridge } from "../components/dingtalk-bridge.ts";
import { KubePrometheus } from "../components/kube-prometheus.ts";
import { ModelWeights } from "../components/model-weights.ts";
import { MonitoringCrds } from "../components/monitoring-crds.ts";
import { RayVllmService } from "../components/ray-vllm-service.ts";
import { VllmDeployment, type VllmDeploymentArgs } from "../components/vllm-deployment.ts";
import { VllmMultiNode } from "../components/vllm-multi-node.ts";
import { PRICES_FILE, readPrices, type NodePrices } from "./config/node-prices.ts";
import { configSecret, configurationOfEngine } from "./config/sources.ts";
import type { ModelSettings } from "./config/model.ts";
import type { Settings } from "./config/settings.ts";
import { checkConfiguration } from "./configuration.ts";
import { defineAutoscalers } from "./autoscaling.ts";
import { defineDashboards } from "./dashboards.ts";
import { defineGateway } from "./gateway.ts";
import { defineGrafana } from "./grafana.ts";
import {
  alertRoutesArgs,
  alertRulesArgs,
  dingTalkBridgeArgs,
  modelAlertRulesArgs,
} from "./mapping/alerting.ts";
import type { ClusterAccess } from "./mapping/kubeconfig.ts";
import {
  HUB_TOKEN_KEY,
  modelWeightsArgs,
  namespaceOf,
  vllmDeploymentArgs,
  weightsName,
  type FilledWeights,
} from "./mapping/model.ts";
import { isRayModel, rayVllmServiceArgs } from "./mapping/ray-model.ts";
import { externalLabelsOf, kubePrometheusArgs } from "./mapping/monitoring.ts";
import { namespacesOf } from "./mapping/namespaces.ts";
import { remoteWriteSecrets } from "./mapping/remote-write.ts";
import { fleetSecrets } from "./mapping/secrets.ts";
import { registerPaced } from "./pace.ts";
import { defineRayOperator } from "./ray.ts";
import { defineCluster, defineGpuSoftware, defineNodeGroups } from "./nodes.ts";
import { defineSecrets } from "./secrets.ts";
import { defineHistory } from "./thanos.ts";
import { OUTPUTS_VERSION, type PlatformOutputs } from "./outputs.ts";

/** Values of the secret configuration keys, by key. */
export type SecretValues = Readonly<Record<string, pulumi.Output<string>>>;

/** What an environment is built from, all of it plain and checked. */
export interface StackInputs {
  settings: Settings;
  secrets: SecretValues;
  access: ClusterAccess;
  /** US dollars per hour of a node, for the recorded costs. Default: none. */
  prices?: NodePrices;
}

/** Fills the volume of a model, where its configuration says so. */
function defineWeights(
  model: ModelSettings,
  settings: Settings,
  options: pulumi.ComponentResourceOptions,
): FilledWeights | undefined {
  const args = modelWeightsArgs(model, settings);
  if (args === undefined) return undefined;
  const { claimName, directory } = new ModelWeights(weightsName(model), args, options);
  return { name: claimName, directory };
}

/** Registers everything that an environment consists of. Only wiring: what the objects are like is the components' matter. */
export async function defineStack(inputs: StackInputs): Promise<pulumi.Output<PlatformOutputs>> {
  const { settings, secrets, access } = inputs;
  const cluster = defineCluster(settings, access);
  const provider = makeProvider(settings, access, cluster.kubeconfig);
  const root = { provider };
  const nodeGroups = defineNodeGroups(settings, cluster, root);
  const namespaces = new Map(
    namespacesOf(settings).map(({ name, labels }) => [
      name,
      new k8s.core.v1.Namespace(`namespace-${name}`, { metadata: { name, labels } }, root),
    ]),
  );
  const inMonitoring = dependingOn(root, namespaces.get(settings.monitoring.namespace));
  // Before everything that is an object of these kinds: the models' monitors, the rules, Prometheus and Alertmanager.
  const crds = new MonitoringCrds("monitoring-crds", {}, root);
  const tokens = fleetSecrets(settings).map((token) => ({
    namespace: token.namespace,
    secret: new k8s.core.v1.Secret(
      `${token.namespace}-${token.name}`,
      {
        metadata: { name: token.name, namespace: token.namespace },
        stringData: { [HUB_TOKEN_KEY]: secretValue(secrets, token.configKey) },
      },
      dependingOn(root, namespaces.get(token.namespace)),
    ),
  }));
  const secretOf = (key: string) => secretValue(secrets, key);
  const bridgeArgs = dingTalkBridgeArgs(settings, secretOf);
  const withCrds = dependingOn(root, namespaces.get(settings.monitoring.namespace), crds);
  const bridge =
    bridgeArgs === undefined ? undefined : new DingTalkBridge("dingtalk-bridge", bridgeArgs, withCrds);
  const routes = new AlertRoutes(
    "alert-routes",
    alertRoutesArgs(settings, secretOf, bridge?.url),
    inMonitoring,
  );
  const history = defineHistory(settings, secretOf, cluster, withCrds);
  const receivers = defineSecrets(
    remoteWriteSecrets(settings),
    settings.monitoring.namespace,
    secretOf,
    inMonitoring,
  );
  // Refers to the Secrets of the routes, so that Alertmanager never starts without its configuration.
  const prometheus = new KubePrometheus(
    "monitoring",
    kubePrometheusArgs(settings, {
      configSecret: routes.configSecretName,
      secrets: routes.mountedSecretNames,
      ...(history === undefined
        ? {}
        : {
            objectStore: {
              name: history.storage.objectStoreSecretName,
              key: history.storage.objectStoreKey,
            },
          }),
    }),
    // Its sidecars take their role when they are made.
    dependingOn(withCrds, ...withCrds.dependsOn, history?.bucket, ...receivers),
  );
  new AlertRules("alerts", alertRulesArgs(settings, inputs.prices), withCrds);
  defineGpuSoftware(settings, root, dependingOn(root, crds));
  // The stack always runs one.
  const alertmanagerUrl = prometheus.alertmanagerUrl.apply((url) => url ?? "");
  const { prometheusUrl } = prometheus;
  const historyUrl = history?.storage.queryUrl;
  defineGrafana(settings, secretOf, { prometheusUrl, alertmanagerUrl, historyUrl }, withCrds);
  const dashboardConfigMaps = defineDashboards(settings, secretOf, inMonitoring);
  const rayOperator = defineRayOperator(settings, dependingOn(root, ...namespaces.values()));
  const models = await registerPaced(settings.fleet.models, (model, counted) => {
    const namespace = namespaceOf(model, settings);
    const own = tokens.filter((token) => token.namespace === namespace).map((token) => token.secret);
    const operator = isRayModel(model) ? [rayOperator] : [];
    const countedRoot = { ...root, ...counted };
    const options = dependingOn(countedRoot, namespaces.get(namespace), crds, ...own, ...operator);
    const weights = defineWeights(
      model,
      settings,
      dependingOn(countedRoot, namespaces.get(namespace), ...own),
    );
    const rules = modelAlertRulesArgs(model, settings);
    if (rules !== undefined) new AlertRules(model.name, rules, { ...withCrds, ...counted });
    return {
      model,
      namespace,
      deployment: isRayModel(model)
        ? new RayVllmService(model.name, rayVllmServiceArgs(model, settings, weights), options)
        : serveModel(model.name, vllmDeploymentArgs(model, settings, weights), model.nodes, options),
    };
  });
  const deployments = new Map(models.map(({ model, deployment }) => [model.name, deployment]));
  const afterModel = (name: string) => dependingOn(root, deployments.get(name));
  defineAutoscalers(settings, prometheus.prometheusUrl, afterModel, inMonitoring);
  const gateway = defineGateway(
    settings,
    secretOf,
    (model) => deployments.get(model)?.endpoint ?? "",
    dependingOn(root, namespaces.get(settings.gateway?.namespace ?? ""), crds),
  );
  return pulumi.output({
    version: OUTPUTS_VERSION,
    environment: settings.environment,
    cluster: settings.cluster.name,
    monitoring: {
      namespace: settings.monitoring.namespace,
      prometheusUrl: prometheus.prometheusUrl,
      alertmanagerUrl,
      externalLabels: externalLabelsOf(settings),
      dashboardConfigMaps,
    },
    ...(history === undefined
      ? {}
      : {
          history: {
            queryUrl: history.storage.queryUrl,
            grpcAddress: history.storage.grpcAddress,
            bucket: "bucket" in settings.objectStore ? settings.objectStore.bucket : "",
          },
        }),
    models: models.map(({ model, namespace, deployment }) => ({
      name: model.name,
      namespace,
      servedModelName: deployment.modelName,
      endpoint: deployment.endpoint,
      team: model.owner.team,
      replicas: model.replicas,
      gpuKind: model.gpu.kind,
      gpuCount: model.gpu.count,
    })),
    nodeGroups,
    ...(gateway === undefined ? {} : { gateway: { endpoint: gateway.endpoint } }),
  });
}

/** On one node, or by a group of nodes for each replica. */
function serveModel(
  name: string,
  args: VllmDeploymentArgs,
  nodes: number,
  options: pulumi.ComponentResourceOptions,
): VllmDeployment | VllmMultiNode {
  return nodes === 1
    ? new VllmDeployment(name, args, options)
    : new VllmMultiNode(name, { ...args, nodes }, options);
}

function makeProvider(
  { cluster }: Settings,
  access: ClusterAccess,
  kubeconfig: pulumi.Input<string>,
): k8s.Provider {
  return new k8s.Provider("kubernetes", {
    kubeconfig: pulumi.secret(kubeconfig),
    // Alone decides whether another cluster is meant; without it new credentials would replace every object.
    clusterIdentifier: access.clusterIdentifier,
    enableServerSideApply: true,
    // Objects with fixed names are changed in place: replaced, they would be gone for a moment.
    enableConfigMapMutable: true,
    enableSecretMutable: true,
    // An update that was killed may have created objects that the state does not know. The embedded environment is
    // nobody else's, so it takes them over by itself.
    upsertExistingObjects:
      cluster.kind === "embedded" || (cluster.kind !== "new-eks" && cluster.adoptExistingObjects),
  });
}

function dependingOn(
  options: pulumi.ComponentResourceOptions,
  ...resources: (pulumi.Resource | undefined)[]
) {
  return { ...options, dependsOn: resources.filter((resource) => resource !== undefined) };
}

function secretValue(secrets: SecretValues, key: string): pulumi.Output<string> {
  const value = secrets[key];
  // The check of the configuration has found every missing one before.
  if (value === undefined) throw new Error(`the secret ${key} has no value`);
  return value;
}

/** What a run of the program is told beside its configuration. */
export interface ProgramOptions {
  /** Root of the project. */
  root: string;
  /** Kubeconfig file, whatever the configuration says. */
  kubeconfig?: string | undefined;
  /** Secrets by configuration key, besides those in the configuration. */
  secrets?: Readonly<Record<string, string>>;
}

/**
 * The program of one environment: reads the engine's configuration, checks it, and registers the stack.
 *
 * @throws ConfigurationError, before anything is registered
 */
export function environmentProgram(
  options: ProgramOptions,
): () => Promise<{ platform: pulumi.Output<PlatformOutputs> }> {
  return async () => {
    const given = options.secrets ?? {};
    const { settings, secretKeys, warnings, access } = checkConfiguration(
      configurationOfEngine(),
      `stacks/Pulumi.${pulumi.getStack()}.yaml`,
      { givenSecrets: Object.keys(given), root: options.root, kubeconfig: options.kubeconfig },
    );
    for (const warning of warnings) void pulumi.log.warn(warning);
    const secrets = Object.fromEntries(
      secretKeys.map((key) => [
        key,
        given[key] === undefined ? configSecret(key) : pulumi.secret(given[key]),
      ]),
    );
    const prices = readPrices(path.join(options.root, PRICES_FILE));
    return { platform: await defineStack({ settings, secrets, access, prices }) };
  };
}
