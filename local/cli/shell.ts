import { existsSync } from "node:fs";
import * as path from "node:path";

import { layout } from "../environment/environment.ts";
import { repositoryRoot } from "../toolchain/tools.ts";
import { officialKubernetesProvider, ownProviderDirectory, type Session } from "./session.ts";

const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\\''`)}'`;

/**
 * Shell commands after which the plain `pulumi` command works on the embedded cluster: `eval "$(make shell)"`.
 *
 * It keeps a state of its own, so that what it does is not mixed up with what `make up` did.
 *
 * @throws when the environment is not the embedded one, or is not up
 */
export function shellVariables(session: Session): string {
  const files = layout(session.environment);
  if (!session.isEmbedded || !existsSync(files.kubeconfig)) {
    throw new Error(
      "there is no embedded cluster to point at; start it with `make up`, with KUBECONFIG unset",
    );
  }
  const official = officialKubernetesProvider();
  const providers = official === undefined ? ownProviderDirectory : path.dirname(official);
  const variables = {
    KUBECONFIG: files.kubeconfig,
    PULUMI_BACKEND_URL: `file://${path.join(files.pulumi, "plain")}`,
    PULUMI_CONFIG_PASSPHRASE_FILE: path.join(files.secrets, "pulumi-passphrase"),
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
  return [
    `mkdir -p ${quote(path.join(files.pulumi, "plain"))}`,
    ...Object.entries(variables).map(([name, value]) => `export ${name}=${quote(value)}`),
    `export PATH=${[providers, path.join(repositoryRoot, "node_modules", ".bin")].map(quote).join(":")}:"$PATH"`,
  ].join("\n");
}
