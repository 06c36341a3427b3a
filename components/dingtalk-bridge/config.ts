import { createHash } from "node:crypto";

import * as pulumi from "@pulumi/pulumi";

import type { DingTalkBridgeArgs, DingTalkRobotArgs } from "./args.ts";

/** The folder of everything that the bridge reads. */
export const CONFIG_FOLDER = "/etc/dingtalk-bridge";
export const CONFIG_KEY = "config.json";
export const ACCESS_TOKEN_KEY = "access-token";
export const SIGNING_SECRET_KEY = "signing-secret";
/** Messages that DingTalk takes from one robot in a minute. */
export const DINGTALK_RATE = 20;
export const DEFAULT_REPLICAS = 2;

/** The bridge's configuration file (services/dingtalk-bridge/config.ts); it names files, and holds no secret. */
export function bridgeConfig(args: DingTalkBridgeArgs): pulumi.Output<string> {
  return pulumi
    .all([
      pulumi.output(args.robots.map(withoutSecrets)),
      args.replicas ?? DEFAULT_REPLICAS,
      args.alertmanagerUrl ?? "",
      args.timezone ?? "",
    ])
    .apply(([robots, replicas, alertmanager, timezone]) => {
      const config = {
        robots: Object.fromEntries(
          robots.map(({ name, ratePerMinute, ...robot }) => [
            name,
            // Every replica counts for itself.
            { ...robot, ratePerMinute: Math.max(1, Math.floor((ratePerMinute ?? DINGTALK_RATE) / replicas)) },
          ]),
        ),
        ...(alertmanager === "" ? {} : { externalUrls: { alertmanager } }),
        ...(timezone === "" ? {} : { timezone }),
      };
      return `${JSON.stringify(config, undefined, 2)}\n`;
    });
}

/** Absent fields are left out of the file, where the bridge has its own defaults. */
function withoutSecrets(robot: DingTalkRobotArgs) {
  const folder = `${CONFIG_FOLDER}/secrets/${robot.name}`;
  return {
    name: robot.name,
    endpoint: robot.endpoint,
    allowPlainHttp: robot.allowPlainHttp,
    accessTokenFile: `${folder}/${ACCESS_TOKEN_KEY}`,
    signingSecretFile: robot.signingSecret === undefined ? undefined : `${folder}/${SIGNING_SECRET_KEY}`,
    keyword: robot.keyword,
    messageType: robot.messageType,
    mentionMobiles: robot.mentionMobiles,
    mentionUserIds: robot.mentionUserIds,
    mentionAll: robot.mentionAll,
    ratePerMinute: robot.ratePerMinute,
  };
}

/** Changes with the configuration, so that an annotation with it rolls the pods. */
export function checksum(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
