/** What the pods of all Thanos programs have in common. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { imageReference } from "../kube-prometheus/images.ts";
import { OBJECT_STORE_KEY } from "../object-store/config.ts";
import { selectorLabels, standardLabels } from "../support/labels.ts";
import { restrictedContainer, restrictedPod } from "../support/security.ts";
import { checksum } from "./checksum.ts";
import {
  GRPC_PORT,
  HTTP_PORT,
  objectStoreSecretName,
  type ThanosApplication,
  type ThanosContext,
} from "./names.ts";
import { TLS_FOLDER, tlsVolume } from "./tls.ts";

type Volume = k8s.types.input.core.v1.Volume;
type VolumeMount = k8s.types.input.core.v1.VolumeMount;
type PodTemplateSpec = k8s.types.input.core.v1.PodTemplateSpec;

/** uid of the image. */
const THANOS_USER = 1001;
export const OBJECT_STORE_FOLDER = "/etc/thanos/objstore";
export const DATA_FOLDER = "/var/thanos/data";
/** Readable for the group of the volume only. */
const SECRET_MODE = 0o440;
/** Seconds in which requests under way are answered when a pod ends. */
const GRACE = 15;

/** A program and what only it needs. */
export interface ThanosProgramSpec {
  application: ThanosApplication;
  /** Name of its workload; pods are selected by it. */
  instance: string;
  account: string;
  /** Sub-command and its own arguments. */
  command: string;
  args: pulumi.Input<string>[];
  resources: pulumi.Input<k8s.types.input.core.v1.ResourceRequirements>;
  hasGrpc: boolean;
  /** Reads the object-store file. */
  usesBucket: boolean;
  volumes?: Volume[];
  mounts?: VolumeMount[];
  /** Text whose change has to restart the pods, because the program reads it only once. */
  configuration?: pulumi.Input<string>;
  /** Seconds that the first look at the bucket may take. Default: 300. */
  startupSeconds?: number;
}

/** Labels that pods of a program are selected by. */
export function podSelector(program: Pick<ThanosProgramSpec, "application" | "instance">) {
  return selectorLabels(program.application, program.instance);
}

/** Requests, and a limit on memory only: a CPU limit would throttle the very queries that are in a hurry. */
export function requirements(cpu: string, memoryRequest: string, memoryLimit: string) {
  return { requests: { cpu, memory: memoryRequest }, limits: { memory: memoryLimit } };
}

/** The pod template of a program. */
export function podTemplate(context: ThanosContext, program: ThanosProgramSpec): PodTemplateSpec {
  const { args } = context;
  const labels = podSelector(program);
  const usesTls = args.grpcTls !== undefined && (program.hasGrpc || program.command === "query");
  return {
    metadata: {
      labels: standardLabels(program.application, program.instance),
      annotations: checksums(context, program),
    },
    spec: {
      serviceAccountName: program.account,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 2 * GRACE,
      nodeSelector: args.nodeSelector ?? { "kubernetes.io/os": "linux" },
      ...(args.tolerations === undefined ? {} : { tolerations: args.tolerations }),
      ...(args.priorityClassName === undefined ? {} : { priorityClassName: args.priorityClassName }),
      securityContext: restrictedPod(THANOS_USER, THANOS_USER),
      affinity: spread(labels),
      containers: [
        {
          name: program.application,
          image: imageReference(args.images, "thanos"),
          args: [program.command, ...commonArgs(context, program), ...program.args],
          ports: [
            { name: "http", containerPort: HTTP_PORT, protocol: "TCP" },
            ...(program.hasGrpc ? [{ name: "grpc", containerPort: GRPC_PORT, protocol: "TCP" }] : []),
          ],
          resources: program.resources,
          startupProbe: {
            ...probe("/-/ready"),
            periodSeconds: 2,
            failureThreshold: Math.ceil((program.startupSeconds ?? 300) / 2),
          },
          readinessProbe: { ...probe("/-/ready"), periodSeconds: 5, timeoutSeconds: 3 },
          livenessProbe: {
            ...probe("/-/healthy"),
            periodSeconds: 30,
            timeoutSeconds: 5,
            failureThreshold: 4,
          },
          securityContext: restrictedContainer,
          terminationMessagePolicy: "FallbackToLogsOnError",
          volumeMounts: [
            ...(program.usesBucket
              ? [{ name: "objstore", mountPath: OBJECT_STORE_FOLDER, readOnly: true }]
              : []),
            ...(usesTls ? [{ name: "grpc-tls", mountPath: TLS_FOLDER, readOnly: true }] : []),
            ...(program.mounts ?? []),
          ],
        },
      ],
      volumes: [
        ...(program.usesBucket
          ? [
              {
                name: "objstore",
                secret: { secretName: objectStoreSecretName(context.name), defaultMode: SECRET_MODE },
              },
            ]
          : []),
        ...(usesTls ? [tlsVolume(args.grpcTls)] : []),
        ...(program.volumes ?? []),
      ],
    },
  };
}

/** Arguments that every program has. */
function commonArgs({ args }: ThanosContext, program: ThanosProgramSpec): string[] {
  const tls = args.grpcTls;
  return [
    "--log.level=info",
    "--log.format=logfmt",
    // Go's collector works harder before the limit is reached, instead of the kernel killing the pod.
    "--enable-auto-gomemlimit",
    `--http-address=0.0.0.0:${String(HTTP_PORT)}`,
    `--http-grace-period=${String(GRACE)}s`,
    ...(program.hasGrpc
      ? [`--grpc-address=0.0.0.0:${String(GRPC_PORT)}`, `--grpc-grace-period=${String(GRACE)}s`]
      : []),
    ...(program.hasGrpc && tls !== undefined
      ? [
          `--grpc-server-tls-cert=${TLS_FOLDER}/tls.crt`,
          `--grpc-server-tls-key=${TLS_FOLDER}/tls.key`,
          `--grpc-server-tls-client-ca=${TLS_FOLDER}/ca.crt`,
        ]
      : []),
    ...(program.usesBucket ? [`--objstore.config-file=${OBJECT_STORE_FOLDER}/${OBJECT_STORE_KEY}`] : []),
  ];
}

/** The programs read these files once, at their start. */
function checksums(
  { objectStoreFile }: ThanosContext,
  { usesBucket, configuration }: ThanosProgramSpec,
): Record<string, pulumi.Input<string>> {
  return {
    ...(usesBucket ? { "vllm-monitoring/objstore-checksum": checksum(objectStoreFile) } : {}),
    ...(configuration === undefined ? {} : { "vllm-monitoring/config-checksum": checksum(configuration) }),
  };
}

function probe(path: string) {
  return { httpGet: { path, port: "http" } };
}

/** Over nodes first, then zones; preferred only, so that a small cluster still runs them. */
function spread(matchLabels: Record<string, pulumi.Input<string>>): k8s.types.input.core.v1.Affinity {
  const term = (weight: number, topologyKey: string) => ({
    weight,
    podAffinityTerm: { topologyKey, labelSelector: { matchLabels } },
  });
  return {
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        term(100, "kubernetes.io/hostname"),
        term(50, "topology.kubernetes.io/zone"),
      ],
    },
  };
}
