/** IPv4 blocks in CIDR notation. */

/** A block: its first address as a number, and the length of its prefix. */
export interface Cidr {
  /** 0 to 2^32 - 1; the bits behind the prefix are 0. */
  readonly address: number;
  /** 0 to 32. */
  readonly prefix: number;
}

/** The block that the text names; undefined if it is none or has bits behind its prefix, as in 10.0.0.1/16. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (match === null) return undefined;
  const [octets, prefix] = [match.slice(1, 5), Number(match[5])];
  if (octets.some((octet) => Number(octet) > 255 || (octet.length > 1 && octet.startsWith("0")))) {
    return undefined;
  }
  const address = octets.reduce((sum, octet) => sum * 256 + Number(octet), 0);
  if (prefix > 32 || address % sizeOf(prefix) !== 0) return undefined;
  return { address, prefix };
}

/** The block as text. */
export function formatCidr({ address, prefix }: Cidr): string {
  const octets = [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256);
  return `${octets.join(".")}/${String(prefix)}`;
}

/** Number of addresses in a block with this prefix. */
export function sizeOf(prefix: number): number {
  return 2 ** (32 - prefix);
}

/**
 * The block number `index` (from 0) of those with `prefix` that `parent` divides into.
 *
 * @throws RangeError if there is no such block
 */
export function subBlock(parent: Cidr, prefix: number, index: number): Cidr {
  const count = 2 ** (prefix - parent.prefix);
  if (!(
    prefix >= parent.prefix &&
    prefix <= 32 &&
    Number.isSafeInteger(index) &&
    index >= 0 &&
    index < count
  )) {
    const blocks = prefix < parent.prefix ? "no" : `only ${String(count)}`;
    throw new RangeError(
      `${formatCidr(parent)} has ${blocks} blocks of /${String(prefix)}, number ${String(index)} was asked for`,
    );
  }
  return { address: parent.address + index * sizeOf(prefix), prefix };
}

/** Whether two blocks share an address; then one contains the other. */
export function overlaps(a: Cidr, b: Cidr): boolean {
  const wider = Math.min(a.prefix, b.prefix);
  return Math.floor(a.address / sizeOf(wider)) === Math.floor(b.address / sizeOf(wider));
}

/** Whether all addresses of `inner` are in `outer`. */
export function contains(outer: Cidr, inner: Cidr): boolean {
  return outer.prefix <= inner.prefix && overlaps(outer, inner);
}
