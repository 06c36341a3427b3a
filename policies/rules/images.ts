import { floatingImage } from "../../components/support/image.ts";
import { podsOf } from "../pods.ts";
import type { PolicyResource, ResourcePolicy } from "../types.ts";
import { at, kindOf, textOf } from "../values.ts";

/** Kinds of the Prometheus operator that name an image themselves. */
const OPERATOR_KINDS = ["Prometheus", "Alertmanager", "ThanosRuler", "PrometheusAgent"];

export const imageVersions: ResourcePolicy = {
  name: "image-versions",
  description:
    "Every image names a version by tag or digest, never latest: a restart must not run something else than the replicas beside it.",
  enforcement: "mandatory",
  check: (resource) =>
    imagesOf(resource).flatMap(({ where, image }) => {
      const reason = floatingImage(image);
      return reason === undefined
        ? []
        : [
            `${where}: the image ${JSON.stringify(image)} ${reason}; write repository:tag or repository@sha256:…`,
          ];
    }),
};

function imagesOf(resource: PolicyResource): { where: string; image: string }[] {
  const inPods = podsOf(resource).flatMap(({ containers }) =>
    containers.map(({ name, image }) => ({ where: `container ${name}`, image })),
  );
  if (!OPERATOR_KINDS.includes(kindOf(resource.type))) return inPods;
  const own = [
    { where: "spec.image", image: textOf(at(resource.props, "spec", "image")) },
    { where: "spec.thanos.image", image: textOf(at(resource.props, "spec", "thanos", "image")) },
  ];
  // Without one the operator takes that of its own release.
  return [...inPods, ...own.filter(({ image }) => image !== "")];
}
