import { NAMESPACE } from "./settings.ts";
import { formatPath, type Path, type Problem } from "./problems.ts";
import { SECRET_REFERENCE_SUFFIX } from "./types.ts";

/** A field that names a secret configuration key. */
export interface SecretReference {
  path: Path;
  /** Configuration key without namespace. */
  key: string;
}

/** Every field that names a secret: those whose name ends in FromSecret, at any depth. */
export function secretReferences(value: unknown, path: Path = []): SecretReference[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => secretReferences(item, [...path, index]));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name.endsWith(SECRET_REFERENCE_SUFFIX) && typeof inner === "string"
      ? [{ path: [...path, name], key: inner }]
      : secretReferences(inner, [...path, name]),
  );
}

/** The command that stores a secret; it asks for the value, so that none ends in a shell's history. */
export function setSecretCommand(key: string, environment: string | undefined): string {
  return `pulumi config set --secret ${NAMESPACE}:${key}${environment === undefined ? "" : ` --stack ${environment}`}`;
}

export interface SecretChecks {
  references: readonly SecretReference[];
  /** Keys that hold a value, without namespace. */
  present: ReadonlySet<string>;
  /** Those of them that are encrypted. */
  secretKeys: ReadonlySet<string>;
  environment: string | undefined;
  /** False for a file on its own: its secrets may come from elsewhere. */
  requirePresence: boolean;
}

/** Secrets that are named but missing, or stored in clear. One problem per key, at the first field that names it. */
export function secretProblems(checks: SecretChecks): Problem[] {
  const seen = new Set<string>();
  return checks.references.flatMap(({ path, key }): Problem[] => {
    if (seen.has(key)) return [];
    seen.add(key);
    const remedy = setSecretCommand(key, checks.environment);
    if (!checks.present.has(key)) {
      if (!checks.requirePresence) return [];
      return [
        {
          path: formatPath(path),
          got: `the name of a missing secret, ${key}`,
          expected: `the secret ${NAMESPACE}:${key} to be set`,
          remedy,
        },
      ];
    }
    if (checks.secretKeys.has(key)) return [];
    return [
      {
        path: formatPath([key]),
        got: "a credential in clear (not shown)",
        expected: "an encrypted value",
        remedy: `revoke it if the file was ever shared, then: ${remedy}`,
      },
    ];
  });
}
