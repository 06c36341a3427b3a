import { isServing, podsOf, selects, type PodView } from "../pods.ts";
import type { PolicyResource, StackPolicy } from "../types.ts";
import { at, kindOf, listOf, textOf, textsOf } from "../values.ts";

export const monitoredPods: StackPolicy = {
  name: "monitored-pods",
  description:
    "A PodMonitor or ServiceMonitor scrapes every pod that serves a model: what is not measured can't be alerted on.",
  enforcement: "mandatory",
  checkAll: (resources) =>
    resources
      .flatMap(podsOf)
      .filter((pod) => isServing(pod) && !isScraped(pod, resources))
      .map(({ resource }) => ({
        resource,
        message:
          "no PodMonitor or ServiceMonitor of the stack selects its pods; add one whose selector matches their labels",
      })),
};

/** Whether some monitor finds the pods, itself or through a Service. */
export function isScraped(pod: PodView, resources: readonly PolicyResource[]): boolean {
  return resources.some((resource) => {
    const kind = kindOf(resource.type);
    if (!seesNamespace(resource, pod.namespace)) return false;
    const selector = at(resource.props, "spec", "selector");
    if (kind === "PodMonitor") return selects(selector, pod);
    if (kind !== "ServiceMonitor") return false;
    return resources.some(
      (service) =>
        kindOf(service.type) === "Service" &&
        textOf(at(service.props, "metadata", "namespace")) === pod.namespace &&
        selects(selector, {
          ...pod,
          labels: textsOf(at(service.props, "metadata", "labels")),
          addedLabels: [],
        }) &&
        servesPods(service, pod),
    );
  });
}

/** Whether the Service leads to the pods. One without a selector leads nowhere by itself. */
export function servesPods(service: PolicyResource, pod: PodView): boolean {
  const labels = at(service.props, "spec", "selector");
  return Object.keys(textsOf(labels)).length > 0 && selects({ matchLabels: labels }, pod);
}

function seesNamespace({ props }: PolicyResource, namespace: string): boolean {
  const selector = at(props, "spec", "namespaceSelector");
  if (at(selector, "any") === true) return true;
  const names = listOf(at(selector, "matchNames"));
  return names.length > 0
    ? names.includes(namespace)
    : textOf(at(props, "metadata", "namespace")) === namespace;
}
