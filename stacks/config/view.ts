import type { z } from "zod";
import { modelSchema, type ModelSettings } from "./model.ts";
import { nodeGroupSchema, type NodeGroupSettings } from "./node-groups.ts";
import { formatPath, valueAt, type Path } from "./problems.ts";
import { receiverSchema, type ReceiverSettings } from "./receivers.ts";
import { routeRuleSchema, type RouteRule } from "./routes.ts";
import { settingsSchema, type Settings } from "./settings.ts";

/** A list element that parsed, with its place in the list. */
export interface Element<T> {
  path: Path;
  value: T;
}

/**
 * What of the configuration parsed, whether or not the rest did: the checks across fields run on it, so that a
 * slip in one field does not hide the errors elsewhere.
 */
export interface View {
  cluster: Settings["cluster"] | undefined;
  environment: Settings["environment"] | undefined;
  monitoring: Settings["monitoring"] | undefined;
  objectStore: Settings["objectStore"] | undefined;
  routes: Omit<Settings["routes"], "rules"> | undefined;
  rules: Element<RouteRule>[];
  receivers: Element<ReceiverSettings>[];
  nodeGroups: Element<NodeGroupSettings>[];
  models: Element<ModelSettings>[];
  /** Names as written, also those of elements that did not parse. */
  names: { receivers: Element<string>[]; nodeGroups: Element<string>[]; models: Element<string>[] };
  /** Lists of which every element parsed: sums over them mean something. */
  complete: { receivers: boolean; nodeGroups: boolean; models: boolean; rules: boolean };
}

/** @param failed paths of all issues of the whole parse */
export function viewOf(values: Readonly<Record<string, unknown>>, failed: readonly Path[]): View {
  const broken = new Set<string>();
  for (const path of failed)
    for (let length = 1; length <= path.length; length += 1) broken.add(formatPath(path.slice(0, length)));
  const isClean = (path: Path) => !broken.has(formatPath(path));
  const section = <Key extends "cluster" | "environment" | "monitoring" | "objectStore">(key: Key) =>
    isClean([key]) ? (settingsSchema.shape[key].parse(values[key]) as Settings[Key]) : undefined;
  const elements = <Schema extends z.ZodType>(path: Path, schema: Schema): Element<z.output<Schema>>[] =>
    rawElements(values, path)
      .filter((element) => isClean(element.path))
      .map(({ path: at, value }) => ({ path: at, value: schema.parse(value) }));
  const isComplete = (path: Path) => isClean(path) && Array.isArray(valueAt(values, path));
  const routes = valueAt(values, ["routes"]);
  const areRoutesClean = failed.every((path) => path[0] !== "routes" || path[1] === "rules");
  return {
    cluster: section("cluster"),
    environment: section("environment"),
    monitoring: section("monitoring"),
    objectStore: section("objectStore"),
    routes: areRoutesClean
      ? settingsSchema.shape.routes.parse({ ...(routes as object), rules: [] })
      : undefined,
    rules: elements(["routes", "rules"], routeRuleSchema),
    receivers: elements(["receivers"], receiverSchema),
    nodeGroups: elements(["nodeGroups"], nodeGroupSchema),
    models: elements(["fleet", "models"], modelSchema),
    names: {
      receivers: rawNames(values, ["receivers"]),
      nodeGroups: rawNames(values, ["nodeGroups"]),
      models: rawNames(values, ["fleet", "models"]),
    },
    complete: {
      receivers: isComplete(["receivers"]),
      nodeGroups: isComplete(["nodeGroups"]),
      models: isComplete(["fleet", "models"]),
      rules: isClean(["routes", "rules"]),
    },
  };
}

function rawElements(values: unknown, path: Path): Element<unknown>[] {
  const list = valueAt(values, path);
  return Array.isArray(list) ? list.map((value: unknown, index) => ({ path: [...path, index], value })) : [];
}

function rawNames(values: unknown, path: Path): Element<string>[] {
  return rawElements(values, path).flatMap((element) => {
    const name = valueAt(element.value, ["name"]);
    return typeof name === "string" ? [{ path: [...element.path, "name"], value: name }] : [];
  });
}
