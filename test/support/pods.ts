/** Pods as the templates of workloads make them, to be shown to the admission of a real API server. */
import type { Manifest } from "./manifests.ts";
import { at } from "./mocks.ts";

/** A pod with its spec. */
export type PodManifest = Manifest & { spec: Record<string, unknown> };

const WORKLOADS = ["StatefulSet", "Deployment", "DaemonSet"];

/**
 * One pod of each workload, in the workload's namespace and under its name. Claims of a template are volumes of the pod there.
 * The priority class is left out unless it is one of the system's: no other exists on a test's API server.
 */
export function podsOf(manifests: Manifest[]): PodManifest[] {
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
          ([key, value]) => key !== "priorityClassName" || String(value).startsWith("system-"),
        ),
      );
      const { name, namespace } = workload.metadata;
      return {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { ...template.metadata, name, ...(namespace === undefined ? {} : { namespace }) },
        spec: { ...spec, volumes },
      };
    });
}
