import type { z } from "zod";
import { expects } from "./messages.ts";
import { timeIntervalSchema } from "./time-intervals.ts";
import { choice, dnsLabel, duration, flag, list, mapping, metricLabelName } from "./types.ts";

export const severities = ["critical", "warning", "info"] as const;

const receiver = dnsLabel.meta({ description: "Name of a receiver." });
const groupBy = list(metricLabelName, "label names")
  .min(1, { error: expects("at least one label name", "without labels every alert is in one group") })
  .meta({ description: "Labels whose equal values put alerts into one message." });
const groupWait = duration.meta({
  description: "How long the first message of a group waits for more alerts.",
});
const groupInterval = duration.meta({ description: "Least time between two messages of a group." });
const repeatInterval = duration.meta({
  description: "After how long an unchanged alert is sent again; a multiple of the group interval.",
});

const nonEmpty = { error: expects("at least one value", "leave the key out to match every value") };

export const routeRuleSchema = mapping(
  {
    severities: list(choice(severities), "severities")
      .min(1, nonEmpty)
      .optional()
      .meta({ description: "Severities that this rule takes. Default: every severity." }),
    teams: list(dnsLabel, "teams")
      .min(1, nonEmpty)
      .optional()
      .meta({ description: "Teams (label `team`) that this rule takes. Default: every team." }),
    models: list(dnsLabel, "model names")
      .min(1, nonEmpty)
      .optional()
      .meta({ description: "Models of the fleet, by name, that this rule takes. Default: every model." }),
    receiver,
    continue: flag
      .default(false)
      .meta({ description: "Let later rules see the alert too, so that it may reach several receivers." }),
    activeTimeIntervals: list(dnsLabel, "names of time intervals").min(1, nonEmpty).optional().meta({
      description: "Time intervals outside of which nothing is sent. Default: it is sent at all times.",
    }),
    muteTimeIntervals: list(dnsLabel, "names of time intervals").min(1, nonEmpty).optional().meta({
      description: "Time intervals in which nothing is sent; what still fires then is sent afterwards.",
    }),
    groupBy: groupBy.optional(),
    groupWait: groupWait.optional(),
    groupInterval: groupInterval.optional(),
    repeatInterval: repeatInterval.optional(),
  },
  "Alerts that match every given list go to the receiver. Rules are tried in order.",
);

export const routesSchema = mapping(
  {
    defaultReceiver: receiver.meta({ description: "Receiver of alerts that no rule takes." }),
    heartbeatReceiver: receiver.optional().meta({
      description: "Receiver of the ever-firing Watchdog, which should raise an alarm when it stops.",
    }),
    groupBy: groupBy.default(["cluster", "alertname", "namespace", "model_name"]),
    groupWait: groupWait.default("30s"),
    groupInterval: groupInterval.default("5m"),
    repeatInterval: repeatInterval.default("4h"),
    inhibitSymptoms: flag.default(true).meta({
      description:
        "Whether symptoms stay silent while their cause is told, such as a model's burning objectives while it is down.",
    }),
    timeIntervals: list(timeIntervalSchema, "time intervals")
      .default([])
      .meta({ description: "Named times, such as office hours, for the rules." }),
    rules: list(routeRuleSchema, "routing rules").default([]).meta({ description: "Who gets which alerts." }),
  },
  "Who gets which alerts, and how they are grouped.",
);

export type RoutesSettings = z.output<typeof routesSchema>;
export type RouteRule = z.output<typeof routeRuleSchema>;
