import * as pulumi from "@pulumi/pulumi";

import { OPERATOR_VERSION } from "../crds/manifests.ts";

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

/** `registry/repository:tag[@digest]` of one image. */
export function imageReference(
  images: MonitoringImagesArgs | undefined,
  which: MonitoringImage,
): pulumi.Output<string> {
  const image = images?.[which] ?? {};
  return pulumi
    .output([
      image.registry ?? images?.registry ?? DEFAULT_REGISTRY,
      image.repository ?? defaultImages[which].repository,
      image.tag ?? defaultImages[which].tag,
      image.digest ?? "",
    ])
    .apply(([registry, repository, tag, digest]) =>
      formatImage(registry ?? "", repository ?? "", tag ?? "", digest),
    );
}

/** @throws if the digest is none */
export function formatImage(
  registry: string,
  repository: string,
  tag: string,
  digest: string | undefined,
): string {
  const reference = `${registry.replace(/\/+$/, "")}/${repository}:${tag}`;
  if (digest === undefined || digest === "") return reference;
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) {
    throw new Error(
      `image digest ${JSON.stringify(digest)} of ${reference} is not "sha256:" and 64 hex digits`,
    );
  }
  return `${reference}@${digest}`;
}

/** Version that the operator is told (it decides flags by it): the tag without "v" and without a flavour suffix. */
export function imageVersion(
  images: MonitoringImagesArgs | undefined,
  which: MonitoringImage,
): pulumi.Output<string> {
  return pulumi.output(images?.[which]?.tag ?? defaultImages[which].tag).apply(versionOfTag);
}

/** @throws if the tag holds no version, because the operator would then assume its own default */
export function versionOfTag(tag: string): string {
  const match = /^v?(\d+\.\d+\.\d+(?:-rc\.\d+)?)/.exec(tag);
  if (match?.[1] === undefined) {
    throw new Error(
      `image tag ${JSON.stringify(tag)} holds no version; use one such as "v3.13.2" and pin bytes by digest`,
    );
  }
  return match[1];
}
