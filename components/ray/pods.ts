/** Pod templates of head and workers. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { RayVllmServiceArgs } from "../ray-vllm-service.ts";
import { lift, liftOptional } from "../support/inputs.ts";
import { CONTAINER_SECURITY, podSecurity, resourcesOf } from "../vllm/deployment.ts";
import { HOME_DIRECTORY } from "../vllm/environment.ts";
import type { VllmSchedulingArgs } from "../vllm/pod-args.ts";
import { schedulingOf } from "../vllm/scheduling.ts";
import { volumesOf } from "../vllm/volumes.ts";
import { headEnvironment, workerEnvironment } from "./environment.ts";
import { METRICS_PORT, podMetadata, SERVE_PORT, selectorOf, type RayIdentity } from "./identity.ts";
import type { RayPlan, WorkerBounds } from "./plan.ts";

type PodSpec = k8s.types.input.core.v1.PodSpec;
type PodTemplateSpec = k8s.types.input.core.v1.PodTemplateSpec;

/** User and group of Ray's images. */
const RAY_USER = { userId: 1000, groupId: 100, volumeGroupId: 1000 };

/** Share of the head's memory limit for /dev/shm, where Ray keeps objects. */
const HEAD_SHARED_MEMORY = "512Mi";
/** Half of it: the head passes on small objects only. */
export const HEAD_OBJECT_STORE_BYTES = 256 * 2 ** 20;

/** Ports of a worker; the head has them too. */
const WORKER_PORTS = [
  { name: "metrics", containerPort: METRICS_PORT, protocol: "TCP" },
  // The operator makes the Service from the head's port of this name, and sends it to the workers.
  { name: "serve", containerPort: SERVE_PORT, protocol: "TCP" },
];

/** Ports of the head. */
export const HEAD_PORTS = [
  ...WORKER_PORTS,
  { name: "gcs-server", containerPort: 6379, protocol: "TCP" },
  { name: "dashboard", containerPort: 8265, protocol: "TCP" },
  { name: "as-metrics", containerPort: 44217, protocol: "TCP" },
  { name: "dash-metrics", containerPort: 44227, protocol: "TCP" },
];

function common(args: RayVllmServiceArgs): Partial<PodSpec> {
  const pullSecrets = liftOptional(args.imagePullSecrets, (names) => names.map((name) => ({ name })));
  return {
    enableServiceLinks: false,
    ...(pullSecrets === undefined ? {} : { imagePullSecrets: pullSecrets }),
    securityContext: podSecurity(args.security, RAY_USER),
  };
}

/** The head. Its account needs a token only for the autoscaler, which runs beside it. */
export function headTemplate(
  identity: RayIdentity,
  plan: pulumi.Input<RayPlan>,
  args: RayVllmServiceArgs,
): PodTemplateSpec {
  const head = args.head ?? {};
  const priority = lift(head, ({ priorityClassName }) =>
    lift(args.scheduling ?? {}, (scheduling) => priorityClassName ?? scheduling.priorityClassName),
  );
  const nodeSelector = lift(head, (known) => known.nodeSelector);
  return {
    metadata: podMetadata(identity, "head", args),
    spec: {
      ...common(args),
      serviceAccountName: identity.headName,
      automountServiceAccountToken: lift(plan, ({ autoscaled }) => autoscaled),
      ...(nodeSelector === undefined ? {} : { nodeSelector }),
      tolerations: lift(head, ({ tolerationKeys }) =>
        lift(tolerationKeys ?? [], (keys) => keys.map((key) => ({ key, operator: "Exists" }))),
      ),
      ...(priority === undefined ? {} : { priorityClassName: priority }),
      containers: [
        {
          name: "ray-head",
          image: args.image,
          env: headEnvironment(HOME_DIRECTORY, args),
          ports: HEAD_PORTS,
          resources: lift(head, ({ cpuRequest = "2", memory = "8Gi" }) => ({
            requests: { cpu: cpuRequest, memory },
            limits: { memory },
          })),
          securityContext: CONTAINER_SECURITY,
          volumeMounts: [
            { name: "vllm-tmp", mountPath: "/tmp" },
            { name: "vllm-home", mountPath: HOME_DIRECTORY },
            { name: "vllm-shm", mountPath: "/dev/shm" },
          ],
        },
      ],
      volumes: [
        { name: "vllm-tmp", emptyDir: {} },
        { name: "vllm-home", emptyDir: {} },
        { name: "vllm-shm", emptyDir: { medium: "Memory", sizeLimit: HEAD_SHARED_MEMORY } },
      ],
    },
  };
}

/**
 * Pod annotation with a group's bounds. The operator leaves the bounds themselves out when it compares a cluster with its
 * service, so that without it a change of them alone would never reach a cluster that is there.
 */
const BOUNDS_KEY = "vllm-monitoring/worker-bounds";

/** The workers of one group, which is placed as `scheduling` says. */
export function workerTemplate(
  identity: RayIdentity,
  plan: pulumi.Input<RayPlan>,
  args: RayVllmServiceArgs,
  scheduling: pulumi.Input<VllmSchedulingArgs> | undefined,
  { minWorkers, maxWorkers }: WorkerBounds,
): PodTemplateSpec {
  const pod = lift(plan, (known) => known.pod);
  const { volumes, volumeMounts } = volumesOf(pod, args);
  return {
    metadata: podMetadata(identity, "worker", args, {
      [BOUNDS_KEY]: `${String(minWorkers)}-${String(maxWorkers)}`,
    }),
    spec: {
      ...common(args),
      serviceAccountName: identity.name,
      automountServiceAccountToken: false,
      ...schedulingOf(
        { selector: selectorOf(identity, "worker") },
        {
          ...(args.gpu === undefined ? {} : { gpu: args.gpu }),
          scheduling: scheduling ?? args.scheduling ?? {},
        },
        "ray.io/cluster",
      ),
      terminationGracePeriodSeconds: lift(pod, (known) => known.terminationGracePeriodSeconds),
      containers: [
        {
          name: "ray-worker",
          image: args.image,
          env: workerEnvironment(plan, args),
          ports: WORKER_PORTS,
          resources: resourcesOf(
            pod,
            args,
            lift(plan, ({ gpusPerWorker }) => gpusPerWorker),
          ),
          // `ray start` ends at once on SIGTERM: until then the pod leaves the endpoints and finishes what runs.
          lifecycle: lift(pod, ({ preStopSeconds, shutdownSeconds }) =>
            preStopSeconds + shutdownSeconds === 0
              ? {}
              : { preStop: { sleep: { seconds: preStopSeconds + shutdownSeconds } } },
          ),
          securityContext: CONTAINER_SECURITY,
          volumeMounts,
        },
      ],
      volumes,
    },
  };
}
