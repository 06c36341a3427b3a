import { z } from "zod";
import { isTimeZone } from "../../components/alert-routes/time-interval-rules.ts";
import { expects } from "./messages.ts";
import { choice, dnsLabel, list, mapping, text } from "./types.ts";

const start = text(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of the day such as "08:00"', "quote it");
const end = text(
  /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/,
  'a time of the day such as "18:00" or "24:00"',
  "quote it",
);
const ranges = (what: string, example: string) =>
  list(
    text(/^-?\d{1,4}(:-?\d{1,4})?$/, `a number or a range such as ${example}`, "quote it"),
    "numbers and ranges",
  )
    .min(1, { error: expects("at least one", "leave the key out") })
    .optional()
    .meta({ description: what });
const zoneError = expects("a time zone of the IANA database, such as Europe/Berlin, Asia/Shanghai or UTC");

const timeWindowSchema = mapping(
  {
    times: list(
      mapping(
        {
          start: start.meta({ description: "First minute." }),
          end: end.meta({ description: "First minute after it, later than the start." }),
        },
        "A part of a day. One that goes over midnight takes two.",
      ),
      "parts of a day",
    )
      .min(1, { error: expects("at least one part of a day", "leave the key out for the whole day") })
      .optional()
      .meta({ description: "Parts of the day. Default: all of it." }),
    weekdays: list(
      choice(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]),
      "weekdays",
    )
      .min(1, { error: expects("at least one weekday", "leave the key out for every day") })
      .optional()
      .meta({ description: "Days of the week. Default: every day." }),
    daysOfMonth: ranges("Days of the month; negative ones count from its end. Default: every day.", '"1:7"'),
    months: ranges("Months by number. Default: every month.", '"11:12"'),
    years: ranges("Years. Default: every year.", '"2026:2028"'),
  },
  "Times that repeat: everything given must hold.",
);

export const timeIntervalSchema = mapping(
  {
    name: dnsLabel.meta({ description: "Name that rules refer to." }),
    timeZone: z
      .string({ error: zoneError })
      .refine(isTimeZone, { error: zoneError })
      .meta({ description: "Time zone of the times and days." }),
    windows: list(timeWindowSchema, "windows")
      .min(1, { error: expects("at least one window") })
      .meta({ description: "One of them must hold." }),
  },
  "A named set of times.",
);

export type TimeIntervalSettings = z.output<typeof timeIntervalSchema>;
