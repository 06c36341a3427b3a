import type { V1Pod, V1Service } from "@kubernetes/client-node";

/** Whether a pod's labels match a Service's selector; a Service without one matches nothing. */
export function selects(service: V1Service, pod: V1Pod): boolean {
  const selector = Object.entries(service.spec?.selector ?? {});
  const labels = pod.metadata?.labels ?? {};
  return (
    selector.length > 0 &&
    service.metadata?.namespace === pod.metadata?.namespace &&
    selector.every(([key, value]) => labels[key] === value)
  );
}

/** Whether a pod is Ready. */
export function isReady(pod: V1Pod): boolean {
  return (
    pod.metadata?.deletionTimestamp === undefined &&
    (pod.status?.conditions ?? []).some(({ type, status }) => type === "Ready" && status === "True")
  );
}

/** Forms in which a name inside a namespace may be written, shortest last. */
function forms(name: string, namespace: string): string[] {
  return [`${name}.${namespace}.svc`, `${name}.${namespace}`];
}

/**
 * Named ports of a Service, with the number to connect to.
 *
 * @param pod of a headless Service the pod that is connected to, whose own ports count; undefined for others
 */
function portsOf(service: V1Service, pod: V1Pod | undefined): [name: string, number: number][] {
  const container = (name: unknown) =>
    (pod?.spec?.containers ?? []).flatMap(({ ports }) => ports ?? []).find((port) => port.name === name)
      ?.containerPort;
  return (service.spec?.ports ?? []).flatMap(({ name, port, targetPort }): [string, number][] => {
    if (name === undefined) return [];
    if (pod === undefined) return [[name, port]];
    const number = typeof targetPort === "number" ? targetPort : (container(targetPort) ?? port);
    return [[name, number]];
  });
}

/**
 * Host names that cluster DNS would answer, with the address to use instead: a Service's own address, for a headless one
 * its first ready pod's, and each pod's that has a host name and a subdomain (StatefulSets). Besides, what it would answer
 * for a named port (`_grpc._tcp.service.namespace.svc`), as address and port of one pod.
 *
 * @param namespace namespace of the pod that asks; there a StatefulSet's pod may also be called `pod.service`
 */
export function clusterNames(
  services: readonly V1Service[],
  pods: readonly V1Pod[],
  namespace: string,
): Map<string, string> {
  const names = new Map<string, string>();
  for (const service of services) {
    const own = service.metadata?.namespace ?? "";
    const headless = service.spec?.clusterIP === "None";
    const pod = headless ? pods.find((each) => selects(service, each) && isReady(each)) : undefined;
    const address = headless ? pod?.status?.podIP : service.spec?.clusterIP;
    if (address === undefined || address === "") continue;
    const ports = portsOf(service, pod);
    forms(service.metadata?.name ?? "", own).forEach((form) => {
      names.set(form, address);
      for (const [port, number] of ports) names.set(`_${port}._tcp.${form}`, `${address}:${String(number)}`);
    });
  }
  for (const pod of pods) {
    const { hostname, subdomain } = pod.spec ?? {};
    const address = pod.status?.podIP;
    const own = pod.metadata?.namespace ?? "";
    if (hostname === undefined || subdomain === undefined || address === undefined) {
      continue;
    }
    forms(`${hostname}.${subdomain}`, own).forEach((form) => names.set(form, address));
    if (own === namespace) {
      names.set(`${hostname}.${subdomain}`, address);
    }
  }
  return names;
}
