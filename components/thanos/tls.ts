/** TLS of the gRPC connections. */
import type * as k8s from "@pulumi/kubernetes";

import type { ThanosConnectionTlsArgs } from "./args.ts";

export const TLS_FOLDER = "/etc/thanos/tls";
const SECRET_MODE = 0o440;

/** The certificate, its key and the CA of the others, in one volume. */
export function tlsVolume(tls: ThanosConnectionTlsArgs | undefined): k8s.types.input.core.v1.Volume {
  return { name: "grpc-tls", secret: { secretName: tls?.secretName ?? "", defaultMode: SECRET_MODE } };
}

/** How query speaks to the others, in the endpoints file. */
export function clientTls() {
  return {
    enabled: true,
    cert_file: `${TLS_FOLDER}/tls.crt`,
    key_file: `${TLS_FOLDER}/tls.key`,
    ca_file: `${TLS_FOLDER}/ca.crt`,
    min_version: "1.3",
  };
}
