import type { AlertTimeIntervalArgs, AlertTimeWindowArgs } from "./args.ts";
import { given } from "./fields.ts";

/** The top-level section `time_intervals`, absent when there is none. */
export function renderTimeIntervals(intervals: AlertTimeIntervalArgs[]) {
  return given(
    "time_intervals",
    intervals.length === 0
      ? undefined
      : intervals.map(({ name, timeZone, windows }) => ({
          name,
          time_intervals: windows.map((window) => renderWindow(window, timeZone)),
        })),
  );
}

function renderWindow({ times, weekdays, daysOfMonth, months, years }: AlertTimeWindowArgs, zone: string) {
  return {
    ...given(
      "times",
      times?.map(({ start, end }) => ({ start_time: start, end_time: end })),
    ),
    ...given("weekdays", weekdays),
    ...given("days_of_month", daysOfMonth),
    ...given("months", months),
    ...given("years", years),
    location: zone,
  };
}
