/**
 * A number as Python's Prometheus client writes it, in values and in `le`: always a float ("1.0", "0.005", "1e-05"),
 * with an exponent as soon as there are more than six digits before the point ("1.048576e+06").
 * Source: prometheus_client.utils.floatToGoString.
 */
export function pythonFloat(value: number): string {
  if (value === Infinity) {
    return "+Inf";
  }
  if (value === -Infinity) {
    return "-Inf";
  }
  if (Number.isNaN(value)) {
    return "NaN";
  }
  const text = pythonRepr(value);
  const dot = text.indexOf(".");
  if (value > 0 && dot > 6) {
    const mantissa = `${text.charAt(0)}.${text.slice(1, dot)}${text.slice(dot + 1)}`.replace(/[0.]+$/, "");
    return `${mantissa}e+0${String(dot - 1)}`;
  }
  return text;
}

/** Python's repr of a finite float: exponents from 1e16 and below 1e-4, two exponent digits, never a bare integer. */
function pythonRepr(value: number): string {
  if (Object.is(value, -0)) {
    return "-0.0";
  }
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude >= 1e16 || magnitude < 1e-4)) {
    const [mantissa = "", exponent = "0"] = value.toExponential().split("e");
    const digits = exponent.replace(/^[+-]/, "").padStart(2, "0");
    return `${mantissa}e${exponent.startsWith("-") ? "-" : "+"}${digits}`;
  }
  const text = String(value);
  return text.includes(".") ? text : `${text}.0`;
}
