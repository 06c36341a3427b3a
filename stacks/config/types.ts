import { z } from "zod";
import { expects, mappingErrors } from "./messages.ts";

/** A string that matches a pattern; the same text explains a wrong type and a wrong form. */
export function text(pattern: RegExp, expected: string, remedy?: string) {
  const error = expects(expected, remedy);
  return z.string({ error }).regex(pattern, { error });
}

/** Ends the name of every field whose value is the *name* of a secret, never the secret itself. */
export const SECRET_REFERENCE_SUFFIX = "FromSecret";

/**
 * A mapping with exactly these keys. Unknown keys are errors: a misspelt optional key would else be ignored.
 */
export function mapping<Shape extends z.core.$ZodLooseShape>(shape: Shape, description: string) {
  const keys = Object.keys(shape);
  return z
    .strictObject(shape, { error: mappingErrors(keys, `a mapping with the keys ${keys.join(", ")}`) })
    .meta({ description });
}

/** A list; `what` names its elements. */
export function list<Item extends z.ZodType>(item: Item, what: string) {
  return z.array(item, { error: expects(`a list of ${what}`) });
}

/** One of the given words. */
export function choice<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.enum(values, { error: expects(`one of ${values.join(", ")}`) });
}

/** The values of an enum object, as {@link choice} wants them. */
export function valuesOf<Value extends string>(values: Record<string, Value>): [Value, ...Value[]] {
  return Object.values(values) as [Value, ...Value[]];
}

export const flag = z.boolean({ error: expects("true or false", "write it without quotes") });

/** A whole number within bounds, both inclusive. */
export function integer(minimum: number, maximum: number, unit = "") {
  const range = `a whole number from ${String(minimum)} to ${String(maximum)}${unit === "" ? "" : ` ${unit}`}`;
  const error = expects(range, "write it without quotes or a unit");
  return z.int({ error }).min(minimum, { error }).max(maximum, { error });
}

/** A positive number of seconds, fractions allowed. */
export function seconds(maximum: number) {
  const error = expects(`a number of seconds over 0 and up to ${String(maximum)}`, "write it without a unit");
  return z.number({ error }).gt(0, { error }).max(maximum, { error });
}

/** RFC 1035 label: a Service of this name must be legal too, so it starts with a letter. */
export const dnsLabel = text(
  /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/,
  "a DNS label: lower-case letters, digits and '-', starting with a letter, 63 characters at most",
);

/** Leaves room for the 17 characters that ReplicaSets and pods add, so that a pod's host name is never cut. */
export const workloadName = text(
  /^[a-z]([-a-z0-9]{0,44}[a-z0-9])?$/,
  "a DNS label of 46 characters at most, starting with a letter (pods add 17 characters to it)",
);

export const labelKey = text(
  /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
  "a Kubernetes label key such as example.com/tier",
);

export const labelValue = text(
  /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/,
  "a Kubernetes label value: letters, digits, '-', '_' and '.', 63 characters at most",
  "quote numbers and true/false",
);

export const metricLabelName = text(
  /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/,
  "a Prometheus label name: letters, digits and '_', not starting with '__'",
);

/** Prometheus' duration syntax, as the operator's objects take it. Zero is no interval. */
export const duration = text(
  /^(?=.*[1-9])(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$/,
  "a duration such as 15s, 1m30s, 2h or 15d",
  "write a number with its unit, largest unit first, without spaces",
);

/** Sizes as Prometheus' retention takes them: units end in B. */
export const retentionSize = text(
  /^(?=.*[1-9])[0-9]+(\.[0-9]+)?(K|M|G|T|P|E)i?B$/,
  "a size such as 50GiB or 512MB",
  "end the unit with B; Prometheus refuses the Kubernetes spelling (50Gi)",
);

/** Bytes as Kubernetes writes them. The unit is required: `memory: 16` would mean 16 bytes. */
export const byteQuantity = text(
  /^(?=.*[1-9])[0-9]+(\.[0-9]+)?(Ki|Mi|Gi|Ti|Pi|k|M|G|T|P)$/,
  "a Kubernetes byte quantity such as 512Mi or 16Gi",
  "add a unit (Ki, Mi, Gi, Ti); 'm' means thousandths here and is refused",
);

const cpuExpectation = expects("a CPU quantity such as 2, 0.5 or 500m", "use cores or millicores (m)");

/** CPU cores; a plain YAML number is as good as a string. */
export const cpuQuantity = z
  .union(
    [
      z.number({ error: cpuExpectation }).positive({ error: cpuExpectation }),
      z
        .string({ error: cpuExpectation })
        .regex(/^(?=.*[1-9])([0-9]+m|[0-9]+(\.[0-9]{1,3})?)$/, { error: cpuExpectation }),
    ],
    { error: cpuExpectation },
  )
  .transform(String);

const imageName = "[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?::[0-9]+)?(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*";
const imageTag = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}";

/** An image pinned by digest; a tag before it is allowed and informs the reader only. */
export const imageByDigest = text(
  new RegExp(`^${imageName}(:${imageTag})?@sha256:[0-9a-f]{64}$`),
  "an image pinned by digest: registry/name@sha256:<64 hexadecimal digits>",
  "look the digest up: docker buildx imagetools inspect <image>:<tag> --format '{{.Manifest.Digest}}'",
);

/** An image with an explicit tag other than latest, or a digest. */
export const imageReference = text(
  new RegExp(`^${imageName}(?!:latest$)(:${imageTag}|(:${imageTag})?@sha256:[0-9a-f]{64})$`),
  "an image with a version tag or a digest, such as quay.io/prometheus/prometheus:v3.13.2",
  "name a version; 'latest' and a missing tag change under running pods",
);

export const registryPrefix = text(
  new RegExp(`^${imageName}$`),
  "a registry with an optional path, such as registry.example.com/mirror",
  "leave out https:// and the trailing slash",
);

/** An address without user info, query or fragment, the places where credentials hide. */
export const plainUrl = text(
  /^https?:\/\/[^\s/?#@]+(\/[^\s?#@]*)?$/,
  "an http(s) URL without user name, query or fragment",
  "move credentials into a secret key and name it in the field that ends in FromSecret",
);

export const awsRegion = text(/^[a-z]{2}(-[a-z]+)+-[1-9]$/, "an AWS region such as eu-central-1");

/** host:port */
export const hostAndPort = text(
  /^[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?:([1-9][0-9]{0,4})$/,
  "host:port such as smtp.example.com:587",
  "leave out the scheme",
);

/** A host name with an optional port. */
export const hostName = text(
  /^[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?(:[1-9][0-9]{0,4})?$/,
  "a host name with an optional port, such as s3.eu-central-1.amazonaws.com",
  "leave out the scheme",
);

export const emailAddress = text(
  /^[^\s@<>,]+@[^\s@<>,]+\.[^\s@<>,]+$/,
  "an e-mail address such as oncall@example.com",
);

export const absolutePath = text(/^\/[^\0]*$/, "an absolute path", "start it with /");

/**
 * The name of a Pulumi secret configuration key. Few digits and a bounded length, so that a credential pasted
 * here by mistake is nearly always refused rather than taken for a name.
 */
export const secretKey = text(
  /^(?!(?:\D*\d){5})[a-z][A-Za-z0-9-]{1,39}$/,
  "the name of a secret configuration key: a letter, then letters, digits (4 at most) or '-', 40 characters at most",
  "put the credential itself in with: pulumi config set --secret vllm-monitoring:<name>",
);

const dollarsError = expects("an amount of US dollars of at least 0", "write it without quotes and currency");
/** US dollars. */
export const dollars = z.number({ error: dollarsError }).nonnegative({ error: dollarsError });

export const labels = z
  .record(labelKey, labelValue, { error: expects("a mapping of Kubernetes label keys to values") })
  .meta({ description: "Kubernetes labels." });

const multipliers: Record<string, number> = {
  ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800, y: 31_536_000,
}; // prettier-ignore

/** Seconds of a Prometheus duration. */
export function durationSeconds(value: string): number {
  let total = 0;
  for (const [, amount, unit] of value.matchAll(/(\d+)(ms|[smhdwy])/g)) {
    total += Number(amount) * (multipliers[unit ?? ""] ?? Number.NaN);
  }
  return total;
}
