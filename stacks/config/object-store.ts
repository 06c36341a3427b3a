import { z } from "zod";
import { expects } from "./messages.ts";
import { awsRegion, absolutePath, choice, flag, hostName, mapping, secretKey } from "./types.ts";

const kind = <const Kind extends string>(value: Kind, description: string) =>
  z.literal(value).meta({ description });

const bucketError = expects(
  "a bucket name: 3 to 63 lower-case letters, digits, '-' and '.'",
  "name the bucket alone, without s3:// and without a path",
);
const bucket = z
  .string({ error: bucketError })
  .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, { error: bucketError })
  .meta({ description: "Name of the bucket." });

const prefixError = expects("a path within the bucket", "leave out leading and trailing slashes");
const prefix = z
  .string({ error: prefixError })
  .regex(/^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/, { error: prefixError })
  .optional()
  .meta({
    description: "Path within the bucket under which everything is kept. Default: the bucket's root.",
  });

const secret = (what: string) =>
  secretKey.meta({ description: `Name of the secret configuration key that holds ${what}.` });

const none = mapping(
  { kind: kind("none", "No long-term storage.") },
  "No object store: history ends with Prometheus' retention.",
);

const s3 = mapping(
  {
    kind: kind("s3", "Amazon S3."),
    bucket,
    region: awsRegion.meta({ description: "Region of the bucket." }),
    prefix,
    kmsKeyArn: z
      .string({ error: expects("the ARN of a KMS key") })
      .regex(/^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:(key|alias)\/.+$/, {
        error: expects("the ARN of a KMS key"),
      })
      .optional()
      .meta({
        description:
          "KMS key of the bucket's default encryption. Default: one is made with the bucket; without `manage`, none is used.",
      }),
    manage: choice(["nothing", "roles", "bucket"]).default("nothing").meta({
      description:
        "What the stack makes in AWS: the bucket with its key and the programs' roles, the roles alone, or nothing. Needs an EKS cluster.",
    }),
    accessKeyIdFromSecret: secret("the access key ID").optional(),
    secretAccessKeyFromSecret: secret("the secret access key").optional(),
  },
  "Amazon S3. Without access keys the pods' own identity is used (EKS Pod Identity or IRSA), which is better.",
);

const aliyunOss = mapping(
  {
    kind: kind("aliyun-oss", "Aliyun Object Storage Service."),
    bucket,
    endpoint: hostName.meta({
      description: "Endpoint of the region, such as oss-cn-hangzhou-internal.aliyuncs.com.",
    }),
    prefix,
    accessKeyIdFromSecret: secret("the access key ID"),
    accessKeySecretFromSecret: secret("the access key secret"),
  },
  "Aliyun Object Storage Service.",
);

const gcs = mapping(
  {
    kind: kind("gcs", "Google Cloud Storage."),
    bucket,
    prefix,
    serviceAccountFromSecret: secret("the service account's JSON key").optional(),
  },
  "Google Cloud Storage. Without a service account key the pods' workload identity is used.",
);

const s3Compatible = mapping(
  {
    kind: kind("s3-compatible", "A server that speaks the S3 protocol."),
    bucket,
    endpoint: hostName.meta({ description: "Host and port of the server." }),
    region: z
      .string({ error: expects("a region name") })
      .min(1, { error: expects("a region name that is not empty") })
      .default("us-east-1")
      .meta({ description: "Region that requests are signed for." }),
    prefix,
    insecure: flag
      .default(false)
      .meta({ description: "Speak plain HTTP. For test servers on loopback only." }),
    bucketLookup: choice(["auto", "virtual-hosted", "path"])
      .default("path")
      .meta({ description: "Where the bucket stands in requests: in the host name or in the path." }),
    accessKeyIdFromSecret: secret("the access key ID"),
    secretAccessKeyFromSecret: secret("the secret access key"),
  },
  "A server that speaks the S3 protocol: MinIO, Ceph, versitygw and others.",
);

const filesystem = mapping(
  {
    kind: kind("filesystem", "A directory."),
    directory: absolutePath.meta({ description: "Directory that every Thanos program can reach." }),
  },
  "A directory, for the embedded environment and for tests only.",
);

export const objectStoreSchema = z
  .discriminatedUnion("kind", [none, s3, aliyunOss, gcs, s3Compatible, filesystem])
  .meta({ description: "Where long-term history is kept." });

export type ObjectStoreSettings = z.output<typeof objectStoreSchema>;
