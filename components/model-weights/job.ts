/** The Job that fills the volume, and its claim. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { lift } from "../support/inputs.ts";
import { parseQuantity } from "../support/quantity.ts";
import { CONTAINER_SECURITY, DEFAULT_IDS, podSecurity } from "../vllm/deployment.ts";
import { awsCredentials, type Variable } from "../vllm/environment.ts";
import { ModelWeightsOrigin, type ModelWeightsArgs } from "./args.ts";
import { digestOf, directoryOf, FILL_SCRIPT, identityOf, VOLUME_DIRECTORY } from "./script.ts";

const GIBIBYTE = 2 ** 30;
/** Mebibytes a second that any network gives. */
const SLOWEST = 25;
/** Seconds beside the copy: an image that is pulled, a node that is made. */
const PREPARATION = 600;
const DEFAULT_GIB = 100;
/** Copies that fail are tried again: each goes on where the last one stopped. */
const RETRIES = 6;

/** Seconds after which the copy is given up. */
export function timeoutOf({ timeoutSeconds, expectedGiB, volume }: ModelWeightsArgs): number {
  if (timeoutSeconds !== undefined) return timeoutSeconds;
  const size = volume.size === undefined ? undefined : parseQuantity(volume.size);
  const gibibytes = expectedGiB ?? (size === undefined ? DEFAULT_GIB : size / GIBIBYTE);
  return PREPARATION + Math.ceil((gibibytes * 1024) / SLOWEST);
}

/** What the Job refers to. */
export interface ModelWeightsParts {
  labels: Record<string, pulumi.Input<string>>;
  serviceAccount: pulumi.Input<string>;
  claim: pulumi.Input<string>;
}

export function jobSpec(parts: ModelWeightsParts, args: ModelWeightsArgs): k8s.types.input.batch.v1.JobSpec {
  const user = args.userId ?? DEFAULT_IDS.userId;
  return {
    backoffLimit: RETRIES,
    activeDeadlineSeconds: timeoutOf(args),
    template: {
      metadata: { labels: parts.labels },
      spec: {
        // The pods of failed attempts stay, with their logs.
        restartPolicy: "Never",
        serviceAccountName: parts.serviceAccount,
        automountServiceAccountToken: false,
        ...(args.imagePullSecrets === undefined
          ? {}
          : { imagePullSecrets: lift(args.imagePullSecrets, (names) => names.map((name) => ({ name }))) }),
        securityContext: podSecurity({ userId: user, volumeGroupId: user }, DEFAULT_IDS),
        containers: [
          {
            name: "fill",
            image: args.image,
            command: ["/bin/sh", "-c", FILL_SCRIPT],
            env: variables(args),
            resources: {
              requests: { cpu: "500m", memory: "1Gi" },
              limits: { memory: args.memoryLimit ?? "4Gi" },
            },
            securityContext: CONTAINER_SECURITY,
            volumeMounts: [
              { name: "weights", mountPath: VOLUME_DIRECTORY },
              { name: "scratch", mountPath: "/tmp" },
            ],
          },
        ],
        volumes: [
          { name: "weights", persistentVolumeClaim: { claimName: parts.claim } },
          { name: "scratch", emptyDir: {} },
        ],
      },
    },
  };
}

function variables(args: ModelWeightsArgs): Variable[] {
  const { origin, hub, s3 } = args;
  const own: Variable[] = [
    { name: "ORIGIN", value: origin },
    { name: "IDENTITY", value: identityOf(args) },
    { name: "DIGEST", value: digestOf(args) },
    { name: "DIRECTORY", value: directoryOf(args) },
    { name: "HOME", value: "/tmp" },
  ];
  if (origin === ModelWeightsOrigin.Hub && hub !== undefined) {
    own.push({ name: "HUB_ID", value: hub.id }, { name: "HUB_REVISION", value: hub.revision });
    own.push({ name: "HF_HUB_DISABLE_TELEMETRY", value: "1" });
    if (hub.endpoint !== undefined) own.push({ name: "HF_ENDPOINT", value: hub.endpoint });
    if (hub.tokenSecret !== undefined)
      own.push({ name: "HF_TOKEN", valueFrom: { secretKeyRef: { ...hub.tokenSecret } } });
  }
  if (origin === ModelWeightsOrigin.S3 && s3 !== undefined) {
    own.push({ name: "S3_URI", value: s3.uri });
    if (s3.region !== undefined) own.push({ name: "AWS_REGION", value: s3.region });
    if (s3.endpoint !== undefined) own.push({ name: "AWS_ENDPOINT_URL", value: s3.endpoint });
    if (s3.credentialsSecret !== undefined) own.push(...awsCredentials(s3.credentialsSecret));
  }
  return own;
}
