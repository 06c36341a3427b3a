/** Readiness as a program describes it by the annotation `pulumi.com/waitFor`. */

import { annotationOf, generationOf } from "../values/object.ts";
import {
  isObject,
  type Json,
  type JsonObject,
  objectsAt,
  pluck,
  textAt,
  textOf,
} from "../values/property.ts";
import type { Readiness, ReadinessRule } from "./readiness.ts";

type Check = (object: JsonObject) => Readiness;

/**
 * The rule that the annotation describes: `jsonpath={.status.phase}=Running`, `condition=Ready`, `condition=Ready=False`,
 * or a JSON list of such. Undefined without the annotation.
 *
 * @throws if an expression has neither form or uses a part of JSONPath other than names, indexes and `[*]`
 */
export function waitForRule(object: JsonObject): ReadinessRule | undefined {
  const annotation = annotationOf(object, "pulumi.com/waitFor");
  if (annotation === "") {
    return undefined;
  }
  const checks = expressionsOf(annotation).map(parseExpression);
  return {
    onRead: false,
    judge: ({ object: live }) => {
      const results = checks.map((check) => check(live));
      const open = results.filter((result) => !result.ready);
      const progress = (open[0] ?? results[0])?.progress;
      return {
        ready: open.length === 0,
        problems: open.flatMap((result) => result.problems ?? []),
        ...(progress === undefined ? {} : { progress }),
      };
    },
  };
}

function expressionsOf(annotation: string): string[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(annotation);
  } catch {
    return [annotation];
  }
  if (!Array.isArray(parsed)) {
    return [annotation];
  }
  if (parsed.length === 0) {
    throw new Error("pulumi.com/waitFor: at least one condition must be specified");
  }
  return parsed.map(String);
}

function parseExpression(expression: string): Check {
  if (expression.startsWith("jsonpath=")) {
    return jsonPathCheck(expression.slice("jsonpath=".length));
  }
  if (expression.startsWith("condition=")) {
    const [type = "", status = "True"] = expression.slice("condition=".length).split("=");
    return (object) => checkCondition(object, type, status);
  }
  throw new Error(`pulumi.com/waitFor: expected a "jsonpath=" or "condition=" prefix, got "${expression}"`);
}

function isStale(object: JsonObject, observed: Json | undefined): boolean {
  return typeof observed === "number" && observed < generationOf(object);
}

function checkCondition(object: JsonObject, type: string, status: string): Readiness {
  const condition = objectsAt(object, "status", "conditions").find(
    (candidate) => textAt(candidate, "type").toLowerCase() === type.toLowerCase(),
  );
  const actual = pluck(condition, "status");
  const observed = pluck(condition, "observedGeneration") ?? pluck(object, "status", "observedGeneration");
  if (!isStale(object, observed) && textOf(actual).toLowerCase() === status.toLowerCase()) {
    return { ready: true, progress: `Found condition ${type}=${status}` };
  }
  const found = actual === undefined ? "no such condition" : `it is ${textOf(actual)}`;
  const progress = `Waiting for condition ${type}=${status} (${found})`;
  return { ready: false, progress, problems: [progress] };
}

/** Names, indexes and "[*]" of a template such as `{.status.containers[*].ready}`. */
function parseTemplate(template: string): (string | number)[] {
  const inner = /^\{?\$?(.*?)\}?$/.exec(template)?.[1] ?? "";
  const part = /^(?:\.((?:[^.[\]{}\\]|\\.)+)|\[(\d+)\]|(\[\*\])|\['([^']*)'\]|\["([^"]*)"\])/;
  const segments: (string | number)[] = [];
  for (let rest = inner; rest !== "";) {
    const match = part.exec(rest);
    if (match === null) {
      throw new Error(`pulumi.com/waitFor: "${rest}" in JSONPath "${template}" is not supported`);
    }
    const [whole, name, index, each, single, double] = match;
    segments.push(
      index === undefined ? (each ?? single ?? double ?? name?.replaceAll("\\", "") ?? "") : Number(index),
    );
    rest = rest.slice(whole.length);
  }
  return segments;
}

function valuesAt(object: JsonObject, segments: readonly (string | number)[]): Json[] {
  let values: Json[] = [object];
  for (const segment of segments) {
    values = values.flatMap((value) => {
      if (segment === "[*]") {
        return Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
      }
      const child = Array.isArray(value) ? value[Number(segment)] : pluck(value, String(segment));
      return child === undefined ? [] : [child];
    });
  }
  return values;
}

function jsonPathCheck(expression: string): Check {
  const close = expression.indexOf("}");
  const equals = expression.indexOf("=", Math.max(close, 0));
  const template = equals < 0 ? expression : expression.slice(0, equals);
  const wanted = equals < 0 ? undefined : expression.slice(equals + 1).replace(/^(['"])(.*)\1$/, "$2");
  const segments = parseTemplate(template);
  const shown = `${template}${wanted === undefined ? "" : `=${wanted}`}`;
  return (object) => {
    const values = valuesAt(object, segments).map((value) =>
      typeof value === "object" ? JSON.stringify(value) : textOf(value),
    );
    const matched = wanted === undefined ? values.length > 0 : values.some((value) => value === wanted);
    if (matched && !isStale(object, pluck(object, "status", "observedGeneration"))) {
      return { ready: true, progress: `Found ${shown}` };
    }
    const progress = `Waiting for ${shown}${values.length > 0 ? ` (found "${values.join(" ")}")` : ""}`;
    return { ready: false, progress, problems: [progress] };
  };
}
