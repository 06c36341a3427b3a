import * as pulumi from "@pulumi/pulumi";

import { OPERATOR_VERSION } from "../crds/manifests.ts";
import { isPending, lift } from "../support/inputs.ts";

/** An image reference in parts; what is absent comes from the component's own table. */
export interface ImageArgs {
  /** Host (and path) of the registry, for example of a mirror: "registry.example.com/quay". */
  registry?: pulumi.Input<string>;
  /** Path within the registry. */
  repository?: pulumi.Input<string>;
  tag?: pulumi.Input<string>;
  /** "sha256:..." of the image (index); pins the bytes, whatever the tag is moved to. Default: none. */
  digest?: pulumi.Input<string>;
}

/** Images of the monitoring stack. */
export interface MonitoringImagesArgs {
  /** Registry for every image that names none itself. Default: quay.io. */
  registry?: pulumi.Input<string>;
  operator?: ImageArgs;
  configReloader?: ImageArgs;
  prometheus?: ImageArgs;
  alertmanager?: ImageArgs;
}

export type MonitoringImage = "operator" | "configReloader" | "prometheus" | "alertmanager";

/**
 * Default images.
 *
 * - operator and config reloader: one release, the one that the committed CRDs come from;
 * - Prometheus: the newest that this operator names in its compatibility matrix
 *   (prometheus-operator v0.93, pkg/operator/defaults.go);
 * - Alertmanager: the newest whose module carries its web UI, so that the same version runs everywhere; the
 *   operator generates configuration for 0.22 and newer.
 *
 * Digests belong to a registry's build of an image and can't be checked offline, so none is written here: set
 * `digest` per environment, from `crane digest` or the registry's page.
 */
export const defaultImages: Record<MonitoringImage, { repository: string; tag: string }> = {
  operator: { repository: "prometheus-operator/prometheus-operator", tag: `v${OPERATOR_VERSION}` },
  configReloader: {
    repository: "prometheus-operator/prometheus-config-reloader",
    tag: `v${OPERATOR_VERSION}`,
  },
  prometheus: { repository: "prometheus/prometheus", tag: "v3.13.2" },
  alertmanager: { repository: "prometheus/alertmanager", tag: "v0.31.1" },
};

/** Default registry of all of them. */
export const DEFAULT_REGISTRY = "quay.io";

/** What a digest looks like. */
export const DIGEST_PATTERN = /^sha256:[0-9a-f]{64}$/;

/** `registry/repository:tag[@digest]` of one image. */
export function imageReference(
  images: MonitoringImagesArgs | undefined,
  which: MonitoringImage,
): pulumi.Input<string> {
  const image = images?.[which] ?? {};
  const parts = {
    registry: image.registry ?? images?.registry ?? DEFAULT_REGISTRY,
    repository: image.repository ?? defaultImages[which].repository,
    tag: image.tag ?? defaultImages[which].tag,
    digest: image.digest ?? "",
  };
  return Object.values(parts).some(isPending)
    ? pulumi.output(parts).apply(formatImage)
    : formatImage(parts as ImageParts);
}

interface ImageParts {
  registry: string;
  repository: string;
  tag: string;
  /** Empty: none. */
  digest: string;
}

function formatImage({ registry, repository, tag, digest }: ImageParts): string {
  return `${registry.replace(/\/+$/, "")}/${repository}:${tag}${digest === "" ? "" : `@${digest}`}`;
}

/** Version that the operator is told. */
export function imageVersion(
  images: MonitoringImagesArgs | undefined,
  which: MonitoringImage,
): pulumi.Input<string> {
  return lift(images?.[which]?.tag ?? defaultImages[which].tag, (tag) => versionOfTag(tag) ?? tag);
}

/** The version that a tag begins with, without the "v" and a flavour suffix; undefined if it holds none. */
export function versionOfTag(tag: string): string | undefined {
  return /^v?(\d+\.\d+\.\d+(?:-rc\.\d+)?)/.exec(tag)?.[1];
}
