/** The RayService of a model. */
import type * as pulumi from "@pulumi/pulumi";
import type {
  RayClusterSpec,
  RayRedisCredential,
  RayServiceArgs,
  RayWorkerGroupSpec,
} from "../crds/kuberay.ts";
import type { RayVllmServiceArgs } from "../ray-vllm-service.ts";
import { lift } from "../support/inputs.ts";
import { CONTAINER_SECURITY } from "../vllm/deployment.ts";
import { HOME_DIRECTORY } from "../vllm/environment.ts";
import { metadataOf } from "../vllm/identity.ts";
import type { SecretKeyArgs } from "../vllm/model-args.ts";
import { RayAuthentication, RayUpgrade } from "./args.ts";
import { headEnvironment } from "./environment.ts";
import type { RayIdentity } from "./identity.ts";
import type { RayPlan } from "./plan.ts";
import { HEAD_OBJECT_STORE_BYTES, headTemplate, workerTemplate } from "./pods.ts";
import { serveConfigText } from "./serve-config.ts";

/** Seconds that the first cluster of a service keeps requests that it has taken, after the second one took over. */
const DELETION_DELAY_SECONDS = 60;

export function rayServiceArgs(
  identity: RayIdentity,
  plan: pulumi.Input<RayPlan>,
  args: RayVllmServiceArgs,
): RayServiceArgs {
  return {
    metadata: lift(args.waitForReady ?? true, (wait) =>
      metadataOf(identity, wait ? readiness(plan) : { "pulumi.com/skipAwait": "true" }),
    ),
    spec: {
      serveConfigV2: serveConfigText(identity, plan, args),
      // It has no CPU for actors and should have no traffic: all of it goes to the workers' proxies.
      excludeHeadPodFromServeSvc: true,
      upgradeStrategy: {
        type: lift(args.upgrade ?? RayUpgrade.NewCluster, (upgrade) =>
          upgrade === RayUpgrade.None ? "None" : "NewCluster",
        ),
      },
      rayClusterDeletionDelaySeconds: lift(plan, ({ pod }) =>
        Math.max(DELETION_DELAY_SECONDS, pod.preStopSeconds + pod.shutdownSeconds),
      ),
      rayClusterConfig: clusterSpec(identity, plan, args),
    },
  };
}

/** Waits as long as a rollout of one pod may take, head and application included. */
function readiness(plan: pulumi.Input<RayPlan>): Record<string, pulumi.Input<string>> {
  return {
    "pulumi.com/waitFor": "condition=Ready",
    "pulumi.com/timeoutSeconds": lift(plan, ({ pod }) => String(2 * pod.progressDeadlineSeconds)),
  };
}

function clusterSpec(
  identity: RayIdentity,
  plan: pulumi.Input<RayPlan>,
  args: RayVllmServiceArgs,
): pulumi.Input<RayClusterSpec> {
  const authentication = args.authentication ?? RayAuthentication.Token;
  return lift(plan, ({ autoscaled }) =>
    lift(authentication, (mode) => ({
      rayVersion: args.rayVersion,
      enableInTreeAutoscaling: autoscaled,
      ...(autoscaled ? { autoscalerOptions: autoscalerOptions(args) } : {}),
      ...(mode === RayAuthentication.Token ? { authOptions: { mode: "token" } } : {}),
      ...(args.faultTolerance === undefined
        ? {}
        : { gcsFaultToleranceOptions: redisOf(args.faultTolerance) }),
      headGroupSpec: {
        rayStartParams: {
          "dashboard-host": "0.0.0.0",
          // No actor runs on the head: where it is there need be neither GPUs nor the model.
          "num-cpus": "0",
          "num-gpus": "0",
          "object-store-memory": String(HEAD_OBJECT_STORE_BYTES),
        },
        template: headTemplate(identity, plan, args),
      },
      workerGroupSpecs: workerGroups(identity, plan, args),
    })),
  );
}

/** The autoscaler of worker pods, a container beside the head. */
function autoscalerOptions(args: RayVllmServiceArgs) {
  return {
    version: "v2",
    // Replicas are removed after downscale_delay_s; their pods then soon.
    idleTimeoutSeconds: 60,
    env: headEnvironment(HOME_DIRECTORY, args),
    resources: { requests: { cpu: "200m", memory: "512Mi" }, limits: { memory: "512Mi" } },
    securityContext: CONTAINER_SECURITY,
    volumeMounts: [
      { name: "vllm-tmp", mountPath: "/tmp" },
      { name: "vllm-home", mountPath: HOME_DIRECTORY },
    ],
  };
}

function redisOf(faultTolerance: NonNullable<RayVllmServiceArgs["faultTolerance"]>) {
  return lift(faultTolerance, ({ redisAddress, usernameSecret, passwordSecret }) => ({
    redisAddress,
    ...(usernameSecret === undefined ? {} : { redisUsername: credential(usernameSecret) }),
    ...(passwordSecret === undefined ? {} : { redisPassword: credential(passwordSecret) }),
  }));
}

function credential(secret: pulumi.Input<SecretKeyArgs>): pulumi.Input<RayRedisCredential> {
  return lift(secret, ({ name, key }) => ({ valueFrom: { secretKeyRef: { name, key } } }));
}

function workerGroups(
  identity: RayIdentity,
  plan: pulumi.Input<RayPlan>,
  args: RayVllmServiceArgs,
): pulumi.Input<pulumi.Input<RayWorkerGroupSpec>[]> {
  return lift(plan, (known) =>
    known.groups.map((group, index) => ({
      groupName: group.name,
      rayStartParams: {
        "num-cpus": String(known.cpusPerWorker),
        "num-gpus": String(known.gpusPerWorker),
        "object-store-memory": String(known.objectStoreBytes),
      },
      // With the autoscaler only the start: it owns the number, in the RayCluster, which no deployment changes.
      replicas: group.minWorkers,
      minReplicas: group.minWorkers,
      maxReplicas: group.maxWorkers,
      numOfHosts: 1,
      template: workerTemplate(identity, plan, args, args.workerGroups?.[index]?.scheduling, group),
    })),
  );
}
