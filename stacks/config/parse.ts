import { crossFieldProblems } from "./checks.ts";
import {
  formatPath,
  formatProblem,
  problemsOfIssue,
  suggestion,
  type Path,
  type Problem,
} from "./problems.ts";
import { secretProblems, secretReferences } from "./secrets.ts";
import { NAMESPACE, settingsKeys, settingsSchema, type Settings } from "./settings.ts";
import { viewOf } from "./view.ts";

/** The configuration of an environment as it was read, from a file or from the engine. */
export interface RawConfiguration {
  /** Values by key, without namespace, decoded. Values of secret keys may be left out (`undefined`). */
  values: Readonly<Record<string, unknown>>;
  /** Keys whose value is encrypted. */
  secretKeys: ReadonlySet<string>;
  /** The stack, where it is known; it must be the environment's name. */
  stack?: string;
}

export interface ParseOptions {
  /**
   * Whether a secret that is named must be there. False for a file on its own, whose secrets may come from
   * elsewhere. Default true.
   */
  requireSecrets?: boolean;
  /** Secret keys that are given in another way than by the configuration. */
  givenSecrets?: readonly string[];
}

export interface ParsedConfiguration {
  settings: Settings;
  /** Names of the secret keys that the settings refer to, sorted. */
  secretKeys: string[];
  /** What works but is probably not meant. */
  warnings: string[];
}

/** Every problem of a configuration at once. The message has one line for each. */
export class ConfigurationError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], source: string) {
    const count = problems.length === 1 ? "1 error" : `${String(problems.length)} errors`;
    super(
      [
        `${count} in the configuration (${source}); nothing was changed:`,
        ...problems.map((problem) => `  ${formatProblem(problem)}`),
      ].join("\n"),
    );
    this.name = "ConfigurationError";
    this.problems = problems;
  }
}

/**
 * Checks a configuration and gives it its types and defaults.
 *
 * @param source what to call the configuration in the error, such as a file name
 * @throws ConfigurationError with every problem
 */
export function parseConfiguration(
  raw: RawConfiguration,
  source: string,
  options: ParseOptions = {},
): ParsedConfiguration {
  const problems = findProblems(raw, options);
  if (problems.length > 0) throw new ConfigurationError(problems, source);
  const settings = settingsSchema.parse(structured(raw));
  const secretKeys = [...new Set(secretReferences(settings).map(({ key }) => key))].sort();
  return { settings, secretKeys, warnings: warningsOf(settings) };
}

/** All problems, in the order of the schema's keys; empty when the configuration is good. */
export function findProblems(raw: RawConfiguration, options: ParseOptions = {}): Problem[] {
  const values = structured(raw);
  const context = { values, secretKeys: raw.secretKeys };
  const result = settingsSchema.safeParse(values);
  const encrypted = settingsKeys.filter((key) => raw.secretKeys.has(key));
  const issues = (result.error?.issues ?? []).filter(
    (issue) => !encrypted.some((key) => key === issue.path[0]),
  );
  const failed = (result.error?.issues ?? []).map((issue) =>
    issue.path.map((step) => (typeof step === "number" ? step : String(step))),
  );
  const view = viewOf(values, failed);
  const given = new Set(options.givenSecrets ?? []);
  const references = secretReferences(values).filter(({ path }) => !isFailed(path, failed));
  const named = new Set(references.map(({ key }) => key));
  const problems = [
    ...encrypted.map(encryptedKeyProblem),
    ...issues.flatMap((issue) => problemsOfIssue(issue, context)),
    ...crossFieldProblems(view, context),
    ...stackProblems(view.environment, raw.stack),
    ...secretProblems({
      references,
      present: new Set([...Object.keys(raw.values), ...raw.secretKeys, ...given]),
      secretKeys: new Set([...raw.secretKeys, ...given]),
      environment: raw.stack ?? view.environment,
      requirePresence: options.requireSecrets ?? true,
    }),
    ...unknownKeyProblems(raw, named),
  ];
  return inSchemaOrder(problems);
}

/** Settings are compared, shown and stored as they are; encrypting one would only hide it from review. */
function encryptedKeyProblem(key: string): Problem {
  return {
    path: key,
    got: "[secret]",
    expected:
      "plain values: credentials stand under keys of their own, which fields ending in FromSecret name",
    remedy: `move the credential to a key of its own, then write ${key} without encryption`,
  };
}

/** The values of the schema's own keys. */
function structured(raw: RawConfiguration): Record<string, unknown> {
  return Object.fromEntries(
    settingsKeys.filter((key) => raw.values[key] !== undefined).map((key) => [key, raw.values[key]]),
  );
}

function isFailed(path: Path, failed: readonly Path[]): boolean {
  const text = formatPath(path);
  return failed.some((other) => formatPath(other) === text);
}

/** Keys that are neither the schema's nor the name of a secret in use. */
function unknownKeyProblems(raw: RawConfiguration, named: ReadonlySet<string>): Problem[] {
  const all = new Set([...Object.keys(raw.values), ...raw.secretKeys]);
  const known = new Set<string>(settingsKeys);
  return [...all]
    .filter((key) => !known.has(key) && !named.has(key))
    .map((key) => {
      const isSecret = raw.secretKeys.has(key);
      const near = suggestion(key, isSecret ? [...named] : [...settingsKeys, ...named]);
      const remove = `remove it: pulumi config rm ${NAMESPACE}:${key}`;
      return {
        path: formatPath([key]),
        got: isSecret ? "a secret that no field names" : "an unknown key",
        expected: isSecret
          ? "a secret that a field ending in FromSecret names"
          : `one of the keys ${settingsKeys.join(", ")}`,
        remedy: near === undefined ? remove : `did you mean ${near}? Else ${remove}`,
      };
    });
}

function stackProblems(environment: string | undefined, stack: string | undefined): Problem[] {
  if (environment === undefined || stack === undefined || environment === stack) return [];
  return [
    {
      path: "environment",
      got: JSON.stringify(environment),
      expected: `${stack}, the name of the stack`,
      remedy: `correct the value, or select the other stack: pulumi stack select ${environment}`,
    },
  ];
}

function inSchemaOrder(problems: readonly Problem[]): Problem[] {
  const order: readonly string[] = settingsKeys;
  const rank = ({ path }: Problem) => {
    const index = order.indexOf(/^[\w-]+/.exec(path)?.[0] ?? "");
    return index < 0 ? order.length : index;
  };
  return problems.toSorted((a, b) => rank(a) - rank(b));
}

/** A digest that begins with so many zeros was made up: the four files of this repository use such ones. */
const PLACEHOLDER_DIGEST = /@sha256:0{32}/;

function warningsOf(settings: Settings): string[] {
  if (settings.cluster.kind === "embedded") return [];
  const pods = [
    ...settings.fleet.models,
    ...(settings.gateway === undefined ? [] : [{ name: "the gateway", image: settings.gateway.image }]),
  ];
  const models = pods.filter((model) => PLACEHOLDER_DIGEST.test(model.image));
  const images = [...new Set(models.map((model) => model.image.split("@", 1)[0] ?? ""))].sort();
  return images.map(
    (image) =>
      `the image of ${models
        .filter((model) => model.image.startsWith(`${image}@`))
        .map((model) => model.name)
        .sort()
        .join(
          ", ",
        )} has a placeholder digest, these pods will not start; look the real one up: docker buildx imagetools inspect ${image} --format '{{.Manifest.Digest}}'`,
  );
}
