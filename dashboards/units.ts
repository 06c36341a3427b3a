/** Grafana's units for the units of the catalogue's expressions. */
import * as units from "@grafana/grafana-foundation-sdk/units";

/** Grafana's unit id, and what one step of a plain number is where Grafana has no unit of its own. */
export interface PanelUnit {
  readonly id: string;
  /** Title of the axis. */
  readonly axis?: string;
}

const plain = (axis: string): PanelUnit => ({ id: units.Short, axis });
const perSecond = (what: string): PanelUnit => ({ id: units.Short, axis: `${what} per second` });

const known: Readonly<Record<string, PanelUnit>> = {
  seconds: { id: units.Seconds },
  milliseconds: { id: units.Milliseconds },
  ratio: { id: units.PercentUnit },
  "seconds/s": { id: units.PercentUnit },
  percent: { id: units.Percent },
  boolean: { id: units.BoolYesNo },
  bytes: { id: units.BytesIEC },
  "bytes/s": { id: units.BytesPerSecondSI },
  "bytes/second": { id: units.BytesPerSecondSI },
  MiB: { id: units.Mebibytes },
  watts: { id: units.Watt },
  celsius: { id: units.Celsius },
  dollars: { id: units.Dollars },
  "dollars/s": { id: units.Dollars },
  megahertz: plain("MHz"),
  cores: plain("cores"),
  code: plain("state"),
  timestamp: { id: units.Seconds },
  "requests/s": { id: units.RequestsPerSecond },
  "operations/s": { id: units.OpsPerSecond },
  "events/s": { id: units.OpsPerSecond },
  "observations/s": { id: units.OpsPerSecond },
  "flops/s": { id: units.FlopsPerSecond },
};

/**
 * Grafana's unit for an expression's. Counts get the plain number with a title of the axis, for Grafana has no unit for
 * tokens and the like.
 */
export function panelUnit(unit: string | undefined): PanelUnit {
  if (unit === undefined) return { id: units.Short };
  const found = known[unit];
  if (found !== undefined) return found;
  return unit.endsWith("/s") ? perSecond(unit.slice(0, -2)) : plain(unit);
}
