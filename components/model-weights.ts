import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import type { ModelWeightsArgs } from "./model-weights/args.ts";
import { jobSpec, timeoutOf } from "./model-weights/job.ts";
import { RULES } from "./model-weights/rules.ts";
import { digestOf, directoryOf } from "./model-weights/script.ts";
import { selectorLabels, standardLabels } from "./support/labels.ts";
import { check } from "./support/validation.ts";

export * from "./model-weights/args.ts";

const APPLICATION = "model-weights";

/**
 * A model's weights on a volume that its replicas share: a claim, and a Job that fills it once, before the first replica
 * starts. Give `claimName` and `directory` to a model source of kind `claim`; `directory` is known only when the copy is
 * whole, so that nothing that uses it is made before.
 *
 * Another revision is another directory and another Job: replicas that run keep what they have. Old directories stay until
 * somebody removes them. Deleting the component deletes a claim that it made, and what becomes of the volume is its storage
 * class' matter; an NFS export is left alone.
 */
export class ModelWeights extends pulumi.ComponentResource {
  /** Name of the claim. */
  readonly claimName: pulumi.Output<string>;
  /** Directory of the model below the volume's root, once it is whole. */
  readonly directory: pulumi.Output<string>;
  /** Name of the Job that fills it. */
  readonly jobName: pulumi.Output<string>;

  constructor(name: string, args: ModelWeightsArgs, opts?: pulumi.ComponentResourceOptions) {
    check(`ModelWeights "${name}"`, { componentName: name, ...args }, RULES);
    super("vllm-monitoring:index:ModelWeights", name, { ...args }, opts);
    const labels = standardLabels(APPLICATION, name);
    const metadata = { name, namespace: args.namespace, labels };
    const child = { parent: this };

    const claim = args.volume.claim ?? makeClaim(this, name, args, labels).metadata.name;
    const account =
      args.serviceAccount ??
      new k8s.core.v1.ServiceAccount(
        `${name}-account`,
        { metadata, automountServiceAccountToken: false },
        child,
      ).metadata.name;
    // Nobody has anything to ask of it.
    const policy = new k8s.networking.v1.NetworkPolicy(
      `${name}-ingress`,
      {
        metadata,
        spec: { podSelector: { matchLabels: selectorLabels(APPLICATION, name) }, policyTypes: ["Ingress"] },
      },
      child,
    );
    const timeout = `${String(timeoutOf(args))}s`;
    const job = new k8s.batch.v1.Job(
      `${name}-fill`,
      {
        metadata: { ...metadata, name: `${name}-fill-${digestOf(args)}` },
        spec: jobSpec({ labels, serviceAccount: account, claim }, args),
      },
      { ...child, dependsOn: policy, customTimeouts: { create: timeout, update: timeout } },
    );

    this.claimName = pulumi.output(claim);
    this.jobName = job.metadata.name;
    this.directory = this.jobName.apply(() => directoryOf(args));
    this.registerOutputs({
      claimName: this.claimName,
      directory: this.directory,
      jobName: this.jobName,
    });
  }
}

/** A claim of its own; on an NFS export with a volume that is bound to nothing else. */
function makeClaim(
  component: ModelWeights,
  name: string,
  { namespace, volume, volume: { nfs, size = "" } }: ModelWeightsArgs,
  labels: Record<string, pulumi.Input<string>>,
): k8s.core.v1.PersistentVolumeClaim {
  const child = { parent: component };
  const accessModes = ["ReadWriteMany"];
  const spec = {
    accessModes,
    resources: { requests: { storage: size } },
    ...(volume.storageClass === undefined ? {} : { storageClassName: volume.storageClass }),
  };
  // Nobody mounts it before the Job, and a class that waits for the first pod would let the engine wait for ever.
  const metadata = { name, namespace, labels, annotations: { "pulumi.com/skipAwait": "true" } };
  if (nfs === undefined)
    return new k8s.core.v1.PersistentVolumeClaim(`${name}-claim`, { metadata, spec }, child);
  const persistent = new k8s.core.v1.PersistentVolume(
    `${name}-volume`,
    {
      metadata: { name: pulumi.interpolate`${namespace}-${name}`, labels },
      spec: {
        accessModes,
        capacity: { storage: size },
        nfs: { server: nfs.server, path: nfs.path },
        // The export is not this volume's to delete.
        persistentVolumeReclaimPolicy: "Retain",
        storageClassName: "",
        claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name },
      },
    },
    child,
  );
  return new k8s.core.v1.PersistentVolumeClaim(
    `${name}-claim`,
    { metadata, spec: { ...spec, storageClassName: "", volumeName: persistent.metadata.name } },
    child,
  );
}
