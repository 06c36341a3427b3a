import type * as pulumi from "@pulumi/pulumi";

import type { RelabelConfig, SafeTlsConfig } from "../crds/monitoring.ts";
import type { SecretKeyArgs } from "./thanos-args.ts";

type Input<T> = pulumi.Input<T>;

/** How samples are collected and sent. Each shard sends one request at a time. */
export interface RemoteWriteQueueArgs {
  /** Samples that each shard holds before reading the write-ahead log pauses. Default: 10,000 (Prometheus'). */
  capacity?: Input<number>;
  /** Default: 1. */
  minShards?: Input<number>;
  /** Most requests at a time. Default: 50. */
  maxShards?: Input<number>;
  /** Samples of one request. Default: 2,000. */
  maxSamplesPerSend?: Input<number>;
  /** How long a request may wait to be filled. Default: 5s. */
  batchSendDeadline?: Input<string>;
  /** Pause after the first failure, which doubles. Default: 30ms. */
  minBackoff?: Input<string>;
  /** Longest pause. Default: 5s. */
  maxBackoff?: Input<string>;
  /** Whether a 429 is tried again. Default: true, because samples would be lost otherwise. */
  retryOnRateLimit?: Input<boolean>;
  /** Age from which samples are dropped instead of sent. Default: none are. */
  sampleAgeLimit?: Input<string>;
}

/** User name and password, each a key of a Secret. */
export interface RemoteWriteBasicAuthArgs {
  username: SecretKeyArgs;
  password: SecretKeyArgs;
}

/** Requests signed for Amazon Managed Prometheus; without keys by the pods' own identity. */
export interface RemoteWriteSigV4Args {
  region: Input<string>;
  roleArn?: Input<string>;
  accessKey?: SecretKeyArgs;
  secretKey?: SecretKeyArgs;
}

/** OAuth 2.0 client credentials. */
export interface RemoteWriteOAuth2Args {
  clientId: SecretKeyArgs;
  clientSecret: SecretKeyArgs;
  tokenUrl: Input<string>;
  scopes?: Input<Input<string>[]>;
}

/** One place that samples are sent to. */
export interface RemoteWriteArgs {
  /** Unique; the label `remote_name` of the queue's own metrics. */
  name: string;
  /** URL without credentials, for example "https://mimir.example.com/api/v1/push". */
  url: Input<string>;
  /** More headers, for example the tenant: `{ "X-Scope-OrgID": "vllm" }`. Credentials belong into Secrets. */
  headers?: Input<Record<string, Input<string>>>;
  /** Remote write protocol, "V1.0" or "V2.0", which needs Prometheus 2.54 and a receiver that speaks it. Default: V1.0. */
  messageVersion?: Input<string>;
  /** Default: 30s. */
  timeout?: Input<string>;
  /** What is sent and under which labels; everything unless told otherwise. */
  writeRelabelings?: Input<Input<RelabelConfig>[]>;
  /** At most one of the four. */
  basicAuth?: RemoteWriteBasicAuthArgs;
  bearerToken?: SecretKeyArgs;
  oauth2?: RemoteWriteOAuth2Args;
  sigV4?: RemoteWriteSigV4Args;
  tls?: Input<SafeTlsConfig>;
  queue?: RemoteWriteQueueArgs;
  /** Default: false. */
  sendExemplars?: Input<boolean>;
  /** Default: whether `prometheus.nativeHistograms` is set. */
  sendNativeHistograms?: Input<boolean>;
}
