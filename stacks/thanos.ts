/** Wiring of long-term storage. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { ThanosBucket } from "../components/thanos-bucket.ts";
import { ThanosStorage } from "../components/thanos-storage.ts";
import { isEks } from "./config/cluster.ts";
import type { Settings } from "./config/settings.ts";
import type { SecretOf } from "./mapping/alerting.ts";
import { THANOS_NAME, thanosBucketArgs, thanosStorageArgs } from "./mapping/thanos.ts";
import { providerArgs, type ClusterOfStack } from "./nodes.ts";

/** Long-term storage as the rest of the stack sees it; undefined without an object store. */
export type HistoryOfStack = { bucket: ThanosBucket | undefined; storage: ThanosStorage } | undefined;

/** Registers the bucket, the roles and the programs. `withCrds` waits for the namespace and the operator's CRDs. */
export function defineHistory(
  settings: Settings,
  secretOf: SecretOf,
  { machines }: ClusterOfStack,
  withCrds: pulumi.ComponentResourceOptions,
): HistoryOfStack {
  const args = thanosStorageArgs(settings, secretOf);
  if (args === undefined) return undefined;
  const bucketArgs = thanosBucketArgs(settings);
  const { cluster } = settings;
  const bucket =
    bucketArgs === undefined || !isEks(cluster)
      ? undefined
      : new ThanosBucket(THANOS_NAME, bucketArgs, {
          provider: machines?.provider ?? new aws.Provider("aws", providerArgs(cluster)),
          // The association is one of the cluster's.
          ...(machines === undefined ? {} : { dependsOn: [machines.cluster] }),
        });
  // A pod gets its role when it is made: the roles have to be there before.
  const dependsOn = [withCrds.dependsOn ?? [], bucket ?? []].flat() as pulumi.Resource[];
  return { bucket, storage: new ThanosStorage(THANOS_NAME, args, { ...withCrds, dependsOn }) };
}
