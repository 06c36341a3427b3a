/** Labels by which the blocks of replicas and clusters are told apart. */
import type * as pulumi from "@pulumi/pulumi";

import type { Rule } from "../support/validation.ts";
import type { ThanosStorageArgs } from "./args.ts";
import { DEFAULT_REPLICA_LABELS } from "./names.ts";

type Known = pulumi.Unwrap<ThanosStorageArgs>;

const ADDRESS = /^(dns\+|dnssrv\+|dnssrvnoa\+)?[A-Za-z0-9_]([-A-Za-z0-9_.]*[A-Za-z0-9])?(:[1-9][0-9]{0,4})?$/;

export const CLUSTER_RULES: Rule<Known>[] = [
  ({ externalLabels }, report) => {
    // From JavaScript or YAML it may be absent all the same.
    const labels = externalLabels as Record<string, string> | undefined;
    const cluster = labels?.["cluster"];
    if (cluster !== undefined && cluster.trim() !== "") return;
    const reason = "must name the cluster: blocks of two clusters with the same labels stop the compactor";
    report(
      "externalLabels.cluster",
      cluster,
      reason,
      "give the labels that Prometheus has, cluster among them",
    );
  },
  (args, report) => {
    const replicaLabels = args.replicaLabels ?? DEFAULT_REPLICA_LABELS;
    if (replicaLabels.length === 0) {
      const reason = "must name a label, or every series of two replicas is there twice";
      report("replicaLabels", [], reason, 'give Prometheus\' replica label, "prometheus_replica"');
    }
    const labels = (args.externalLabels as Record<string, string> | undefined) ?? {};
    for (const label of replicaLabels) {
      if (labels[label] === undefined) continue;
      const reason = "must not be a label that tells replicas apart: queries drop it";
      report(`externalLabels.${label}`, labels[label], reason, "remove it, or from replicaLabels");
    }
  },
  (args, report) => {
    const own = (args.externalLabels as Record<string, string> | undefined)?.["cluster"];
    const clusters = args.clusters ?? [];
    clusters.forEach(({ cluster }, index) => {
      const path = `clusters[${String(index)}].cluster`;
      const isTaken = cluster === own || clusters.findIndex((other) => other.cluster === cluster) !== index;
      if (cluster === "") report(path, cluster, "must not be empty", "give the cluster's external label");
      else if (isTaken) {
        const reason = "must not have the label of another cluster: their series would be merged into one";
        report(path, cluster, reason, "name each cluster's own label, which no other environment has");
      }
    });
  },
  (args, report) => {
    (args.clusters ?? []).forEach(({ address, serverName }, index) => {
      const path = `clusters[${String(index)}]`;
      if (!ADDRESS.test(address)) {
        const remedy = 'write one such as "thanos-query.eu-1.example.com:10901"';
        report(`${path}.address`, address, "must be host:port", remedy);
      } else if (!address.includes("+") && !/:\d+$/.test(address)) {
        report(`${path}.address`, address, "must have a port", "add the gRPC port, :10901");
      }
      if (serverName === undefined) return;
      if (args.grpcTls === undefined) {
        report(`${path}.serverName`, serverName, "only counts with grpcTls", "set grpcTls, or remove it");
      } else if (address.includes("+")) {
        const reason = "must be absent with a dns address, for which Thanos takes one TLS setting for all";
        report(
          `${path}.serverName`,
          serverName,
          reason,
          "write the address without dns+, or remove the name",
        );
      }
    });
  },
];
