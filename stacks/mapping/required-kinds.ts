import { formatPath, type Path, type Problem } from "../config/problems.ts";
import type { Settings } from "../config/settings.ts";

/** A kind of object that the environment makes and that somebody else's controller must have brought. */
export interface RequiredKind {
  /** The setting that asks for it. */
  path: Path;
  got: string;
  /** Name of its definition, `<plural>.<group>`. */
  definition: string;
  remedy: string;
}

/** Kinds that the stack does not install itself, each with the first setting that asks for it. */
export function requiredKinds(settings: Settings): RequiredKind[] {
  const { fleet, gateway, nodeGroups, monitoring, cluster } = settings;
  const all = [
    ...fleet.models.flatMap(({ autoscaling, engine, nodes }, index): RequiredKind[] => {
      const at = (...rest: Path): Path => ["fleet", "models", index, ...rest];
      return [
        ...when(autoscaling?.scaler === "keda", {
          path: at("autoscaling", "scaler"),
          got: "keda",
          definition: "scaledobjects.keda.sh",
          remedy: "install KEDA, or set the scaler to hpa",
        }),
        ...when(engine.kind === "ray" && !fleet.rayOperator.install, {
          path: at("engine", "kind"),
          got: engine.kind,
          definition: "rayservices.ray.io",
          remedy: "install the KubeRay operator, or set fleet.rayOperator.install to true",
        }),
        ...when(nodes > 1, {
          path: at("nodes"),
          got: String(nodes),
          definition: "leaderworkersets.leaderworkerset.x-k8s.io",
          remedy: "install the LeaderWorkerSet controller, or let the model fit one node",
        }),
      ];
    }),
    ...when(gateway?.ingress?.kind === "gateway-api", {
      path: ["gateway", "ingress", "kind"],
      got: "gateway-api",
      definition: "httproutes.gateway.networking.k8s.io",
      remedy: "install the Gateway API and a controller of it, or take an ingress of kind nginx",
    }),
    ...nodeGroups.flatMap(({ provision }, index) =>
      // A cluster that the stack makes has no Karpenter yet, and such groups are refused there.
      when(provision.kind === "karpenter" && cluster.kind !== "new-eks", {
        path: ["nodeGroups", index, "provision", "kind"],
        got: provision.kind,
        definition: "nodepools.karpenter.sh",
        remedy: "install Karpenter, or set the kind to managed",
      }),
    ),
    ...when(monitoring.grafana.delivery.kind === "operator", {
      path: ["monitoring", "grafana", "delivery", "kind"],
      got: "operator",
      definition: "grafanadashboards.grafana.integreatly.org",
      remedy: "install grafana-operator, or leave delivery out",
    }),
  ];
  const first = new Map<string, RequiredKind>();
  for (const kind of all) if (!first.has(kind.definition)) first.set(kind.definition, kind);
  return [...first.values()];
}

const when = (holds: boolean, kind: RequiredKind): RequiredKind[] => (holds ? [kind] : []);

/** What a cluster lacks. @param definitions names of the definitions that it has */
export function missingKinds(settings: Settings, definitions: ReadonlySet<string>): Problem[] {
  return requiredKinds(settings)
    .filter(({ definition }) => !definitions.has(definition))
    .map(({ path, got, definition, remedy }) => ({
      path: formatPath(path),
      got: JSON.stringify(got),
      expected: `a cluster with the definition ${definition}, which this one has not`,
      remedy,
    }));
}
