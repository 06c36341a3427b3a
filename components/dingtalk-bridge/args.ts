import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

type Input<T> = pulumi.Input<T>;

/** What messages look like; an action card has buttons for runbook and dashboard. */
export const DingTalkMessageType = { Markdown: "markdown", ActionCard: "actionCard" } as const;
export type DingTalkMessageType = (typeof DingTalkMessageType)[keyof typeof DingTalkMessageType];

/** A DingTalk group robot. */
export interface DingTalkRobotArgs {
  /** Name in the address /dingtalk/<name>/send. */
  name: string;
  /** Access token; kept in a Secret. */
  accessToken: Input<string>;
  /** Signing secret ("SEC..."), for robots with that kind of security; kept in a Secret. */
  signingSecret?: Input<string>;
  /** Keyword that every message must hold, for robots with that kind of security. */
  keyword?: Input<string>;
  /** Default: https://oapi.dingtalk.com/robot/send. */
  endpoint?: Input<string>;
  /** Accept an http endpoint of another machine, to which the token then travels in clear. Only for tests. Default: false. */
  allowPlainHttp?: Input<boolean>;
  /** Default: markdown. */
  messageType?: Input<DingTalkMessageType>;
  /** Mobile numbers of people to mention. Default: none. */
  mentionMobiles?: Input<Input<string>[]>;
  /** User ids of people to mention. Default: none. */
  mentionUserIds?: Input<Input<string>[]>;
  /** Mention everyone in the group. Default: false. */
  mentionAll?: Input<boolean>;
  /** Messages a minute of all replicas together. Default: 20, which is DingTalk's limit. */
  ratePerMinute?: Input<number>;
}

/** Arguments of DingTalkBridge. */
export interface DingTalkBridgeArgs {
  /** Namespace; that of Alertmanager, unless `ingressFrom` lets it in from elsewhere. */
  namespace: Input<string>;
  /** Image built from services/dingtalk-bridge/Dockerfile, by tag or digest. */
  image: Input<string>;
  robots: DingTalkRobotArgs[];
  /** Pods that take messages; they share the robots' rate. Default: 2. */
  replicas?: Input<number>;
  /** Where people reach Alertmanager; messages link to it. Default: what Alertmanager says itself. */
  alertmanagerUrl?: Input<string>;
  /** IANA time zone of the times in messages. Default: UTC. */
  timezone?: Input<string>;
  /** Who else, besides Alertmanager and Prometheus of this namespace, may call it. Default: nobody. */
  ingressFrom?: Input<Input<k8s.types.input.networking.v1.NetworkPolicyPeer>[]>;
  /** Default: 20m and 96Mi requested, 192Mi at most. */
  resources?: Input<k8s.types.input.core.v1.ResourceRequirements>;
  /** Labels that a node must have. Default none. */
  nodeSelector?: Input<Record<string, Input<string>>>;
  /** Taints that the pods bear. Default none. */
  tolerations?: Input<Input<k8s.types.input.core.v1.Toleration>[]>;
  /** PriorityClass of the pods. Default: the cluster's. */
  priorityClassName?: Input<string>;
}
