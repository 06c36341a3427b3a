import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { OBJECT_STORE_KEY, objectStoreFile } from "./object-store/config.ts";
import { check } from "./support/validation.ts";
import { standardLabels } from "./support/labels.ts";
import type { ThanosStorageArgs } from "./thanos/args.ts";
import { GRPC_PORT, HTTP_PORT, objectStoreSecretName, sizesOf, type ThanosContext } from "./thanos/names.ts";
import {
  makeAccounts,
  makeCaches,
  makeCompactor,
  makeMonitors,
  makeNetworkPolicies,
  makeQueries,
  makeRuler,
  makeStores,
} from "./thanos/objects.ts";
import { queryFrontendName, queryName } from "./thanos/query.ts";
import { RULES } from "./thanos/rules.ts";

export * from "./object-store/args.ts";
export * from "./thanos/args.ts";

/**
 * History for years: Thanos over the blocks that the sidecars beside Prometheus upload. Store gateways, query,
 * query-frontend, the one compactor, and a ruler on request, with sizes that follow from the number of series.
 *
 * Give `objectStoreSecretName` and `objectStoreKey` to `KubePrometheus` (`prometheus.thanos.objectStorageConfig`), so that
 * the sidecars use the same store. With `ThanosBucket`, let this component depend on it: the roles have to be there before
 * the pods are.
 */
export class ThanosStorage extends pulumi.ComponentResource {
  /** Address that Grafana asks: the query-frontend. */
  public readonly queryUrl: pulumi.Output<string>;
  /** gRPC address of query inside the cluster, for a global query. */
  public readonly grpcAddress: pulumi.Output<string>;
  /** Secret with the object-store file, for the sidecars. */
  public readonly objectStoreSecretName: pulumi.Output<string>;
  /** Key of the file in it. */
  public readonly objectStoreKey: pulumi.Output<string>;

  constructor(name: string, args: ThanosStorageArgs, opts?: pulumi.ComponentResourceOptions) {
    check(`ThanosStorage "${name}"`, args, RULES);
    const { objectStore, ...shown } = args;
    super("vllm-monitoring:index:ThanosStorage", name, { ...shown, objectStore: objectStore.kind }, opts);
    const { namespace } = args;
    const file = objectStoreFile(objectStore);
    const context: ThanosContext = { name, namespace, args, sizes: sizesOf(args), objectStoreFile: file };
    const secret = new k8s.core.v1.Secret(
      `${name}-objstore`,
      {
        metadata: {
          name: objectStoreSecretName(name),
          namespace,
          labels: standardLabels("thanos", name),
        },
        stringData: { [OBJECT_STORE_KEY]: file },
      },
      { parent: this },
    );
    const accounts = makeAccounts(this, context);
    makeNetworkPolicies(this, context);
    makeCaches(this, context);
    const dependsOn = [secret, ...accounts];
    makeStores(this, context, dependsOn);
    makeCompactor(this, context, dependsOn);
    makeQueries(this, context, dependsOn);
    makeRuler(this, context, dependsOn);
    makeMonitors(this, context);

    this.queryUrl = pulumi.interpolate`http://${queryFrontendName(name)}.${namespace}.svc:${HTTP_PORT}`;
    this.grpcAddress = pulumi.interpolate`${queryName(name)}.${namespace}.svc:${GRPC_PORT}`;
    this.objectStoreSecretName = secret.metadata.name;
    this.objectStoreKey = pulumi.output(OBJECT_STORE_KEY);
    this.registerOutputs({
      queryUrl: this.queryUrl,
      grpcAddress: this.grpcAddress,
      objectStoreSecretName: this.objectStoreSecretName,
      objectStoreKey: this.objectStoreKey,
    });
  }
}
