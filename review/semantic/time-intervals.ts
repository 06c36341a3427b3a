/** Times in which routes send or are silent. */

import { at, compareText, listOf, textOf, type Json } from "../model/json.ts";

/** A time interval that is not what it was. */
export interface IntervalChange {
  name: string;
  /** Its times in words; undefined where it isn't defined. */
  before: string | undefined;
  after: string | undefined;
}

/** `09:00-18:30, monday:friday, Asia/Shanghai; …`: the windows of a time interval of a configuration. */
export function intervalTimes(config: Json | undefined, name: string): string {
  const interval = intervalsOf(config).find((entry) => textOf(at(entry, "name")) === name);
  return windowsOf(interval);
}

/** Definitions that differ, by name. */
export function diffIntervals(before: Json | undefined, after: Json | undefined): IntervalChange[] {
  const [old, now] = [before, after].map(
    (config) => new Map(intervalsOf(config).map((entry) => [textOf(at(entry, "name")), windowsOf(entry)])),
  );
  const names = new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])]);
  return [...names]
    .sort(compareText)
    .map((name) => ({ name, before: old?.get(name), after: now?.get(name) }))
    .filter((change) => change.before !== change.after);
}

function intervalsOf(config: Json | undefined): Json[] {
  // The older spelling is still read by Alertmanager.
  return [...listOf(at(config, "time_intervals")), ...listOf(at(config, "mute_time_intervals"))];
}

function windowsOf(interval: Json | undefined): string {
  const windows = listOf(at(interval, "time_intervals")).map((window) => {
    const times = listOf(at(window, "times")).map(
      (time) => `${textOf(at(time, "start_time"))}-${textOf(at(time, "end_time"))}`,
    );
    const parts = ["weekdays", "days_of_month", "months", "years"].map((part) =>
      listOf(at(window, part)).map(textOf).join(" "),
    );
    return [...times, ...parts, textOf(at(window, "location"))].filter(Boolean).join(", ");
  });
  return windows.join("; ");
}
