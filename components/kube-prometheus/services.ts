import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { ALERTMANAGER_MESH_PORT, ALERTMANAGER_PORT, alertmanagerPodLabels } from "./alertmanager.ts";
import type { KubePrometheusArgs } from "./args.ts";
import { PROMETHEUS_PORT, prometheusPodLabels, type MonitoringNames } from "./prometheus.ts";
import { THANOS_GRPC_PORT } from "./thanos.ts";

/** A Service of the component. */
export interface ServicePlan {
  /** End of its Pulumi name. */
  suffix: string;
  serviceName: string;
  application: string;
  spec: k8s.types.input.core.v1.ServiceSpec;
}

const web = (port: number) => ({ name: "web", port, targetPort: "web", protocol: "TCP" });
const mesh = (protocol: string) => ({
  name: `${protocol.toLowerCase()}-mesh`,
  port: ALERTMANAGER_MESH_PORT,
  targetPort: ALERTMANAGER_MESH_PORT,
  protocol,
});
/** A name that a Thanos query finds each sidecar by: dnssrv+_grpc._tcp.<service>. */
const grpc = { name: "grpc", port: THANOS_GRPC_PORT, targetPort: "grpc", protocol: "TCP" };
const headless = { clusterIP: "None", publishNotReadyAddresses: true };

/** For each server a Service with a stable address, and the headless one that names its pods. */
export function serviceSpecs(names: MonitoringNames, args: KubePrometheusArgs): ServicePlan[] {
  const prometheus = prometheusPodLabels(names.instance, args.prometheus?.mode);
  const alertmanager = alertmanagerPodLabels(names.instance);
  const ports = [web(PROMETHEUS_PORT)];
  const services = [
    plan("prometheus", names.prometheusService, prometheus, { type: "ClusterIP", ports }),
    plan("prometheus-governing", names.prometheusGoverningService, prometheus, {
      ...headless,
      ports: [...ports, ...(args.prometheus?.thanos === undefined ? [] : [grpc])],
    }),
  ];
  if (args.alertmanager === undefined) return services;
  return [
    ...services,
    plan("alertmanager", names.alertmanagerService, alertmanager, {
      type: "ClusterIP",
      ports: [web(ALERTMANAGER_PORT)],
    }),
    plan("alertmanager-governing", names.alertmanagerGoverningService, alertmanager, {
      ...headless,
      ports: [web(ALERTMANAGER_PORT), mesh("TCP"), mesh("UDP")],
    }),
  ];
}

function plan(
  suffix: string,
  serviceName: string,
  selector: Record<string, pulumi.Input<string>>,
  spec: k8s.types.input.core.v1.ServiceSpec,
): ServicePlan {
  const application = suffix.replace("-governing", "");
  return { suffix, serviceName, application, spec: { selector, ...spec } };
}
