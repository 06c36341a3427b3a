import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";

import { apiServerUrl, layout, type LocalEnvironment } from "../environment/environment.ts";

/** A user of the API server that authenticates with a static token. */
interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

/** Administrator first; the others have the roles that the API server makes for them at its start. */
export const users: readonly User[] = [
  { name: "admin", groups: ["system:masters"] },
  { name: "system:kube-controller-manager", groups: [] },
  { name: "system:kube-scheduler", groups: [] },
  // Stand for the kubelets of all nodes, which have no narrower identity here.
  { name: "kwok", groups: ["system:masters"] },
  { name: "node-agent", groups: ["system:masters"] },
];

const fileName = (user: string): string => user.replaceAll(":", "-");

/** Kubeconfig file of a user. */
export function kubeconfigFile(environment: LocalEnvironment, user: string): string {
  const files = layout(environment);
  return user === "admin" ? files.kubeconfig : files.kubeconfigOf(fileName(user));
}

/** Writes a file that only its owner can read, in a folder that only its owner can enter. */
export function writePrivate(file: string, content: string): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, content, { mode: 0o600 });
}

/** A value made at random once and kept; 32 bytes, in hexadecimal. */
export function secretOnce(file: string): string {
  if (!existsSync(file)) {
    writePrivate(file, randomBytes(32).toString("hex"));
  }
  return readFileSync(file, "utf8").trim();
}

/** A kubeconfig with one cluster, user and context. JSON is valid YAML. */
export function kubeconfig(options: {
  readonly server: string;
  readonly certificateAuthority: string;
  readonly user: string;
  readonly token: string;
  readonly name: string;
}): string {
  return JSON.stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      "current-context": options.name,
      clusters: [
        {
          name: options.name,
          cluster: {
            server: options.server,
            "certificate-authority-data": Buffer.from(options.certificateAuthority).toString("base64"),
          },
        },
      ],
      users: [{ name: options.user, user: { token: options.token } }],
      contexts: [{ name: options.name, context: { cluster: options.name, user: options.user } }],
    },
    null,
    2,
  );
}

/** Makes the key that signs ServiceAccount tokens and the users' tokens, unless they are there. */
export function ensureCredentials(environment: LocalEnvironment): void {
  const files = layout(environment);
  if (!existsSync(files.serviceAccountKey)) {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    writePrivate(files.serviceAccountKey, privateKey.export({ type: "pkcs1", format: "pem" }).toString());
  }
  if (!existsSync(files.tokens)) {
    const rows = users.map(({ name, groups }) =>
      [randomBytes(24).toString("hex"), name, name, `"${groups.join(",")}"`].join(","),
    );
    writePrivate(files.tokens, `${rows.join("\n")}\n`);
  }
}

/** Writes every user's kubeconfig; the API server has to have made its certificate before. */
export function writeKubeconfigs(environment: LocalEnvironment): void {
  const files = layout(environment);
  const certificateAuthority = readFileSync(path.join(files.certificates, "apiserver.crt"), "utf8");
  const rows = readFileSync(files.tokens, "utf8").trim().split("\n");
  for (const row of rows) {
    const [token = "", user = ""] = row.split(",");
    writePrivate(
      kubeconfigFile(environment, user),
      kubeconfig({
        server: apiServerUrl(environment),
        certificateAuthority,
        user,
        token,
        name: `vllm-monitoring-${environment.name}`,
      }),
    );
  }
}
