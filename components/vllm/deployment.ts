/** The Deployment of a vLLM model. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { VllmDeploymentArgs } from "../vllm-deployment.ts";
import { lift, liftOptional, merge } from "../support/inputs.ts";
import { environment } from "./environment.ts";
import { commandLine } from "./flags.ts";
import { HTTP_PORT, HTTP_PORT_NAME, metadataOf, type Identity } from "./identity.ts";
import { MULTIPROCESS_COMMAND } from "./multiprocess.ts";
import { STARTUP_PERIOD_SECONDS, type VllmPlan } from "./plan.ts";
import type { VllmSecurityArgs } from "./pod-args.ts";
import { schedulingOf } from "./scheduling.ts";
import { volumesOf } from "./volumes.ts";

type PodSpec = k8s.types.input.core.v1.PodSpec;
type PodTemplate = k8s.types.input.core.v1.PodTemplateSpec;
type Container = k8s.types.input.core.v1.Container;

const DEFAULT_GPU_RESOURCE = "nvidia.com/gpu";

export function deploymentArgs(
  identity: Identity,
  plan: pulumi.Input<VllmPlan>,
  args: VllmDeploymentArgs,
): k8s.apps.v1.DeploymentArgs {
  const timeout = lift(plan, ({ rolloutTimeoutSeconds }) => String(rolloutTimeoutSeconds));
  const replicas = lift(plan, (known) => known.replicas);
  return {
    // Large models take longer than the ten minutes that the provider waits by default.
    metadata: metadataOf(identity, { "pulumi.com/timeoutSeconds": timeout }),
    spec: {
      ...(replicas === undefined ? {} : { replicas: replicas as pulumi.Input<number> }),
      revisionHistoryLimit: 3,
      progressDeadlineSeconds: lift(plan, ({ progressDeadlineSeconds }) => progressDeadlineSeconds),
      strategy: lift(plan, ({ maxSurge, maxUnavailable }) => ({
        type: "RollingUpdate",
        rollingUpdate: { maxSurge, maxUnavailable },
      })),
      selector: { matchLabels: identity.selector },
      template: podTemplate(identity, plan, args),
    },
  };
}

/** The pods that serve. */
export function podTemplate(
  identity: Identity,
  plan: pulumi.Input<VllmPlan>,
  args: VllmDeploymentArgs,
): Omit<PodTemplate, "spec"> & { spec: PodSpec & { containers: Container[] } } {
  return {
    metadata: {
      labels: merge(args.podLabels, identity.labels),
      annotations: merge(identity.annotations, args.podAnnotations, identity.podAnnotations),
    },
    spec: podSpec(identity, plan, args),
  };
}

function podSpec(
  identity: Identity,
  plan: pulumi.Input<VllmPlan>,
  args: VllmDeploymentArgs,
): PodSpec & { containers: Container[] } {
  const { volumes, volumeMounts } = volumesOf(plan, args);
  const pullSecrets = liftOptional(args.imagePullSecrets, (names) => names.map((name) => ({ name })));
  return {
    serviceAccountName: identity.name,
    automountServiceAccountToken: false,
    // A Service named "vllm" would set VLLM_PORT in its neighbours, which vLLM reads as its own.
    enableServiceLinks: false,
    ...(pullSecrets === undefined ? {} : { imagePullSecrets: pullSecrets }),
    ...schedulingOf(identity, args),
    securityContext: podSecurity(args.security, DEFAULT_IDS),
    terminationGracePeriodSeconds: lift(plan, (known) => known.terminationGracePeriodSeconds),
    containers: [{ ...serverContainer(identity, plan, args), volumeMounts }],
    volumes,
  };
}

/** User and groups of pods that serve a model, and of those that fill its volume. */
export const DEFAULT_IDS = { userId: 2000, groupId: 0, volumeGroupId: 2000 };

/** Passes the restricted pod security standard. */
export function podSecurity(
  security: pulumi.Input<VllmSecurityArgs> | undefined,
  defaults: { userId: number; groupId: number; volumeGroupId: number },
): PodSpec["securityContext"] {
  return lift(security ?? {}, ({ userId, groupId, volumeGroupId }) => ({
    runAsNonRoot: true,
    runAsUser: userId ?? defaults.userId,
    runAsGroup: groupId ?? defaults.groupId,
    fsGroup: volumeGroupId ?? defaults.volumeGroupId,
    // A recursive chown of hundreds of gigabytes would come before every start.
    fsGroupChangePolicy: "OnRootMismatch",
    seccompProfile: { type: "RuntimeDefault" },
  }));
}

/** The same of each container. */
export const CONTAINER_SECURITY = {
  allowPrivilegeEscalation: false,
  privileged: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};

function serverContainer(
  identity: Identity,
  plan: pulumi.Input<VllmPlan>,
  args: VllmDeploymentArgs,
): Container {
  const command = lift(plan, (known) => (known.multiprocessVolume ? MULTIPROCESS_COMMAND : undefined));
  return {
    name: "vllm",
    image: args.image,
    // Only with several processes is the image's entrypoint, `vllm serve`, wrapped.
    ...(command === undefined ? {} : { command: command }),
    args: commandLine(identity, plan, args),
    env: environment(plan, args),
    ports: [{ name: HTTP_PORT_NAME, containerPort: HTTP_PORT, protocol: "TCP" }],
    resources: resourcesOf(plan, args),
    ...probes(plan),
    lifecycle: lift(plan, ({ preStopSeconds }) =>
      preStopSeconds === 0 ? {} : { preStop: { sleep: { seconds: preStopSeconds } } },
    ),
    securityContext: CONTAINER_SECURITY,
  };
}

/** CPU, memory and GPUs of a pod that holds `gpusPerPod` of the replica's GPUs; default all. */
export function resourcesOf(
  plan: pulumi.Input<VllmPlan>,
  args: Pick<VllmDeploymentArgs, "gpu">,
  gpusPerPod?: pulumi.Input<number>,
): Container["resources"] {
  return lift(args.gpu ?? {}, ({ resourceName }) =>
    lift(resourceName ?? DEFAULT_GPU_RESOURCE, (resource) =>
      lift(plan, ({ gpusPerReplica, resources }) => {
        const gpus = { [resource]: lift(gpusPerPod ?? gpusPerReplica, String) };
        const { cpuRequest, cpuLimit, memoryRequest, memoryLimit } = resources;
        return {
          requests: { cpu: cpuRequest, memory: memoryRequest, ...gpus },
          // The GPU must be in the limits for the DCGM exporter to name the pod.
          limits: { ...(cpuLimit === undefined ? {} : { cpu: cpuLimit }), memory: memoryLimit, ...gpus },
        };
      }),
    ),
  );
}

/**
 * /health answers only after the model is loaded, and 503 only when the engine is dead. /v1/models would answer 401
 * with an API key.
 */
function probes(plan: pulumi.Input<VllmPlan>): Partial<Container> {
  const httpGet = { path: "/health", port: HTTP_PORT_NAME };
  return {
    // Until this one has succeeded the others don't run, so a long load is never taken for a dead server.
    startupProbe: {
      httpGet,
      periodSeconds: STARTUP_PERIOD_SECONDS,
      timeoutSeconds: 5,
      failureThreshold: lift(plan, ({ startupFailureThreshold }) => startupFailureThreshold),
    },
    readinessProbe: { httpGet, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 3 },
    // A saturated front end may be slow to answer; a restart would cost a model load.
    livenessProbe: { httpGet, periodSeconds: 10, timeoutSeconds: 10, failureThreshold: 6 },
  };
}
