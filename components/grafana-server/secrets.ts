import { hkdfSync } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

/** Fewest characters of a seed: 32 hexadecimal digits are 128 bits. */
export const SEED_LENGTH = 32;

/** Both of Grafana's secrets. */
export interface GrafanaSecrets {
  adminPassword: string;
  secretKey: string;
}

/**
 * Derives Grafana's secrets from one (HKDF with SHA-256, RFC 5869): each is independent of the other, and the same at every
 * run, so that no state outside of the configuration is needed.
 */
export function deriveSecrets(seed: string, instance: string): GrafanaSecrets {
  const derive = (purpose: string): string =>
    Buffer.from(hkdfSync("sha256", seed, instance, `vllm-monitoring/grafana/${purpose}`, 24)).toString(
      "base64url",
    );
  return { adminPassword: derive("admin-password"), secretKey: derive("secret-key") };
}

/** Data of the Secret, which the engine encrypts in its state. */
export function secretData(
  seed: pulumi.Input<string>,
  instance: string,
): pulumi.Output<Record<string, string>> {
  return pulumi.secret(seed).apply((known): Record<string, string> => {
    const { adminPassword, secretKey } = deriveSecrets(known, instance);
    return { "admin-user": "admin", "admin-password": adminPassword, "secret-key": secretKey };
  });
}
