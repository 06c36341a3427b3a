import { z } from "zod";
import { eksAddons, eksCommon, eksNetwork, newEksFields } from "./eks.ts";
import { expects } from "./messages.ts";
import { choice, dnsLabel, flag, mapping } from "./types.ts";

const name = dnsLabel.meta({
  description:
    "Unique name of the cluster. Becomes the external label `cluster` and the provider's cluster identifier.",
});
const kubeconfigPath = z
  .string({ error: expects("a path", "an absolute path, or one relative to the project's root") })
  .min(1, { error: expects("a path that is not empty") })
  .meta({
    description:
      "Kubeconfig file, absolute or relative to the project's root. Default: the environment variable KUBECONFIG.",
  });
const context = z
  .string({ error: expects("the name of a context of the kubeconfig") })
  .min(1, { error: expects("the name of a context of the kubeconfig") })
  .meta({ description: "Context of the kubeconfig. Default: its current context." });
const adoptExistingObjects = flag.default(false).meta({
  description:
    "Take over objects that exist already instead of failing with AlreadyExists. For a first run on a cluster that was set up by hand.",
});

const embedded = mapping(
  {
    kind: z.literal("embedded").meta({ description: "The local control plane that `make up` starts." }),
    name: name.default("local"),
    kubeconfigPath: kubeconfigPath.optional(),
    simulateNodes: flag.default(true).meta({
      description:
        "Make a Node object for each GPU node, which kwok keeps alive. `make up` clears it on other clusters.",
    }),
  },
  "The embedded environment: a real control plane as host processes. Its kubeconfig is written by `make up`.",
);

const kubeconfig = mapping(
  {
    kind: z
      .literal("kubeconfig")
      .meta({ description: "Any existing cluster, reached through a kubeconfig." }),
    name,
    kubeconfigPath: kubeconfigPath.optional(),
    context: context.optional(),
    adoptExistingObjects,
  },
  "An existing cluster, reached through a context of a kubeconfig file.",
);

const eks = mapping(
  {
    kind: z
      .literal("eks")
      .meta({ description: "An existing Amazon EKS cluster, authenticated by the aws command." }),
    ...eksCommon,
    endpoint: z
      .string({ error: expects("the cluster's https endpoint") })
      .regex(/^https:\/\/[^\s/?#@]+$/, {
        error: expects(
          "the cluster's https endpoint",
          "aws eks describe-cluster --name <name> --query cluster.endpoint",
        ),
      })
      .meta({ description: "API server endpoint." }),
    certificateAuthorityData: z
      .string({ error: expects("the cluster's certificate authority in base64") })
      .regex(/^[A-Za-z0-9+/]{40,}={0,2}$/, {
        error: expects(
          "the cluster's certificate authority in base64",
          "aws eks describe-cluster --name <name> --query cluster.certificateAuthority.data",
        ),
      })
      .meta({ description: "Certificate authority of the API server, base64 (public data)." }),
    network: eksNetwork.optional(),
    addons: eksAddons.prefault({}),
    adoptExistingObjects,
  },
  "An existing Amazon EKS cluster. A kubeconfig that calls `aws eks get-token` is made from these fields.",
);

const newEks = mapping(
  {
    kind: z
      .literal("new-eks")
      .meta({ description: "A small hardened EKS cluster with a VPC of its own, made by the stack." }),
    ...eksCommon,
    ...newEksFields,
  },
  "A small hardened Amazon EKS cluster that the stack makes. Its system nodes are the node group without GPUs.",
);

export const clusterSchema = z
  .discriminatedUnion("kind", [embedded, kubeconfig, eks, newEks])
  .meta({ description: "The Kubernetes cluster that the environment's objects live in." });

export type ClusterSettings = z.output<typeof clusterSchema>;
/** Settings of a cluster in AWS. */
export type EksSettings = Extract<ClusterSettings, { kind: "eks" | "new-eks" }>;

/** Whether the cluster is in AWS, so that the stack can make machines for it. */
export function isEks(cluster: ClusterSettings): cluster is EksSettings {
  return cluster.kind === "eks" || cluster.kind === "new-eks";
}

export const environments = ["local", "dev", "staging", "prod"] as const;
export const environmentSchema = choice(environments).meta({
  description: "Name of the environment. Becomes the external label `environment`.",
});
export type Environment = z.output<typeof environmentSchema>;
