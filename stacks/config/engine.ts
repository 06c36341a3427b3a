import { z } from "zod";
import { RayAuthentication, RayReplicaPlacement, RayUpgrade } from "../../components/ray/args.ts";
import {
  choice,
  dnsLabel,
  flag,
  imageReference,
  integer,
  mapping,
  secretKey,
  text,
  valuesOf,
} from "./types.ts";

const vllmEngine = mapping(
  { kind: z.literal("vllm").meta({ description: "vLLM's own server, one Deployment." }) },
  "Each replica is a pod with vLLM's own server.",
);

const rayEngine = mapping(
  {
    kind: z
      .literal("ray")
      .meta({ description: "Ray Serve LLM on a cluster that the KubeRay operator makes." }),
    rayVersion: text(/^\d+\.\d+\.\d+$/, "a version of Ray such as 2.60.0", "write that of the image").meta({
      description: "Version of Ray in the image. 2.51 or newer.",
    }),
    maxReplicas: integer(1, 10_000)
      .optional()
      .meta({ description: "Most replicas; `replicas` is the fewest. Default: the same, a fixed number." }),
    targetOngoingRequests: integer(1, 1_000_000, "requests").optional().meta({
      description:
        "Requests in flight per replica that Ray Serve aims at. Default: three quarters of maxNumSeqs, 64 without it.",
    }),
    maxOngoingRequests: integer(1, 1_000_000, "requests").optional().meta({
      description: "Requests that a replica gets at once. Default: twice the target, at least maxNumSeqs.",
    }),
    placement: choice(valuesOf(RayReplicaPlacement)).default(RayReplicaPlacement.OnePod).meta({
      description: "Where the GPUs of a replica are: in one pod, or each pipeline stage in its own.",
    }),
    authentication: choice(valuesOf(RayAuthentication))
      .default(RayAuthentication.Token)
      .meta({ description: "Who may talk to Ray's own interfaces, beside what the NetworkPolicy says." }),
    upgrade: choice(valuesOf(RayUpgrade)).default(RayUpgrade.NewCluster).meta({
      description: "What a change of pods or image does. A new cluster needs the GPUs twice for a while.",
    }),
    loraDirectory: text(
      /^(s3|gs|azure|abfss):\/\/[^\s/]+(\/\S*)?$/,
      "an object store directory such as s3://models/adapters",
      "start it with s3:// or gs://",
    )
      .optional()
      .meta({
        description: "Directory below which requests find LoRA adapters by name. Default: no adapters.",
      }),
    redis: mapping(
      {
        address: text(
          /^(rediss?:\/\/)?[A-Za-z0-9][\w.-]*:\d{1,5}$/,
          "an address of Redis such as rediss://redis.cache.svc:6379",
          "write host:port, with rediss:// in front for TLS",
        ).meta({ description: "Address of the server." }),
        passwordFromSecret: secretKey.optional().meta({
          description: "Name of the secret configuration key that holds the password. Default: none.",
        }),
      },
      "Redis that keeps the state of Ray's control plane, so that a lost head is made anew while replicas serve on.",
    ).optional(),
  },
  "Each replica is served by Ray Serve LLM; worker pods hold the GPUs.",
);

export const engineSchema = z
  .discriminatedUnion("kind", [vllmEngine, rayEngine])
  .default({ kind: "vllm" })
  .meta({ description: "What serves the model." });

export const rayOperatorSchema = mapping(
  {
    namespace: dnsLabel.default("kuberay-system").meta({ description: "Namespace of the KubeRay operator." }),
    install: flag.default(false).meta({
      description: "Install the operator and its CRDs with the stack. Default: they are there already.",
    }),
    image: imageReference
      .optional()
      .meta({ description: "Image of the operator. Default: the version that the CRDs belong to." }),
  },
  "The KubeRay operator, which models with the engine ray need.",
).prefault({});

export type EngineSettings = z.output<typeof engineSchema>;
export type RayEngineSettings = Extract<EngineSettings, { kind: "ray" }>;
