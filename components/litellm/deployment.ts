/** The Deployment of a gateway. */
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { checksum } from "../dingtalk-bridge/config.ts";
import { lift, liftOptional, merge } from "../support/inputs.ts";
import { restrictedContainer, restrictedPod } from "../support/security.ts";
import type { SecretKeyArgs } from "../vllm/model-args.ts";
import { GatewayMetricsAccess, type LiteLlmGatewayArgs } from "./args.ts";
import { engineKeyVariable } from "./config-file.ts";
import {
  CONFIG_KEY,
  gatewayMetadata,
  HTTP_PORT,
  HTTP_PORT_NAME,
  METRICS_PORT,
  METRICS_PORT_NAME,
  type GatewayIdentity,
} from "./identity.ts";
import { DEFAULT_REPLICAS, DEFAULT_WORKERS, gatewayPlan, type GatewayPlan } from "./plan.ts";

type Container = k8s.types.input.core.v1.Container;
type Variable = k8s.types.input.core.v1.EnvVar;

const CONFIG_DIRECTORY = "/etc/litellm";
/** A mount of its own in each pod: two proxies in one directory destroy each other's files. */
export const METRICS_DIRECTORY = "/run/litellm-metrics";
export const METRICS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR";
/** nobody; the image needs no user of its own. */
const DEFAULT_USER = 65_534;

/**
 * For `/bin/sh -c SCRIPT litellm ARGS…`. The volume outlives its containers, so a container that starts again would count
 * what dead workers counted: the directory is emptied first, whatever the version of LiteLLM does by itself. The patterns
 * are all names but `.` and `..`; `exec` leaves the proxy as process 1, so that it gets the kubelet's signals.
 */
export const START_SCRIPT = [
  "set -eu",
  `d="\${${METRICS_VARIABLE}:?}"`,
  'rm -rf -- "$d"/* "$d"/.[!.]* "$d"/..?*',
  'exec litellm "$@"',
].join("\n");

/** Arguments of the proxy, besides those that tests replace: where it listens. */
export function proxyArguments(workers: number, access: GatewayMetricsAccess): string[] {
  return [
    `--config=${CONFIG_DIRECTORY}/${CONFIG_KEY}`,
    "--host=0.0.0.0",
    `--port=${String(HTTP_PORT)}`,
    `--num_workers=${String(workers)}`,
    ...(access === GatewayMetricsAccess.Listener
      ? [`--prometheus_metrics_port=${String(METRICS_PORT)}`]
      : []),
  ];
}

/** Settings that are the same for every gateway. */
export const FIXED_ENVIRONMENT: Readonly<Record<string, string>> = {
  HOME: "/tmp",
  // Prices come with the package: a start that waits for a web site fails when it is away.
  LITELLM_LOCAL_MODEL_COST_MAP: "True",
  LITELLM_MODE: "PRODUCTION",
  // Neither the administration's pages nor the list of routes.
  DISABLE_ADMIN_UI: "True",
  NO_DOCS: "True",
  NO_REDOC: "True",
};

export function gatewayDeployment(
  identity: GatewayIdentity,
  args: LiteLlmGatewayArgs,
  config: pulumi.Output<string>,
): k8s.apps.v1.DeploymentArgs {
  const plan = lift(args.workers ?? DEFAULT_WORKERS, (workers) =>
    pulumi
      .output([args.drain ?? {}, args.resources ?? {}] as const)
      .apply(([drain, resources]) => gatewayPlan(workers, drain, resources)),
  );
  const pullSecrets = liftOptional(args.imagePullSecrets, (names) => names.map((name) => ({ name })));
  const user = args.userId ?? DEFAULT_USER;
  return {
    metadata: gatewayMetadata(identity),
    spec: {
      // An autoscaler owns the number.
      ...(args.autoscaling === undefined ? { replicas: args.replicas ?? DEFAULT_REPLICAS } : {}),
      revisionHistoryLimit: 3,
      // Clients never find the gateway with fewer pods than it has.
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      selector: { matchLabels: identity.selector },
      template: {
        metadata: {
          labels: merge(args.podLabels, identity.labels),
          annotations: merge(args.annotations, { "vllm-monitoring/config-checksum": config.apply(checksum) }),
        },
        spec: {
          serviceAccountName: identity.name,
          automountServiceAccountToken: false,
          // A Service named "litellm" would set LITELLM_… variables in its own pods.
          enableServiceLinks: false,
          ...(pullSecrets === undefined ? {} : { imagePullSecrets: pullSecrets }),
          ...schedulingOf(identity, args),
          securityContext: lift(user, (id) => restrictedPod(id, id)),
          terminationGracePeriodSeconds: lift(plan, (known) => known.terminationGracePeriodSeconds),
          containers: [containerOf(identity, args, plan)],
          volumes: [
            { name: "config", configMap: { name: identity.name } },
            // Never a network volume: the files are mapped into memory.
            { name: "metrics", emptyDir: { sizeLimit: "256Mi" } },
            { name: "tmp", emptyDir: { sizeLimit: "1Gi" } },
          ],
        },
      },
    },
  };
}

function containerOf(
  identity: GatewayIdentity,
  args: LiteLlmGatewayArgs,
  plan: pulumi.Input<GatewayPlan>,
): Container {
  const access = args.metrics?.access ?? GatewayMetricsAccess.Listener;
  return {
    name: "litellm",
    image: args.image,
    command: ["/bin/sh", "-c", START_SCRIPT, "litellm"],
    args: lift(args.workers ?? DEFAULT_WORKERS, (workers) => proxyArguments(workers, access)),
    env: environment(identity, args, plan),
    ports: [
      { name: HTTP_PORT_NAME, containerPort: HTTP_PORT, protocol: "TCP" },
      ...(access === GatewayMetricsAccess.Listener
        ? [{ name: METRICS_PORT_NAME, containerPort: METRICS_PORT, protocol: "TCP" }]
        : []),
    ],
    resources: {
      requests: {
        cpu: lift(plan, ({ cpuRequest }) => cpuRequest),
        memory: lift(plan, ({ memory }) => memory),
      },
      limits: {
        ...(args.resources?.cpuLimit === undefined ? {} : { cpu: args.resources.cpuLimit }),
        memory: lift(plan, ({ memory }) => memory),
      },
    },
    // Each worker imports the whole library: 15 s of CPU time, all at once.
    startupProbe: {
      ...probe("/health/liveliness"),
      periodSeconds: 5,
      timeoutSeconds: 3,
      failureThreshold: 60,
    },
    readinessProbe: {
      ...probe("/health/readiness"),
      periodSeconds: 5,
      timeoutSeconds: 5,
      failureThreshold: 3,
    },
    livenessProbe: {
      ...probe("/health/liveliness"),
      periodSeconds: 20,
      timeoutSeconds: 10,
      failureThreshold: 6,
    },
    // SIGTERM drains all workers; /health/drain would reach only the one that takes the call.
    lifecycle: lift(plan, ({ preStopSeconds }) =>
      preStopSeconds === 0 ? {} : { preStop: { sleep: { seconds: preStopSeconds } } },
    ),
    securityContext: restrictedContainer,
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: [
      { name: "config", mountPath: CONFIG_DIRECTORY, readOnly: true },
      { name: "metrics", mountPath: METRICS_DIRECTORY },
      { name: "tmp", mountPath: "/tmp" },
    ],
  };
}

/** Variables that the component sets itself, by name, with what to use instead. */
export const OWN_VARIABLES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.keys(FIXED_ENVIRONMENT).map((name) => [name, "leave it out, it is set already"]),
  ),
  LITELLM_MASTER_KEY: "set masterKey or masterKeySecret",
  [METRICS_VARIABLE]: "leave it out, each pod has a directory of its own",
  GRACEFUL_SHUTDOWN_TIMEOUT: "set drain.requestSeconds",
  DATABASE_URL: "set databaseUrlSecret",
  REDIS_PASSWORD: "set redis.passwordSecret",
  NUM_WORKERS: "set workers",
};

function environment(
  identity: GatewayIdentity,
  args: LiteLlmGatewayArgs,
  plan: pulumi.Input<GatewayPlan>,
): Variable[] {
  return [
    ...Object.entries(FIXED_ENVIRONMENT).map(([name, value]) => ({ name, value })),
    { name: METRICS_VARIABLE, value: METRICS_DIRECTORY },
    {
      name: "GRACEFUL_SHUTDOWN_TIMEOUT",
      value: lift(plan, ({ requestSeconds }) => String(requestSeconds)),
    },
    fromSecret("LITELLM_MASTER_KEY", identity.masterKey),
    ...(args.databaseUrlSecret === undefined ? [] : [fromSecret("DATABASE_URL", args.databaseUrlSecret)]),
    ...(args.redis?.passwordSecret === undefined
      ? []
      : [fromSecret("REDIS_PASSWORD", args.redis.passwordSecret)]),
    ...args.models.flatMap(({ id, apiKeySecret }) =>
      apiKeySecret === undefined ? [] : [fromSecret(engineKeyVariable(id), apiKeySecret)],
    ),
    ...(args.env ?? []).map(({ name, value, secret }) =>
      secret === undefined ? { name, value: value ?? "" } : fromSecret(name, secret),
    ),
  ];
}

function fromSecret(name: string, { name: secret, key }: SecretKeyArgs): Variable {
  return { name, valueFrom: { secretKeyRef: { name: secret, key } } };
}

function probe(path: string) {
  return { httpGet: { path, port: HTTP_PORT_NAME } };
}

function schedulingOf(
  identity: GatewayIdentity,
  { scheduling = {} }: LiteLlmGatewayArgs,
): Partial<k8s.types.input.core.v1.PodSpec> {
  const { nodeSelector, tolerations, priorityClassName } = scheduling;
  return {
    nodeSelector: nodeSelector ?? { "kubernetes.io/os": "linux" },
    ...(tolerations === undefined
      ? {}
      : {
          tolerations: lift(tolerations, (list) =>
            list.map((one) =>
              lift(one, ({ key, value, effect = "NoSchedule" }) => ({
                key,
                operator: value === undefined ? "Exists" : "Equal",
                effect,
                ...(value === undefined ? {} : { value }),
              })),
            ),
          ),
        }),
    ...(priorityClassName === undefined ? {} : { priorityClassName }),
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "kubernetes.io/hostname",
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: identity.selector },
        matchLabelKeys: ["pod-template-hash"],
      },
    ],
  };
}
