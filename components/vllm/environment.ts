/** Environment of the vLLM container. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { VllmDeploymentArgs } from "../vllm-deployment.ts";
import { concat, lift } from "../support/inputs.ts";
import {
  VllmModelSourceKind,
  type SecretKeyArgs,
  type VllmHubSourceArgs,
  type VllmS3SourceArgs,
} from "./model-args.ts";
import { MULTIPROCESS_DIRECTORY, MULTIPROCESS_VARIABLE } from "./multiprocess.ts";
import type { VllmPlan } from "./plan.ts";

export type Variable = k8s.types.input.core.v1.EnvVar;
type Variables = pulumi.Input<pulumi.Input<Variable>[]>;

/** Home of the image's user: caches of compilers and of the hub client live below. */
export const HOME_DIRECTORY = "/home/vllm";
/** Download cache of the hub client. */
export const HUB_CACHE_DIRECTORY = "/cache/huggingface";

/** The component's own variables, then the user's, in a fixed order. */
export function environment(plan: pulumi.Input<VllmPlan>, args: VllmDeploymentArgs): Variables {
  return concat<Variable>(
    [
      { name: "HOME", value: HOME_DIRECTORY },
      // Some libraries ask for the user's name, which a numeric user of another image doesn't have.
      { name: "USER", value: "vllm" },
      { name: "VLLM_NO_USAGE_STATS", value: "1" },
    ],
    lift(plan, (known): Variables =>
      known.multiprocessVolume ? [{ name: MULTIPROCESS_VARIABLE, value: MULTIPROCESS_DIRECTORY }] : [],
    ),
    fromSecret("VLLM_API_KEY", args.apiKeySecret),
    lift(args.model, ({ source }) =>
      lift(source, ({ kind, hub, s3 }) =>
        lift(kind, (known): Variables => {
          if (known === VllmModelSourceKind.Hub && hub !== undefined) return lift(hub, hubVariables);
          if (known === VllmModelSourceKind.S3 && s3 !== undefined) return lift(s3, s3Variables);
          return [];
        }),
      ),
    ),
    lift(args.env ?? [], (variables) =>
      variables.map((variable) =>
        lift(variable, ({ name, value, secret }) =>
          secret === undefined
            ? { name, value: value ?? "" }
            : { name, valueFrom: { secretKeyRef: keyOf(secret) } },
        ),
      ),
    ),
  );
}

function hubVariables({ tokenSecret }: VllmHubSourceArgs): Variables {
  return concat<Variable>(
    [{ name: "HF_HOME", value: HUB_CACHE_DIRECTORY }],
    fromSecret("HF_TOKEN", tokenSecret),
  );
}

function s3Variables(s3: VllmS3SourceArgs): Variables {
  const variables: pulumi.Input<Variable>[] = [];
  if (s3.region !== undefined) variables.push({ name: "AWS_REGION", value: s3.region });
  if (s3.endpoint !== undefined) {
    variables.push(
      { name: "AWS_ENDPOINT_URL", value: s3.endpoint },
      // MinIO and its kind answer path-style requests; bucket names in host names need wildcard DNS.
      { name: "RUNAI_STREAMER_S3_USE_VIRTUAL_ADDRESSING", value: "0" },
      // Its client would ask AWS for the region first and wait five seconds for no answer.
      { name: "AWS_EC2_METADATA_DISABLED", value: "true" },
    );
  }
  if (s3.credentialsSecret !== undefined) variables.push(...awsCredentials(s3.credentialsSecret));
  return variables;
}

/** What AWS clients read, from a Secret with these keys. */
export function awsCredentials(secret: pulumi.Input<string>): Variable[] {
  return ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map((key) => ({
    name: key,
    valueFrom: { secretKeyRef: { name: secret, key } },
  }));
}

function fromSecret(name: string, secret: pulumi.Input<SecretKeyArgs> | undefined): Variables {
  return secret === undefined ? [] : [{ name, valueFrom: { secretKeyRef: keyOf(secret) } }];
}

function keyOf(secret: pulumi.Input<SecretKeyArgs>): pulumi.Input<k8s.types.input.core.v1.SecretKeySelector> {
  return lift(secret, ({ name, key }) => ({ name, key }));
}

/** Variables that the component sets by itself, each with what to do instead. */
const OWN_VARIABLES: Record<string, string> = {
  [MULTIPROCESS_VARIABLE]: "set multiprocessMetrics.always to have the volume and the variable",
  HOME: "leave it out; the home directory is a volume of the component",
  USER: "leave it out",
  VLLM_NO_USAGE_STATS: "leave it out; no usage statistics are sent",
  VLLM_API_KEY: "set apiKeySecret",
};

/** The same, by the kind of model source that has a field for them. */
const SOURCE_VARIABLES: Record<string, Record<string, string>> = {
  [VllmModelSourceKind.Hub]: {
    HF_HOME: "set model.source.hub.cacheClaim to keep downloads",
    HF_TOKEN: "set model.source.hub.tokenSecret",
  },
  [VllmModelSourceKind.S3]: {
    AWS_REGION: "set model.source.s3.region",
    AWS_ENDPOINT_URL: "set model.source.s3.endpoint",
    RUNAI_STREAMER_S3_USE_VIRTUAL_ADDRESSING: "set model.source.s3.endpoint",
    AWS_EC2_METADATA_DISABLED: "set model.source.s3.endpoint",
    AWS_ACCESS_KEY_ID: "set model.source.s3.credentialsSecret",
    AWS_SECRET_ACCESS_KEY: "set model.source.s3.credentialsSecret",
  },
};

/** What to do instead of setting a variable by hand; undefined when the component leaves it alone. */
export function variableRemedy(name: string, sourceKind: string | undefined): string | undefined {
  return OWN_VARIABLES[name] ?? SOURCE_VARIABLES[sourceKind ?? ""]?.[name];
}
