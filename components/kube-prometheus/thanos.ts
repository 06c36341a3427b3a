import type { ThanosSidecarSpec } from "../crds/monitoring.ts";
import type { KubePrometheusArgs } from "./args.ts";
import { imageReference, imageVersion } from "./images.ts";

/** Ports of the sidecar, which the operator fixes. */
export const THANOS_GRPC_PORT = 10901;
export const THANOS_HTTP_PORT = 10902;
export const THANOS_SIDECAR_APPLICATION = "thanos-sidecar";
/** Length of blocks unless told otherwise: Prometheus' own. */
export const DEFAULT_BLOCK_DURATION = "2h";

/** The fields of the Prometheus object that make a sidecar; none without `prometheus.thanos`. */
export function thanosFields(args: KubePrometheusArgs): {
  thanos?: ThanosSidecarSpec;
  disableCompaction?: boolean;
} {
  const sidecar = args.prometheus?.thanos;
  if (sidecar === undefined) return {};
  const { objectStorageConfig, grpcTls } = sidecar;
  return {
    // Written out only where it is asked for: false would be the operator's default.
    ...(sidecar.disableCompaction === true ? { disableCompaction: true } : {}),
    thanos: {
      image: imageReference(args.images, "thanos"),
      version: imageVersion(args.images, "thanos"),
      resources: sidecar.resources ?? {
        requests: { cpu: "50m", memory: "128Mi" },
        limits: { memory: "512Mi" },
      },
      ...(objectStorageConfig === undefined ? {} : { objectStorageConfig }),
      ...(sidecar.disableCompaction === true
        ? { blockSize: sidecar.blockDuration ?? DEFAULT_BLOCK_DURATION }
        : {}),
      ...(sidecar.minTime === undefined ? {} : { minTime: sidecar.minTime }),
      readyTimeout: sidecar.readyTimeout ?? "10m",
      logLevel: sidecar.logLevel ?? "info",
      ...(grpcTls === undefined
        ? {}
        : {
            grpcServerTlsConfig: {
              certFile: grpcTls.certFile,
              keyFile: grpcTls.keyFile,
              ...(grpcTls.clientCaFile === undefined ? {} : { caFile: grpcTls.clientCaFile }),
            },
          }),
      ...(sidecar.volumeMounts === undefined ? {} : { volumeMounts: sidecar.volumeMounts }),
    },
  };
}
