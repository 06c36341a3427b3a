import { requireDnsLabel, type Report } from "../support/validation.ts";
import { Weekday, type AlertTimeIntervalArgs, type AlertTimeWindowArgs } from "./args.ts";

/** Names of time intervals that a branch uses. */
export interface TimeIntervalUse {
  path: string;
  names: string[];
}

/**
 * Refuses time intervals that Alertmanager would refuse (timeinterval/timeinterval.go), that never or always hold, that
 * nobody uses, or that are not there.
 */
export function checkTimeIntervals(
  intervals: AlertTimeIntervalArgs[],
  uses: TimeIntervalUse[],
  report: Report,
): void {
  const names = intervals.map(({ name }) => name);
  intervals.forEach(({ name, timeZone, windows }, index) => {
    const path = `timeIntervals[${String(index)}]`;
    requireDnsLabel(report, `${path}.name`, name);
    if (names.indexOf(name) !== index) report(`${path}.name`, name, "must be unique", "rename one of them");
    if (!isTimeZone(timeZone)) {
      const remedy = 'write one such as "Europe/Berlin", "Asia/Shanghai" or "UTC"';
      report(`${path}.timeZone`, timeZone, "must be a time zone of the IANA database", remedy);
    }
    if (windows.length === 0) {
      report(`${path}.windows`, [], "must hold a window", "add one, or remove the interval");
    }
    windows.forEach((window, position) => {
      checkWindow(`${path}.windows[${String(position)}]`, window, report);
    });
    if (!uses.some((use) => use.names.includes(name))) {
      const remedy = "name it in a route's muteTimeIntervals or activeTimeIntervals, or remove it";
      report(`${path}.name`, name, "must be used by a route", remedy);
    }
  });
  for (const { path, names: used } of uses) {
    used.forEach((name, index) => {
      if (names.includes(name)) return;
      const known = names.length === 0 ? "there is none" : names.join(", ");
      report(
        `${path}[${String(index)}]`,
        name,
        "must be a time interval",
        `use one of timeIntervals: ${known}`,
      );
    });
  }
}

/** Whether a name is in the time zone database. */
export function isTimeZone(name: string): boolean {
  // An offset such as "+08:00" is fine for JavaScript only.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function checkWindow(path: string, window: AlertTimeWindowArgs, report: Report): void {
  const { times, weekdays, daysOfMonth, months, years } = window;
  if ([times, weekdays, daysOfMonth, months, years].every((part) => (part ?? []).length === 0)) {
    report(path, {}, "must hold at some times only", "add times, weekdays, daysOfMonth, months or years");
  }
  times?.forEach(({ start, end }, index) => {
    const timePath = `${path}.times[${String(index)}]`;
    const [from, until] = [minutesOf(start), minutesOf(end)];
    const remedy = 'write one from "00:00" to "24:00"';
    if (from === undefined) report(`${timePath}.start`, start, "must be a time HH:MM", remedy);
    if (until === undefined) report(`${timePath}.end`, end, "must be a time HH:MM", remedy);
    if (from !== undefined && until !== undefined && from >= until) {
      const split = 'for a window over midnight write two, one until "24:00" and one from "00:00"';
      report(`${timePath}.end`, end, `must be later than the start ${start}`, split);
    }
  });
  const days: string[] = Object.values(Weekday);
  weekdays?.forEach((day, index) => {
    if (days.includes(day)) return;
    report(`${path}.weekdays[${String(index)}]`, day, "must be a weekday", `use one of ${days.join(", ")}`);
  });
  checkRanges(`${path}.daysOfMonth`, daysOfMonth, { least: -31, most: 31 }, report);
  checkRanges(`${path}.months`, months, { least: 1, most: 12 }, report);
  checkRanges(`${path}.years`, years, { least: 1970, most: 9999 }, report);
}

/** Minutes since midnight, or undefined for what is no time of a day. */
function minutesOf(text: string): number | undefined {
  if (text === "24:00") return 1440;
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  return hours === undefined || minutes === undefined ? undefined : Number(hours) * 60 + Number(minutes);
}

function checkRanges(
  path: string,
  ranges: string[] | undefined,
  { least, most }: { least: number; most: number },
  report: Report,
): void {
  ranges?.forEach((range, index) => {
    const ends = /^(-?\d+)(?::(-?\d+))?$/.exec(range);
    const [from, to] = [Number(ends?.[1]), Number(ends?.[2] ?? ends?.[1])];
    const isWithin = [from, to].every((value) => value >= least && value <= most && value !== 0);
    // Only ends of one sign can be compared: "1:-1" is the whole month.
    if (ends !== null && isWithin && (from <= to || (from > 0 && to < 0))) return;
    const remedy = `write a number or first:last between ${String(least)} and ${String(most)}`;
    report(`${path}[${String(index)}]`, range, "must be a number or a range", remedy);
  });
}
