/**
 * Without a container runtime a pod's volumes are not where its containers expect them, and there is no cluster DNS.
 * Both are made up for by rewriting texts: arguments, environment values and the files of volumes. Nothing else of what
 * the stack or the operator wrote is touched.
 */

/** What is replaced by what. */
export interface Rewriting {
  /** Mount path in the container to folder on this machine. */
  readonly paths: ReadonlyMap<string, string>;
  /** Host name in the cluster to address. */
  readonly names: ReadonlyMap<string, string>;
}

const escape = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`);

/** Host names of at least two labels; longer ones are tried as a whole only. */
const hostName =
  /(?<![A-Za-z0-9._-])[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+\.?/g;

/** A name that Thanos looks up as an SRV record, such as `dnssrv+_grpc._tcp.thanos-store.monitoring.svc`. */
const serviceRecord = /\bdnssrv(?:noa)?\+(_[a-z0-9-]+\._tcp(?:\.[a-z0-9-]+)+\.?)/g;

/** Before a name that a certificate has to bear, which is no place to connect to. */
const certificateName = /server_name:\s*["']?$/;

/** Drops what makes a cluster name absolute: the root dot and the cluster's domain. */
export function normaliseName(name: string): string {
  return name.replace(/\.$/, "").replace(/\.cluster\.local$/, "");
}

/**
 * Replaces mount paths, where they stand as whole paths or as the beginning of one, and known host names.
 *
 * `quay.io/prometheus/prometheus` does not hold the mount path `/prometheus`: a path begins where a word begins.
 */
export function rewriteText(text: string, rewriting: Rewriting): string {
  let result = text;
  if (rewriting.paths.size > 0) {
    const longestFirst = [...rewriting.paths.keys()].sort((a, b) => b.length - a.length);
    const pattern = new RegExp(
      `(?<![A-Za-z0-9_./-])(?:${longestFirst.map(escape).join("|")})(?![A-Za-z0-9_.-])`,
      "g",
    );
    result = result.replaceAll(pattern, (found) => rewriting.paths.get(found) ?? found);
  }
  if (rewriting.names.size > 0) {
    result = result.replaceAll(
      serviceRecord,
      (found, name: string) => rewriting.names.get(normaliseName(name)) ?? found,
    );
    result = result.replaceAll(hostName, (found, offset: number, whole: string) =>
      certificateName.test(whole.slice(Math.max(0, offset - 20), offset))
        ? found
        : (rewriting.names.get(normaliseName(found)) ?? found),
    );
  }
  return result;
}

/**
 * Expands `$(NAME)` as the kubelet does: an unknown name stays as it is, `$$(NAME)` gives `$(NAME)`.
 *
 * Source: https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
 */
export function expandVariables(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\$\$|\$\(([^()$\s]+)\)/g, (found, name: string | undefined) =>
    name === undefined ? "$" : (variables.get(name) ?? found),
  );
}
