import { parse } from "yaml";

import { at, isObject, listOf, objectOf, textOf, type Json, type JsonObject } from "./json.ts";
import type { ResourceRecord, Snapshot } from "./snapshot.ts";

/** Documents that resources hold as text, and the kinds of resources that hold them. */

/** `Deployment` of `kubernetes:apps/v1:Deployment`. */
export function kindOf({ type }: Pick<ResourceRecord, "type">): string {
  if (type.startsWith("pulumi:providers:")) return "Provider";
  return type.slice(type.lastIndexOf(":") + 1);
}

/** `Deployment llama-8b-server`: a resource as a report calls it. */
export function named(resource: Pick<ResourceRecord, "type" | "name">): string {
  return `${kindOf(resource)} ${resource.name}`;
}

export function isKubernetes({ type }: Pick<ResourceRecord, "type">): boolean {
  return type.startsWith("kubernetes:");
}

/** A JSON object or list in a text; undefined where it is none. */
export function parseJson(text: string): Json | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** A YAML mapping or list in a text; undefined where it is none. */
export function parseYaml(text: string): Json | undefined {
  try {
    const value = parse(text, { logLevel: "silent" }) as unknown;
    return typeof value === "object" && value !== null ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
}

/** A document that a policy is written in. */
export interface PolicyDocument {
  resource: ResourceRecord;
  /** Property that holds it. */
  property: string;
  document: JsonObject;
}

/** IAM policies and trust policies, in text properties of resources of AWS. */
export function policyDocuments({ resources }: Snapshot): PolicyDocument[] {
  return resources
    .filter(({ type }) => type.startsWith("aws:"))
    .flatMap((resource) =>
      texts(resource.inputs).flatMap(({ path, text }) => {
        const document = parseJson(text);
        return isObject(document) && document["Statement"] !== undefined
          ? [{ resource, property: path, document: document }]
          : [];
      }),
    );
}

/** Every text in a value, with its path. */
function texts(value: Json, path = ""): { path: string; text: string }[] {
  if (typeof value === "string") return [{ path, text: value }];
  const join = (key: string) => (path === "" ? key : `${path}.${key}`);
  if (Array.isArray(value)) return value.flatMap((item, index) => texts(item, join(String(index))));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => texts(inner, join(key)));
}

/** A rule file. */
export interface RuleDocument {
  resource: ResourceRecord;
  groups: Json[];
}

export function ruleDocuments({ resources }: Snapshot): RuleDocument[] {
  return resources
    .filter((resource) => isKubernetes(resource) && kindOf(resource) === "PrometheusRule")
    .map((resource) => ({ resource, groups: listOf(at(resource.inputs, "spec", "groups")) }));
}

/** A configuration of Alertmanager. */
export interface AlertmanagerDocument {
  resource: ResourceRecord;
  text: string;
}

/** What components say Alertmanager's configuration is; the Secrets that hold it are masked. */
export function alertmanagerDocuments({ resources }: Snapshot): AlertmanagerDocument[] {
  return resources
    .filter((resource) => kindOf(resource) === "AlertRoutes")
    .flatMap((resource) => {
      const text = textOf(at(resource.outputs, "configuration"));
      return text === "" ? [] : [{ resource, text }];
    });
}

/** A dashboard of Grafana. */
export interface DashboardDocument {
  resource: ResourceRecord;
  file: string;
  model: JsonObject;
}

/** Dashboards in ConfigMaps, in objects of grafana-operator, and those that go through Grafana's HTTP API. */
export function dashboardDocuments(resources: readonly ResourceRecord[]): DashboardDocument[] {
  return resources.flatMap((resource) =>
    dashboardTexts(resource).flatMap(([file, text]) => {
      const model = file.endsWith(".json") && typeof text === "string" ? parseJson(text) : undefined;
      return isObject(model) && Array.isArray(model["panels"]) ? [{ resource, file, model: model }] : [];
    }),
  );
}

function dashboardTexts(resource: ResourceRecord): [string, Json][] {
  const { inputs, type, name } = resource;
  if (type === "grafana:oss/dashboard:Dashboard") return [[`${name}.json`, inputs["configJson"] ?? ""]];
  if (!isKubernetes(resource)) return [];
  if (kindOf(resource) === "ConfigMap") return Object.entries(objectOf(inputs["data"]));
  if (kindOf(resource) !== "GrafanaDashboard") return [];
  return [[`${textOf(at(inputs, "metadata", "name"))}.json`, at(inputs, "spec", "json") ?? ""]];
}
