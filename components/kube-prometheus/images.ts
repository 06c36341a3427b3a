import type * as pulumi from "@pulumi/pulumi";

import { OPERATOR_VERSION } from "../crds/manifests.ts";
import { lift } from "../support/inputs.ts";

/** Images of the monitoring stack: whole references, `registry/repository:tag[@sha256:...]`. */
export interface MonitoringImagesArgs {
  /** Registry of the default images, for example of a mirror: "registry.example.com/quay". Default: quay.io. */
  registry?: pulumi.Input<string>;
  operator?: pulumi.Input<string>;
  configReloader?: pulumi.Input<string>;
  /** The tag must begin with the version, which decides the flags that the operator gives. */
  prometheus?: pulumi.Input<string>;
  /** As with Prometheus. */
  alertmanager?: pulumi.Input<string>;
  /** As with Prometheus; the sidecar of `prometheus.thanos`. */
  thanos?: pulumi.Input<string>;
  nodeExporter?: pulumi.Input<string>;
  /** Default registry.k8s.io/kube-state-metrics/kube-state-metrics, whatever `registry` says. */
  kubeStateMetrics?: pulumi.Input<string>;
}

/** The images that come from `registry`. */
export type MonitoringImage =
  "operator" | "configReloader" | "prometheus" | "alertmanager" | "thanos" | "nodeExporter";

/**
 * Default images.
 *
 * - operator and config reloader: one release, the one that the committed CRDs come from;
 * - Prometheus: the newest that this operator names in its compatibility matrix
 *   (prometheus-operator v0.93, pkg/operator/defaults.go);
 * - Alertmanager: the newest whose module carries its web UI, so that the same version runs everywhere; the
 *   operator generates configuration for 0.22 and newer;
 * - Thanos: of the series that this operator names as its default (pkg/operator/defaults.go).
 *
 * Digests belong to a registry's build of an image and can't be checked offline, so none is written here: give whole
 * references with digests per environment, from `crane digest` or the registry's page.
 */
export const defaultImages: Record<MonitoringImage, { repository: string; tag: string }> = {
  operator: { repository: "prometheus-operator/prometheus-operator", tag: `v${OPERATOR_VERSION}` },
  configReloader: {
    repository: "prometheus-operator/prometheus-config-reloader",
    tag: `v${OPERATOR_VERSION}`,
  },
  prometheus: { repository: "prometheus/prometheus", tag: "v3.13.2" },
  alertmanager: { repository: "prometheus/alertmanager", tag: "v0.31.1" },
  thanos: { repository: "thanos/thanos", tag: "v0.42.4" },
  nodeExporter: { repository: "prometheus/node-exporter", tag: "v1.12.1" },
};

/** Default registry of all of them. */
export const DEFAULT_REGISTRY = "quay.io";

/** The image to run. */
export function imageReference(
  images: MonitoringImagesArgs | undefined,
  which: MonitoringImage,
): pulumi.Input<string> {
  const given = images?.[which];
  if (given !== undefined) return given;
  const { repository, tag } = defaultImages[which];
  return lift(
    images?.registry ?? DEFAULT_REGISTRY,
    (registry) => `${registry.replace(/\/+$/, "")}/${repository}:${tag}`,
  );
}

/** References to Secrets with registry credentials, as a pod takes them; none without names. */
export function pullSecrets(names: pulumi.Input<pulumi.Input<string>[]> | undefined): {
  imagePullSecrets?: pulumi.Input<{ name: pulumi.Input<string> }[]>;
} {
  return names === undefined
    ? {}
    : { imagePullSecrets: lift(names, (list) => list.map((name) => ({ name }))) };
}

/** Version that the operator is told. */
export function imageVersion(
  images: MonitoringImagesArgs | undefined,
  which: MonitoringImage,
): pulumi.Input<string> {
  return lift(imageReference(images, which), (image) => parseImage(image)?.version ?? "");
}

/** An image reference, taken apart. */
export interface ParsedImage {
  tag: string | undefined;
  digest: string | undefined;
  /** The tag without the "v" and a flavour's suffix; undefined if it does not begin with a version. */
  version: string | undefined;
}

/** Takes a reference apart; undefined if it is none. */
export function parseImage(image: string): ParsedImage | undefined {
  const match =
    /^[a-z0-9.-]+(?::\d+)?(?:\/[a-z0-9._-]+)*(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(
      image,
    );
  if (match === null) return undefined;
  const [, tag, digest] = match;
  return { tag, digest, version: /^v?(\d+\.\d+\.\d+(?:-rc\.\d+)?)/.exec(tag ?? "")?.[1] };
}
