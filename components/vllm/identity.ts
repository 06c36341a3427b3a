/** Names and labels by which the objects of one `VllmDeployment` find each other. */
import type * as pulumi from "@pulumi/pulumi";
import type { VllmDeploymentArgs } from "../vllm-deployment.ts";
import { lift, merge } from "../support/inputs.ts";
import { VllmModelSourceKind } from "./model-args.ts";

type StringMap = pulumi.Input<Record<string, pulumi.Input<string>>>;

/**
 * Pod annotations that Prometheus copies to every series of the pod. Annotations hold what a label value can't, such
 * as the slash of a model's name or the at sign of an address; the labels of the same name are for selecting.
 */
export const MODEL_KEY = "vllm-monitoring/model";
export const OWNER_KEY = "vllm-monitoring/owner";
export const TEAM_KEY = "vllm-monitoring/team";

export const HTTP_PORT = 8000;
/** Name of the port on the container and the Service. */
export const HTTP_PORT_NAME = "http";

export interface Identity {
  name: pulumi.Input<string>;
  namespace: pulumi.Input<string>;
  /** The served model's name. */
  servedName: pulumi.Input<string>;
  /** Selects the pods; never changes, because a Deployment's selector can't. */
  selector: Record<string, pulumi.Input<string>>;
  labels: Record<string, pulumi.Input<string>>;
  /** What Prometheus learns about the pods. */
  podAnnotations: Record<string, pulumi.Input<string>>;
  annotations: StringMap | undefined;
}

export function identityOf(componentName: string, args: VllmDeploymentArgs): Identity {
  const name = args.name ?? componentName;
  const servedName = servedNameOf(args);
  const selector = { "app.kubernetes.io/name": "vllm", "app.kubernetes.io/instance": name };
  return {
    name,
    namespace: args.namespace,
    servedName,
    selector,
    labels: {
      ...selector,
      "app.kubernetes.io/component": "inference",
      "app.kubernetes.io/part-of": "vllm-monitoring",
      "app.kubernetes.io/managed-by": "pulumi",
      [MODEL_KEY]: lift(servedName, labelValue),
      [OWNER_KEY]: lift(args.owner, labelValue),
      [TEAM_KEY]: lift(args.team ?? args.owner, labelValue),
    },
    podAnnotations: {
      [MODEL_KEY]: servedName,
      [OWNER_KEY]: args.owner,
      [TEAM_KEY]: args.team ?? args.owner,
    },
    annotations: args.annotations,
  };
}

/** Metadata of one of the objects. */
export function metadataOf(identity: Identity, annotations?: Record<string, pulumi.Input<string>>) {
  const all = annotations === undefined ? identity.annotations : merge(identity.annotations, annotations);
  return {
    name: identity.name,
    namespace: identity.namespace,
    labels: identity.labels,
    ...(all === undefined ? {} : { annotations: all }),
  };
}

function servedNameOf(args: VllmDeploymentArgs): pulumi.Input<string> {
  return lift(args.model, (model) => {
    if (model.servedName !== undefined) return model.servedName;
    return lift(model.source, ({ kind, hub }) =>
      lift(kind, (known) => {
        // The rules refuse the other kinds without a served name.
        if (known !== VllmModelSourceKind.Hub || hub === undefined) return "";
        return lift(hub, ({ id }) => id);
      }),
    );
  });
}

/** Text as a label value: at most 63 of `A-Za-z0-9-_.`, a letter or digit at both ends. */
export function labelValue(text: string): string {
  return text
    .replace(/[^A-Za-z0-9_.-]+/g, "-")
    .slice(0, 63)
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "");
}
