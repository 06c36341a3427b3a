import { containerPorts, isServing, podsOf, selects, type PodView } from "../pods.ts";
import type { PolicyResource, StackPolicy } from "../types.ts";
import { at, kindOf, listOf, textOf } from "../values.ts";
import { isScraped, servesPods } from "./monitors.ts";

export const closedMetrics: StackPolicy = {
  name: "closed-metrics",
  description:
    "Nobody outside of the cluster reaches /metrics: no public Service, no Ingress or route to it, and a NetworkPolicy around every pod that serves a model. Metrics tell customers' load, model names and tokens.",
  enforcement: "mandatory",
  checkAll: (resources) => {
    const pods = resources.flatMap(podsOf).filter((pod) => isServing(pod) || isScraped(pod, resources));
    return resources
      .flatMap((resource) => findingsOf(resource, pods, resources))
      .concat(unguarded(pods, resources));
  },
};

type Finding = ReturnType<StackPolicy["checkAll"]>[number];

function findingsOf(
  resource: PolicyResource,
  pods: PodView[],
  resources: readonly PolicyResource[],
): Finding[] {
  const messages = (texts: string[]) => texts.map((message) => ({ resource, message }));
  switch (kindOf(resource.type)) {
    case "Service":
      return messages(serviceFindings(resource, pods));
    case "Ingress":
    case "HTTPRoute":
      return messages(routeFindings(resource, pods, resources));
    case "NetworkPolicy":
      return messages(policyFindings(resource, pods));
    default:
      return [];
  }
}

/** Services that nodes or load balancers open to the outside. */
function serviceFindings(service: PolicyResource, pods: PodView[]): string[] {
  const spec = at(service.props, "spec");
  const type = textOf(at(spec, "type"));
  const isOpen = type === "LoadBalancer" || type === "NodePort" || listOf(at(spec, "externalIPs")).length > 0;
  if (!isOpen) return [];
  const how = type === "LoadBalancer" || type === "NodePort" ? `of type ${type}` : "with external addresses";
  return inNamespaceOf(service, pods)
    .filter((pod) => servesPods(service, pod))
    .map(
      ({ resource }) =>
        `is ${how} and leads to ${nameOf(resource)}, whose metrics it opens; use ClusterIP behind a gateway that leaves /metrics out`,
    );
}

/** Routes that take /metrics, by itself or as a part of everything. */
function routeFindings(
  route: PolicyResource,
  pods: PodView[],
  resources: readonly PolicyResource[],
): string[] {
  const paths = kindOf(route.type) === "Ingress" ? ingressPaths(route) : gatewayPaths(route);
  // What has no backend answers 404 by itself, and the longer path comes before the shorter one.
  const isClosed = paths.some(({ path, services }) => path === "/metrics" && services.length === 0);
  if (isClosed) return [];
  return paths
    .filter(({ path, isExact }) =>
      isExact ? path === "/metrics" : "/metrics".startsWith(path.replace(/\/$/, "")),
    )
    .flatMap(({ path, services }) =>
      services.flatMap((name) =>
        resources
          .filter(
            (service) =>
              kindOf(service.type) === "Service" &&
              textOf(at(service.props, "metadata", "name")) === name &&
              sameNamespace(service, route),
          )
          .flatMap((service) => inNamespaceOf(service, pods).filter((pod) => servesPods(service, pod)))
          .map(
            ({ resource }) =>
              `leads ${path} to ${nameOf(resource)}, so /metrics is open; route /v1 only, or give /metrics a rule without a backend`,
          ),
      ),
    );
}

interface RoutePath {
  path: string;
  isExact: boolean;
  services: string[];
}

function ingressPaths({ props }: PolicyResource): RoutePath[] {
  const spec = at(props, "spec");
  const backendOf = (backend: unknown) =>
    [textOf(at(backend, "service", "name"))].filter((name) => name !== "");
  const standing = at(spec, "defaultBackend");
  const rules = listOf(at(spec, "rules")).flatMap((rule) =>
    listOf(at(rule, "http", "paths")).map((entry) => ({
      path: textOf(at(entry, "path")) || "/",
      isExact: at(entry, "pathType") === "Exact",
      services: backendOf(at(entry, "backend")),
    })),
  );
  if (standing === undefined) return rules;
  return [...rules, { path: "/", isExact: false, services: backendOf(standing) }];
}

function gatewayPaths({ props }: PolicyResource): RoutePath[] {
  return listOf(at(props, "spec", "rules")).flatMap((rule) => {
    const services = listOf(at(rule, "backendRefs"))
      .filter((backend) => (at(backend, "kind") ?? "Service") === "Service")
      .map((backend) => textOf(at(backend, "name")));
    const matches = listOf(at(rule, "matches"));
    // A rule without a match takes everything.
    return (matches.length === 0 ? [undefined] : matches).map((match) => ({
      path: textOf(at(match, "path", "value")) || "/",
      isExact: at(match, "path", "type") === "Exact",
      services,
    }));
  });
}

const ANYWHERE = ["0.0.0.0/0", "::/0"];

/** Policies that let anybody in. */
function policyFindings(policy: PolicyResource, pods: PodView[]): string[] {
  const spec = at(policy.props, "spec");
  const chosen = inNamespaceOf(policy, pods).filter((pod) => selects(at(spec, "podSelector"), pod));
  if (chosen.length === 0) return [];
  return listOf(at(spec, "ingress")).flatMap((rule) => {
    const peers = listOf(at(rule, "from"));
    const isOpen =
      peers.length === 0 || peers.some((peer) => ANYWHERE.includes(textOf(at(peer, "ipBlock", "cidr"))));
    const reached = chosen.filter((pod) => reachesPorts(listOf(at(rule, "ports")), pod));
    if (!isOpen || reached.length === 0) return [];
    const names = [...new Set(reached.map(({ resource }) => nameOf(resource)))].join(", ");
    return [`lets anybody reach ${names}; name namespaces or pods in ingress.from`];
  });
}

/** Whether the ports of a rule are some of the pods'; no ports are all. */
function reachesPorts(ports: unknown[], pod: PodView): boolean {
  if (ports.length === 0) return true;
  const own = containerPorts(pod);
  return ports.some((entry) => {
    const port = at(entry, "port");
    const end = Number(at(entry, "endPort") ?? port);
    return (
      port === undefined ||
      own.some(({ name, port: number }) => name === port || (number >= Number(port) && number <= end))
    );
  });
}

/** Pods that serve a model with no policy around them. */
function unguarded(pods: PodView[], resources: readonly PolicyResource[]): Finding[] {
  const policies = resources.filter(({ type }) => kindOf(type) === "NetworkPolicy");
  return pods
    .filter(isServing)
    .filter((pod) => !policies.some((policy) => guards(policy, pod)))
    .map(({ resource }) => ({
      resource,
      message:
        "no NetworkPolicy of the stack chooses its pods for Ingress, so every pod reaches their metrics; add one",
    }));
}

function guards(policy: PolicyResource, pod: PodView): boolean {
  const types = listOf(at(policy.props, "spec", "policyTypes"));
  return (
    (types.length === 0 || types.includes("Ingress")) &&
    textOf(at(policy.props, "metadata", "namespace")) === pod.namespace &&
    selects(at(policy.props, "spec", "podSelector"), pod)
  );
}

function inNamespaceOf(resource: PolicyResource, pods: PodView[]): PodView[] {
  const namespace = textOf(at(resource.props, "metadata", "namespace"));
  return pods.filter((pod) => pod.namespace === namespace);
}

function sameNamespace(a: PolicyResource, b: PolicyResource): boolean {
  return textOf(at(a.props, "metadata", "namespace")) === textOf(at(b.props, "metadata", "namespace"));
}

function nameOf(resource: PolicyResource): string {
  return `${kindOf(resource.type)} ${textOf(at(resource.props, "metadata", "name")) || resource.name}`;
}
