/** Pods that resources make, and what selects them. */
import type { PolicyResource } from "./types.ts";
import { at, isObject, kindOf, listOf, textOf, textsOf } from "./values.ts";

/** A container of a pod. */
export interface ContainerView {
  name: string;
  image: string;
  isInit: boolean;
  value: unknown;
}

/** Pods that one template makes. */
export interface PodView {
  resource: PolicyResource;
  namespace: string;
  /** Labels that the template gives. */
  labels: Readonly<Record<string, string>>;
  /** Prefixes of labels that a controller adds, with values that only it knows. */
  addedLabels: readonly string[];
  containers: ContainerView[];
  /** False for the workers of a group, whose leader alone serves, and for work that ends. */
  serves: boolean;
}

/** Kinds whose pods do something once. */
const ENDING = new Set(["Job", "CronJob"]);

/** Labels that KubeRay puts on its pods. */
const RAY_LABELS = "ray.io/";

/** Every pod template in the resource, however deep: workloads, jobs, groups of leader and workers, Ray clusters. */
export function podsOf(resource: PolicyResource): PodView[] {
  if (!resource.type.startsWith("kubernetes:")) return [];
  const { props } = resource;
  const namespace = textOf(at(props, "metadata", "namespace"));
  const isRay = kindOf(resource.type).startsWith("Ray");
  const podOf = (template: unknown, key: string): PodView => ({
    resource,
    namespace,
    labels: { ...textsOf(at(template, "metadata", "labels")), ...groupLabels(key, resource) },
    addedLabels: isRay ? [RAY_LABELS] : [],
    containers: containersOf(at(template, "spec")),
    serves:
      !ENDING.has(kindOf(resource.type)) &&
      (key !== "workerTemplate" || at(props, "spec", "leaderWorkerTemplate", "leaderTemplate") === undefined),
  });
  if (kindOf(resource.type) === "Pod") return [podOf(props, "pod")];
  return templatesIn(props).map(({ key, template }) => podOf(template, key));
}

/** The controller of leader-worker groups tells leaders by this label. Source: its docs, reference/labels. */
function groupLabels(key: string, { type, props }: PolicyResource): Record<string, string> {
  if (kindOf(type) !== "LeaderWorkerSet") return {};
  const name = textOf(at(props, "metadata", "name"));
  return {
    "leaderworkerset.sigs.k8s.io/name": name,
    ...(key === "leaderTemplate" ? { "leaderworkerset.sigs.k8s.io/worker-index": "0" } : {}),
  };
}

function templatesIn(value: unknown): { key: string; template: unknown }[] {
  if (Array.isArray(value)) return value.flatMap(templatesIn);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    ...(/template$/i.test(key) && at(inner, "spec", "containers") !== undefined
      ? [{ key, template: inner }]
      : []),
    ...templatesIn(inner),
  ]);
}

function containersOf(spec: unknown): ContainerView[] {
  const view = (isInit: boolean) => (value: unknown) => ({
    name: textOf(at(value, "name")),
    image: textOf(at(value, "image")),
    isInit,
    value,
  });
  return [
    ...listOf(at(spec, "initContainers")).map(view(true)),
    ...listOf(at(spec, "containers")).map(view(false)),
  ];
}

/** Whether the pods answer requests of a model: they hold GPUs, or run vLLM. */
export function isServing(pod: PodView): boolean {
  return pod.serves && pod.containers.some((container) => !container.isInit && servesModels(container));
}

function servesModels({ image, value }: ContainerView): boolean {
  const limits = Object.keys(textsOf(at(value, "resources", "limits")));
  return limits.some((name) => name.startsWith("nvidia.com/")) || /(^|\/)vllm-openai[:@]/.test(image);
}

/** Whether a label selector takes the pods. An empty one takes all. */
export function selects(selector: unknown, pod: PodView): boolean {
  const isAdded = (key: string) => pod.addedLabels.some((prefix) => key.startsWith(prefix));
  const value = (key: string) => pod.labels[key];
  const labels = Object.entries(textsOf(at(selector, "matchLabels")));
  if (!labels.every(([key, wanted]) => isAdded(key) || value(key) === wanted)) return false;
  return listOf(at(selector, "matchExpressions")).every((expression) => {
    const key = textOf(at(expression, "key"));
    if (isAdded(key)) return true;
    const values = listOf(at(expression, "values"));
    switch (at(expression, "operator")) {
      case "In":
        return values.includes(value(key));
      case "NotIn":
        return !values.includes(value(key));
      case "Exists":
        return value(key) !== undefined;
      case "DoesNotExist":
        return value(key) === undefined;
      default:
        return false;
    }
  });
}

/** Names and numbers of the container ports that a port of a Service, monitor or policy may mean. */
export function containerPorts(pod: PodView): { name: string; port: number }[] {
  return pod.containers.flatMap(({ value }) =>
    listOf(at(value, "ports")).map((port) => ({
      name: textOf(at(port, "name")),
      port: Number(at(port, "containerPort")),
    })),
  );
}
