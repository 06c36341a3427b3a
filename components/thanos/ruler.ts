/** The ruler, as an object of the Prometheus operator. */
import * as pulumi from "@pulumi/pulumi";

import type { ThanosRulerSpec } from "../crds/monitoring.ts";
import { imageReference, imageVersion } from "../kube-prometheus/images.ts";
import { OBJECT_STORE_KEY } from "../object-store/config.ts";
import { restrictedPod } from "../support/security.ts";
import { accountName, HTTP_PORT, objectStoreSecretName, type ThanosContext } from "./names.ts";
import { requirements } from "./pod.ts";
import { queryName } from "./query.ts";
import type { ThanosRulerArgs } from "./storage-args.ts";
import { TLS_FOLDER, tlsVolume } from "./tls.ts";

const RULER_USER = 1001;
const DEFAULT_VOLUME = "10Gi";

/** Name of the object; its pods are thanos-ruler-<name>-0 and so on. */
export function rulerName(name: string): string {
  return `${name}-ruler`;
}

/** Labels that the operator puts on the pods. */
export function rulerPodLabels(name: string): Record<string, string> {
  return { "app.kubernetes.io/name": "thanos-ruler", "thanos-ruler": rulerName(name) };
}

/** Spec of the object. */
export function rulerSpec(context: ThanosContext, ruler: ThanosRulerArgs): ThanosRulerSpec {
  const { name, namespace, args } = context;
  const { grpcTls } = args;
  return {
    image: imageReference(args.images, "thanos"),
    version: imageVersion(args.images, "thanos"),
    replicas: ruler.replicas ?? 2,
    serviceAccountName: accountName(name, "ruler"),
    enableServiceLinks: false,
    // Only the rules that are meant for it: Prometheus evaluates every rule, and twice would be two alerts.
    ruleSelector: { matchLabels: ruler.ruleSelector },
    ruleNamespaceSelector: {},
    evaluationInterval: ruler.evaluationInterval ?? "15s",
    retention: ruler.retention ?? "24h",
    // The operator adds the replica's label, and drops it from alerts.
    labels: args.externalLabels,
    queryEndpoints: [pulumi.interpolate`http://${queryName(name)}.${namespace}.svc:${HTTP_PORT}`],
    alertmanagersUrl: ruler.alertmanagerUrls,
    objectStorageConfig: { name: objectStoreSecretName(name), key: OBJECT_STORE_KEY },
    storage:
      ruler.volume?.ephemeral === true
        ? { emptyDir: { sizeLimit: ruler.volume.size ?? DEFAULT_VOLUME } }
        : {
            volumeClaimTemplate: {
              spec: {
                accessModes: ["ReadWriteOnce"],
                ...(ruler.volume?.storageClassName === undefined
                  ? {}
                  : { storageClassName: ruler.volume.storageClassName }),
                resources: { requests: { storage: ruler.volume?.size ?? DEFAULT_VOLUME } },
              },
            },
          },
    ...(grpcTls === undefined
      ? {}
      : {
          grpcServerTlsConfig: {
            certFile: `${TLS_FOLDER}/tls.crt`,
            keyFile: `${TLS_FOLDER}/tls.key`,
            caFile: `${TLS_FOLDER}/ca.crt`,
          },
          volumes: [tlsVolume(grpcTls)],
          volumeMounts: [{ name: "grpc-tls", mountPath: TLS_FOLDER, readOnly: true }],
        }),
    resources: ruler.resources ?? requirements("100m", "256Mi", "1Gi"),
    securityContext: restrictedPod(RULER_USER, RULER_USER),
    nodeSelector: args.nodeSelector ?? { "kubernetes.io/os": "linux" },
    ...(args.tolerations === undefined ? {} : { tolerations: args.tolerations }),
    ...(args.priorityClassName === undefined ? {} : { priorityClassName: args.priorityClassName }),
  };
}
