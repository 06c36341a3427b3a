/** Pods as the templates of workloads make them, to be shown to the admission of a real API server. */
import type { Manifest } from "./manifests.ts";
import { at } from "./mocks.ts";

/** A pod with its spec. */
export type PodManifest = Manifest & { spec: Record<string, unknown> };

const WORKLOADS = ["StatefulSet", "Deployment", "DaemonSet"];

/**
 * One pod of each workload, under its name. Claims of a template are volumes of the pod there. Left out are the runtime class,
 * and the priority class unless it is one of the system's: no other exists on a test's API server.
 *
 * @param elsewhere namespace of the pods; the workload's own by default
 */
export function podsOf(manifests: Manifest[], elsewhere?: string): PodManifest[] {
  return manifests
    .filter(({ kind }) => WORKLOADS.includes(kind))
    .map((workload) => {
      const template = at(workload, "spec.template") as { metadata: object; spec: Record<string, unknown> };
      const claims = (at(workload, "spec.volumeClaimTemplates") ?? []) as Manifest[];
      const volumes = [
        ...((template.spec["volumes"] ?? []) as object[]),
        ...claims.map(({ metadata: { name } }) => ({ name, persistentVolumeClaim: { claimName: name } })),
      ];
      const spec = Object.fromEntries(
        Object.entries(template.spec).filter(
          ([key, value]) =>
            key !== "runtimeClassName" &&
            (key !== "priorityClassName" || String(value).startsWith("system-")),
        ),
      );
      const { name } = workload.metadata;
      const namespace = elsewhere ?? workload.metadata.namespace;
      return {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { ...template.metadata, name, ...(namespace === undefined ? {} : { namespace }) },
        spec: { ...spec, volumes },
      };
    });
}
