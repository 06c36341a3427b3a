import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { OPERATOR_VERSION, monitoringCrds } from "./crds/manifests.ts";

/** Arguments of MonitoringCrds. */
export interface MonitoringCrdsArgs {
  /**
   * True: deleting the stack leaves the CRDs in the cluster, and with them every monitor and rule of other stacks. The
   * next stack then has to set `installCrds: false`. Default: false.
   */
  retain?: boolean;
}

/**
 * The CRDs of the Prometheus operator, from the same release as the operator that KubePrometheus runs.
 *
 * Each is larger than the 262,144 bytes that client-side apply can annotate, so they need server-side apply, the
 * default of the Kubernetes provider since version 4.
 */
export class MonitoringCrds extends pulumi.ComponentResource {
  /** Version of the operator that the CRDs belong to. */
  public readonly operatorVersion: pulumi.Output<string>;

  constructor(name: string, args: MonitoringCrdsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("vllm-monitoring:index:MonitoringCrds", name, args, opts);
    for (const crd of monitoringCrds()) {
      new k8s.apiextensions.v1.CustomResourceDefinition(`${name}-${crd.metadata.name}`, crd, {
        parent: this,
        retainOnDelete: args.retain ?? false,
      });
    }
    this.operatorVersion = pulumi.output(OPERATOR_VERSION);
    this.registerOutputs({ operatorVersion: this.operatorVersion });
  }
}
