/** Kubernetes quantities such as `500m` or `16Gi` in their canonical form. */

const decimal: readonly (readonly [string, number])[] = [
  ["n", -9],
  ["u", -6],
  ["m", -3],
  ["", 0],
  ["k", 3],
  ["M", 6],
  ["G", 9],
  ["T", 12],
  ["P", 15],
  ["E", 18],
];
const binary = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/** Digits after which a quantity is rounded up: 10^-9 is the smallest step. */
const precision = 9;

/**
 * Canonical form of a quantity, the one that the API server answers with: no fraction, the largest suffix that allows
 * it, `1` for `1000m`, and `0` for zero in any unit.
 *
 * @returns undefined if the text is no quantity
 */
export function canonicalQuantity(text: string): string | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?([a-zA-Z]*)([+-]?\d*)$/.exec(text);
  if (match === null) {
    return undefined;
  }
  const [, sign = "", whole = "", fraction = "", letters = "", digits = ""] = match;
  // Kubernetes takes a suffix without digits for zero.
  if (whole === "" && fraction === "" && letters === "") {
    return undefined;
  }
  const unit = parseSuffix(letters, digits);
  if (unit === undefined) {
    return undefined;
  }
  let nanos = BigInt(`0${whole}${fraction}`) * unit.factor;
  nanos = scale(nanos, unit.exponent - fraction.length + precision);
  if (nanos === 0n) {
    return "0";
  }
  const magnitude =
    unit.format === "binary" && isWhole(nanos) && nanos >= 1024n * 10n ** BigInt(precision)
      ? formatBinary(nanos / 10n ** BigInt(precision))
      : formatDecimal(nanos, unit.format === "exponent");
  return sign === "-" ? `-${magnitude}` : magnitude;
}

interface Unit {
  readonly format: "decimal" | "binary" | "exponent";
  readonly exponent: number;
  readonly factor: bigint;
}

function parseSuffix(letters: string, digits: string): Unit | undefined {
  if ((letters === "e" || letters === "E") && digits !== "") {
    return /\d/.test(digits) ? { format: "exponent", exponent: Number(digits), factor: 1n } : undefined;
  }
  if (digits !== "") {
    return undefined;
  }
  const power = binary.indexOf(letters);
  if (power > 0) {
    return { format: "binary", exponent: 0, factor: 1024n ** BigInt(power) };
  }
  const suffix = decimal.find(([name]) => name === letters);
  return suffix === undefined ? undefined : { format: "decimal", exponent: suffix[1], factor: 1n };
}

/** Multiplies by a power of ten; what doesn't divide evenly is rounded up. */
function scale(value: bigint, exponent: number): bigint {
  if (exponent >= 0) {
    return value * 10n ** BigInt(exponent);
  }
  const divisor = 10n ** BigInt(-exponent);
  return (value + divisor - 1n) / divisor;
}

function isWhole(nanos: bigint): boolean {
  return nanos % 10n ** BigInt(precision) === 0n;
}

function formatBinary(value: bigint): string {
  let amount = value;
  let power = 0;
  while (amount % 1024n === 0n && power < binary.length - 1) {
    amount /= 1024n;
    power++;
  }
  return `${String(amount)}${binary[power] ?? ""}`;
}

function formatDecimal(nanos: bigint, asExponent: boolean): string {
  let amount = nanos;
  let exponent = -precision;
  const largest = asExponent ? Number.POSITIVE_INFINITY : 18;
  while (amount % 1000n === 0n && exponent < largest) {
    amount /= 1000n;
    exponent += 3;
  }
  if (asExponent) {
    return exponent === 0 ? String(amount) : `${String(amount)}e${String(exponent)}`;
  }
  return `${String(amount)}${decimal.find(([, power]) => power === exponent)?.[0] ?? ""}`;
}
