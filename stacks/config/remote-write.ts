import { z } from "zod";
import { TENANT } from "../../components/kube-prometheus/remote-write-queue.ts";
import {
  awsRegion,
  choice,
  dnsLabel,
  duration,
  integer,
  list,
  mapping,
  plainUrl,
  secretKey,
  text,
} from "./types.ts";

const bearer = mapping(
  {
    kind: z.literal("bearer").meta({ description: "A bearer token." }),
    tokenFromSecret: secretKey.meta({
      description: "Name of the secret configuration key that holds the token.",
    }),
  },
  "A bearer token.",
);

const basic = mapping(
  {
    kind: z.literal("basic").meta({ description: "User name and password." }),
    username: text(/^[^\s:]{1,256}$/, "a user name without spaces and colons").meta({
      description: "User name, for Grafana Cloud the number of the instance.",
    }),
    passwordFromSecret: secretKey.meta({
      description: "Name of the secret configuration key that holds the password.",
    }),
  },
  "User name and password.",
);

const sigV4 = mapping(
  {
    kind: z.literal("sigv4").meta({ description: "Signed for Amazon Managed Prometheus by the pods' role." }),
    region: awsRegion.meta({
      description: "Region of the workspace.",
    }),
    roleArn: text(
      /^arn:aws[a-z-]*:iam::\d{12}:role\/\S+$/,
      "the ARN of a role, arn:aws:iam::<account>:role/<name>",
    )
      .optional()
      .meta({ description: "Role that is taken for it. Default: the pods' own." }),
  },
  "Signed for Amazon Managed Prometheus.",
);

/** Receivers of every sample; {@link file://../mapping/remote-write.ts} makes the queues. */
export const remoteWriteSchema = list(
  mapping(
    {
      name: dnsLabel.meta({ description: "Unique name; label `remote_name` of the queue's own metrics." }),
      url: plainUrl.meta({ description: "Address, such as https://mimir.example.com/api/v1/push." }),
      tenant: text(TENANT, "a tenant of letters, digits or !._*'()-")
        .optional()
        .meta({ description: "Tenant of Mimir or Cortex: the header X-Scope-OrgID. Default: none." }),
      authentication: z
        .discriminatedUnion("kind", [bearer, basic, sigV4])
        .optional()
        .meta({ description: "How Prometheus says who it is. Default: it doesn't." }),
      protocol: choice(["V1.0", "V2.0"]).default("V1.0").meta({
        description: "Remote write protocol; V2.0 needs a receiver that speaks it.",
      }),
      keepMetrics: text(/\S/, "a regular expression of metric names")
        .optional()
        .meta({ description: "Regular expression of the metrics that are sent. Default: all." }),
      timeout: duration.default("30s").meta({ description: "After how long a request is given up." }),
      requestMilliseconds: integer(1, 60_000).default(200).meta({
        description:
          "How long the receiver takes for a request of 2,000 samples, from which the number of requests at a time follows.",
      }),
      maximumRequests: integer(1, 1000).default(50).meta({
        description: "Most requests at a time that each Prometheus sends, also to catch up after an outage.",
      }),
    },
    "A place to which every sample is sent.",
  ),
  "receivers of samples",
);

export type RemoteWriteSettings = z.output<typeof remoteWriteSchema>[number];
