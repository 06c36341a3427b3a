import type * as pulumi from "@pulumi/pulumi";
import type { AlertRulesArgs } from "../../components/alert-rules.ts";
import {
  matchAny,
  type AlertMatcherArgs,
  type AlertReceiverArgs,
  type AlertRouteArgs,
  type AlertRoutesArgs,
} from "../../components/alert-routes.ts";
import type { DingTalkBridgeArgs, DingTalkRobotArgs } from "../../components/dingtalk-bridge.ts";
import {
  customBucketsOf,
  fleetRules,
  inhibitions,
  kubernetesRules,
  modelRules,
  type NodeGroupPrices,
  type RuleSet,
  type ServedModel,
} from "../../alerts/index.ts";
import type { ModelSettings } from "../config/model.ts";
import { priceOf, type NodePrices } from "../config/node-prices.ts";
import { scrapedPodsPerReplica } from "../config/replicas.ts";
import type { DingTalkSettings, ReceiverSettings } from "../config/receivers.ts";
import type { RouteRule } from "../config/routes.ts";
import type { Settings } from "../config/settings.ts";
import { loadSecondsOf } from "./load-time.ts";
import { given, inOrder } from "./fields.ts";
import { namespaceOf } from "./model.ts";
import { goDuration } from "./monitoring.ts";
import { spellingOf, spellingsOf } from "./spelling.ts";

/** Gives the value of a secret configuration key. */
export type SecretOf = (key: string) => pulumi.Input<string>;

/** Arguments of the rules. */
export function alertRulesArgs(settings: Settings, prices: NodePrices = new Map()): AlertRulesArgs {
  const { vllmVersions: versions } = settings.monitoring;
  const engines = {
    spellings: spellingsOf(settings.fleet.models),
    ...(versions === undefined ? {} : { versions: { from: versions.oldest, to: versions.newest } }),
  };
  return {
    ...rulesPlace(settings),
    ruleSets: [
      ...fleetRules({ engines, prices: nodeGroupPrices(settings, prices) }),
      ...clusterRules(settings),
    ],
  };
}

/** Rules on what is scraped of the cluster itself. */
function clusterRules({ monitoring }: Settings): RuleSet[] {
  const rules = kubernetesRules({
    stateMetrics: monitoring.kubeStateMetrics.enabled,
    nodeExporter: monitoring.nodeExporter.enabled,
    kubelet: monitoring.kubernetes.kubelet,
  });
  return rules === undefined ? [] : [rules];
}

function rulesPlace({ monitoring }: Settings): Omit<AlertRulesArgs, "ruleSets"> {
  return {
    namespace: monitoring.namespace,
    runbookBaseUrl: monitoring.runbookBaseUrl,
    ...given("dashboardBaseUrl", monitoring.dashboardBaseUrl),
  };
}

/** Prices of the node groups that have one. */
function nodeGroupPrices({ nodeGroups }: Settings, prices: NodePrices): NodeGroupPrices {
  return Object.fromEntries(
    nodeGroups.flatMap(({ name, instanceType = "", capacityType, hourlyPrice }) => {
      const price = priceOf(prices, { instanceType, capacityType, hourlyPrice });
      return price === undefined ? [] : [[name, price]];
    }),
  );
}

/** A model as the rules on it see it. */
export function servedModel(model: ModelSettings, settings: Settings): ServedModel {
  return {
    namespace: namespaceOf(model, settings),
    modelName: model.servedModelName,
    team: model.owner.team,
    owner: model.owner.contact,
    replicas: model.replicas * scrapedPodsPerReplica(model),
    spelling: spellingOf(model),
    loadSeconds: loadSecondsOf(model),
    objectives: model.slos,
    customBuckets: customBucketsOf(model.extraArguments),
  };
}

/** Arguments of the rules on the replicas and objectives of a model; undefined when it has neither. */
export function modelAlertRulesArgs(model: ModelSettings, settings: Settings): AlertRulesArgs | undefined {
  const rules = modelRules(servedModel(model, settings));
  return rules === undefined ? undefined : { ...rulesPlace(settings), ruleSets: [rules] };
}

/** Arguments of the bridge; undefined when no receiver is a DingTalk robot. */
export function dingTalkBridgeArgs(settings: Settings, secretOf: SecretOf): DingTalkBridgeArgs | undefined {
  const { monitoring } = settings;
  const robots = settings.receivers.filter((receiver) => receiver.kind === "dingtalk");
  const image = monitoring.images.dingtalkBridge;
  // The check of the configuration refuses robots without the image.
  if (robots.length === 0 || image === undefined) return undefined;
  return {
    namespace: monitoring.namespace,
    image,
    robots: inOrder(robots, ({ name }) => name).map((robot) => robotArgs(robot, secretOf)),
    replicas: monitoring.dingtalkBridge.replicas,
    timezone: monitoring.dingtalkBridge.timezone,
    ...given("alertmanagerUrl", monitoring.alertmanager.externalUrl),
  };
}

function robotArgs(robot: DingTalkSettings, secretOf: SecretOf): DingTalkRobotArgs {
  return {
    name: robot.name,
    accessToken: secretOf(robot.accessTokenFromSecret),
    ...givenSecret("signingSecret", robot.signingSecretFromSecret, secretOf),
    ...given("keyword", robot.keyword),
    endpoint: robot.endpoint,
    messageType: robot.messageType,
    mentionMobiles: inOrder(robot.mention.mobiles, String),
    mentionUserIds: inOrder(robot.mention.userIds, String),
    mentionAll: robot.mention.everyone,
  };
}

/** Arguments of the routes. `bridgeUrl` is needed when a receiver is a DingTalk robot. */
export function alertRoutesArgs(
  settings: Settings,
  secretOf: SecretOf,
  bridgeUrl: pulumi.Input<string> | undefined,
): AlertRoutesArgs {
  const { routes, monitoring } = settings;
  return {
    namespace: monitoring.namespace,
    receivers: inOrder(settings.receivers, ({ name }) => name).map((receiver) =>
      receiverArgs(receiver, secretOf, bridgeUrl ?? ""),
    ),
    route: {
      receiver: routes.defaultReceiver,
      groupBy: routes.groupBy,
      groupWait: routes.groupWait,
      groupInterval: routes.groupInterval,
      repeatInterval: routes.repeatInterval,
      routes: routes.rules.map((rule) => routeArgs(rule, settings)),
    },
    inhibitions: routes.inhibitSymptoms
      ? inhibitions.map(({ cause, symptoms, equal }) => ({
          source: [matchAny("alertname", [...cause])],
          target: [matchAny("alertname", [...symptoms])],
          equal: [...equal],
        }))
      : [],
    timeIntervals: routes.timeIntervals.map(({ name, timeZone, windows }) => ({
      name,
      timeZone,
      windows: windows.map(({ times, weekdays, daysOfMonth, months, years }) => ({
        ...given("times", times),
        ...given("weekdays", weekdays),
        ...given("daysOfMonth", daysOfMonth),
        ...given("months", months),
        ...given("years", years),
      })),
    })),
    ...(routes.heartbeatReceiver === undefined ? {} : { heartbeat: { receiver: routes.heartbeatReceiver } }),
    retention: goDuration(monitoring.alertmanager.retention),
  };
}

function receiverArgs(
  receiver: ReceiverSettings,
  secretOf: SecretOf,
  bridgeUrl: pulumi.Input<string>,
): AlertReceiverArgs {
  const { name, sendResolved } = receiver;
  switch (receiver.kind) {
    case "dingtalk":
      return { name, dingtalk: [{ bridgeUrl, robot: name, sendResolved }] };
    case "email": {
      const { from, smarthost, requireTls } = receiver;
      const to = inOrder(receiver.to, String);
      const login = {
        ...given("username", receiver.username),
        ...givenSecret("password", receiver.passwordFromSecret, secretOf),
      };
      return { name, email: [{ to, from, smarthost, requireTls, sendResolved, ...login }] };
    }
    case "webhook": {
      const address = {
        ...given("url", receiver.url),
        ...givenSecret("secretUrl", receiver.urlFromSecret, secretOf),
      };
      const token = givenSecret("bearerToken", receiver.bearerTokenFromSecret, secretOf);
      return { name, webhook: [{ ...address, ...token, maxAlerts: receiver.maxAlerts, sendResolved }] };
    }
    case "slack": {
      const webhook = givenSecret("webhookUrl", receiver.webhookUrlFromSecret, secretOf);
      const app = givenSecret("appToken", receiver.appTokenFromSecret, secretOf);
      return { name, slack: [{ channel: receiver.channel, ...webhook, ...app, sendResolved }] };
    }
    case "pagerduty": {
      const routingKey = secretOf(receiver.routingKeyFromSecret);
      return { name, pagerduty: [{ routingKey, ...given("endpoint", receiver.endpoint), sendResolved }] };
    }
    case "wecom": {
      const { corpId, agentId, messageType } = receiver;
      const apiSecret = secretOf(receiver.apiSecretFromSecret);
      const to = {
        toUsers: inOrder(receiver.toUsers, String),
        toParties: inOrder(receiver.toParties, String),
        toTags: inOrder(receiver.toTags, String),
      };
      return { name, wecom: [{ corpId, agentId, apiSecret, ...to, messageType, sendResolved }] };
    }
  }
}

function routeArgs(rule: RouteRule, settings: Settings): AlertRouteArgs {
  return {
    matchers: matchersOf(rule, settings),
    receiver: rule.receiver,
    continueMatching: rule.continue,
    ...given("muteTimeIntervals", rule.muteTimeIntervals),
    ...given("activeTimeIntervals", rule.activeTimeIntervals),
    ...given("groupBy", rule.groupBy),
    ...given("groupWait", rule.groupWait),
    ...given("groupInterval", rule.groupInterval),
    ...given("repeatInterval", rule.repeatInterval),
  };
}

function matchersOf({ severities, teams, models }: RouteRule, settings: Settings): AlertMatcherArgs[] {
  // Alerts carry the name that a model is served under, which is the label of its series.
  const served = models?.map(
    (name) => settings.fleet.models.find((model) => model.name === name)?.servedModelName ?? name,
  );
  return [
    ...(severities === undefined ? [] : [matchAny("severity", inOrder(severities, String))]),
    ...(teams === undefined ? [] : [matchAny("team", inOrder(teams, String))]),
    ...(served === undefined ? [] : [matchAny("model_name", inOrder(served, String))]),
  ];
}

function givenSecret<Key extends string>(
  key: Key,
  name: string | undefined,
  secretOf: SecretOf,
): { [K in Key]?: pulumi.Input<string> } {
  return given(key, name === undefined ? undefined : secretOf(name));
}
