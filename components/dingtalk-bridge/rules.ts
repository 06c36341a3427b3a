import type * as pulumi from "@pulumi/pulumi";

import {
  requireDnsLabel,
  requireInteger,
  requireOneOf,
  type Report,
  type Rule,
} from "../support/validation.ts";
import { DingTalkMessageType, type DingTalkBridgeArgs, type DingTalkRobotArgs } from "./args.ts";
import { DEFAULT_REPLICAS, DINGTALK_RATE } from "./config.ts";

/** What the bridge would refuse at its start, or DingTalk at the first message. */

type Known = pulumi.Unwrap<DingTalkBridgeArgs>;
type KnownRobot = pulumi.Unwrap<DingTalkRobotArgs>;

export const RULES: Rule<Known>[] = [
  (args, report) => {
    requireDnsLabel(report, "namespace", args.namespace);
  },
  (args, report) => {
    const reference = /^[^\s:@]+(?::\d+\/[^\s:@]+)?(?::(?<tag>[\w][\w.-]*))?(?:@sha256:[0-9a-f]{64})?$/;
    const match = reference.exec(args.image);
    if (match === null) {
      report(
        "image",
        args.image,
        "must be an image reference",
        "write registry/repository:tag or @sha256:...",
      );
    } else if (match.groups?.["tag"] === "latest" || !/[:@]/.test(args.image.replace(/^[^/]*:\d+\//, ""))) {
      report("image", args.image, "must name a fixed version", "name a tag other than latest, or a digest");
    }
  },
  (args, report) => {
    requireInteger(report, "replicas", args.replicas, 1);
  },
  (args, report) => {
    if (args.robots.length === 0)
      report("robots", [], "must hold a robot", "add one, or leave the bridge out");
    const names = args.robots.map(({ name }) => name);
    names.forEach((name, index) => {
      requireDnsLabel(report, `robots[${String(index)}].name`, name);
      if (names.indexOf(name) !== index) {
        report(`robots[${String(index)}].name`, name, "must be unique", "rename one of the robots");
      }
    });
  },
  ...["accessToken", "signingSecret"].map((field) => (args: Known, report: Report) => {
    args.robots.forEach((robot, index) => {
      const value = robot[field as "accessToken" | "signingSecret"];
      if (value === "" || (field === "accessToken" && value === undefined)) {
        const path = `robots[${String(index)}].${field}`;
        report(path, value, "must not be empty", "take it from the robot's settings in DingTalk");
      }
    });
  }),
  (args, report) => {
    args.robots.forEach((robot, index) => {
      checkEndpoint(`robots[${String(index)}]`, robot, report);
    });
  },
  (args, report) => {
    args.robots.forEach((robot, index) => {
      const path = `robots[${String(index)}]`;
      requireOneOf(report, `${path}.messageType`, robot.messageType, DingTalkMessageType);
      if (robot.keyword?.trim() === "") {
        report(
          `${path}.keyword`,
          robot.keyword,
          "must not be empty",
          "leave it out if the robot has no keyword",
        );
      }
    });
  },
  (args, report) => {
    const replicas = args.replicas ?? DEFAULT_REPLICAS;
    args.robots.forEach(({ ratePerMinute: rate = DINGTALK_RATE }, index) => {
      const path = `robots[${String(index)}].ratePerMinute`;
      requireInteger(report, path, rate, 1);
      if (rate > DINGTALK_RATE) {
        report(
          path,
          rate,
          `must be at most ${String(DINGTALK_RATE)}`,
          "DingTalk blocks a robot that sends more",
        );
      }
      if (rate < replicas) {
        const remedy = "lower replicas, or raise the rate";
        report(path, rate, `must give each of the ${String(replicas)} replicas a message`, remedy);
      }
    });
  },
  (args, report) => {
    if (args.timezone === undefined || Intl.supportedValuesOf("timeZone").includes(args.timezone)) return;
    if (["UTC", "Etc/UTC"].includes(args.timezone)) return;
    report("timezone", args.timezone, "must be an IANA time zone", 'write one such as "Asia/Shanghai"');
  },
  (args, report) => {
    const url = args.alertmanagerUrl;
    if (url === undefined || (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol))) return;
    report(
      "alertmanagerUrl",
      url,
      "must be an http or https URL",
      "write it as people reach it with a browser",
    );
  },
];

function checkEndpoint(path: string, { endpoint, allowPlainHttp }: KnownRobot, report: Report): void {
  if (endpoint === undefined) return;
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    report(`${path}.endpoint`, "(not shown)", "must be an https URL", "leave it out for DingTalk's own");
    return;
  }
  if (url.search !== "" || url.username !== "" || url.password !== "") {
    const remedy = "put the token alone into accessToken";
    report(`${path}.endpoint`, `${url.origin}${url.pathname}?...`, "must not hold a credential", remedy);
  }
  const isLoopback =
    url.hostname === "localhost" || url.hostname === "[::1]" || url.hostname.startsWith("127.");
  if (url.protocol === "http:" && !isLoopback && allowPlainHttp !== true) {
    const remedy = "use https, or set allowPlainHttp in tests";
    report(`${path}.endpoint`, url.origin, "would send the token in clear", remedy);
  }
}
