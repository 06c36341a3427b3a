import type * as pulumi from "@pulumi/pulumi";

import { parseDuration } from "../support/quantity.ts";
import { requireInteger, requireOneOf, type Report, type Rule } from "../support/validation.ts";
import type { KubePrometheusArgs } from "./args.ts";
import type { RemoteWriteArgs } from "./remote-write-args.ts";
import { DEFAULT_QUEUE } from "./remote-write.ts";

type Known = pulumi.Unwrap<KubePrometheusArgs>;
type KnownTarget = pulumi.Unwrap<RemoteWriteArgs>;

const VERSIONS = { V1: "V1.0", V2: "V2.0" };
const AUTHENTICATION = ["basicAuth", "bearerToken", "oauth2", "sigV4"] as const;
const INTEGERS = ["capacity", "minShards", "maxShards", "maxSamplesPerSend"] as const;
const DURATIONS = ["batchSendDeadline", "minBackoff", "maxBackoff", "sampleAgeLimit"] as const;

/** Headers that Prometheus sets itself and refuses in its configuration. Source: prometheus config/config.go, reservedHeaders. */
const RESERVED_HEADERS = new Set(
  (
    "authorization host content-encoding content-length content-type user-agent connection keep-alive " +
    "proxy-authenticate proxy-authorization www-authenticate accept-encoding x-prometheus-remote-write-version " +
    "x-prometheus-remote-read-version x-amz-date x-amz-security-token x-amz-content-sha256"
  ).split(" "),
);

/** What Prometheus would refuse, or what would lose samples. */
export const REMOTE_WRITE_RULES: Rule<Known>[] = [
  ({ prometheus }, report) => {
    const names = (prometheus?.remoteWrite ?? []).map(({ name }) => name);
    names.forEach((name, index) => {
      const path = `prometheus.remoteWrite[${String(index)}].name`;
      if (name.trim() === "") report(path, name, "must not be empty", "name the place");
      else if (names.indexOf(name) !== index) report(path, name, "must be unique", "rename one of the two");
    });
  },
  eachTarget(checkUrl),
  eachTarget(checkHeaders),
  eachTarget(checkAuthentication),
  eachTarget(checkQueue),
  eachTarget((target, path, report) => {
    requireOneOf(report, `${path}.messageVersion`, target.messageVersion, VERSIONS);
    checkDuration(`${path}.timeout`, target.timeout, report);
  }),
];

type TargetCheck = (target: KnownTarget, path: string, report: Report) => void;

function eachTarget(check: TargetCheck): Rule<Known> {
  return ({ prometheus }, report) => {
    (prometheus?.remoteWrite ?? []).forEach((target, index) => {
      check(target, `prometheus.remoteWrite[${String(index)}]`, report);
    });
  };
}

function checkUrl({ url }: KnownTarget, path: string, report: Report): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    report(
      `${path}.url`,
      url,
      "must be an http or https URL",
      'write one such as "https://mimir.example.com/api/v1/push"',
    );
  } else if (parsed.username !== "" || parsed.password !== "") {
    // The value itself is not shown: it holds a password.
    report(
      `${path}.url`,
      parsed.host,
      "must hold no credentials, which everyone could read",
      "use basicAuth",
    );
  }
}

function checkHeaders({ headers }: KnownTarget, path: string, report: Report): void {
  for (const name of Object.keys(headers ?? {})) {
    if (!RESERVED_HEADERS.has(name.toLowerCase())) continue;
    const remedy = name.toLowerCase().endsWith("authorization")
      ? "use basicAuth, bearerToken, oauth2 or sigV4"
      : "remove it";
    report(`${path}.headers.${name}`, name, "is set by Prometheus itself, which refuses it here", remedy);
  }
}

function checkAuthentication(target: KnownTarget, path: string, report: Report): void {
  const given = AUTHENTICATION.filter((way) => target[way] !== undefined);
  if (given.length > 1) report(path, given, "must authenticate in one way at most", "keep one of them");
  const { sigV4 } = target;
  if (sigV4 === undefined || (sigV4.accessKey === undefined) === (sigV4.secretKey === undefined)) return;
  report(
    `${path}.sigV4`,
    "one half of a key pair",
    "needs both keys or neither",
    "add the other, or remove it",
  );
}

function checkQueue({ queue = {} }: KnownTarget, path: string, report: Report): void {
  for (const field of INTEGERS) requireInteger(report, `${path}.queue.${field}`, queue[field], 1);
  for (const field of DURATIONS) checkDuration(`${path}.queue.${field}`, queue[field], report);
  const { capacity, maxSamplesPerSend, minShards, maxShards } = {
    ...DEFAULT_QUEUE,
    ...withoutUndefined(queue),
  };
  if (capacity < maxSamplesPerSend) {
    report(
      `${path}.queue.capacity`,
      capacity,
      `must be at least maxSamplesPerSend (${String(maxSamplesPerSend)}), or no request is ever full`,
      "raise it to three to ten times that",
    );
  }
  if (minShards > maxShards) {
    const remedy = "lower it, or raise maxShards";
    report(`${path}.queue.minShards`, minShards, `must be at most maxShards (${String(maxShards)})`, remedy);
  }
  const [least, most] = [parseDuration(queue.minBackoff ?? "30ms"), parseDuration(queue.maxBackoff ?? "5s")];
  if (least !== undefined && most !== undefined && least > most) {
    report(`${path}.queue.minBackoff`, queue.minBackoff, "must be at most maxBackoff", "lower it");
  }
}

function withoutUndefined(queue: NonNullable<KnownTarget["queue"]>): Partial<typeof DEFAULT_QUEUE> {
  return Object.fromEntries(Object.entries<unknown>(queue).filter(([, value]) => value !== undefined));
}

function checkDuration(path: string, value: string | undefined, report: Report): void {
  if (value === undefined || (parseDuration(value) ?? 0) > 0) return;
  report(path, value, "must be a duration above zero", 'write one such as "30s"');
}
