import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { MAXIMUM_ZONES, zoneSubnets } from "../../../../components/eks/subnets.ts";
import {
  contains,
  formatCidr,
  overlaps,
  parseCidr,
  sizeOf,
  subBlock,
  type Cidr,
} from "../../../../components/network/cidr.ts";

function block(text: string): Cidr {
  const cidr = parseCidr(text);
  if (cidr === undefined) throw new Error(text);
  return cidr;
}

const anyBlock = fc
  .tuple(fc.nat({ max: 2 ** 32 - 1 }), fc.integer({ min: 0, max: 32 }))
  .map(([address, prefix]) => ({ address: address - (address % sizeOf(prefix)), prefix }));

describe("blocks", () => {
  it.each(["10.0.0.0/16", "0.0.0.0/0", "255.255.255.255/32", "192.168.128.0/17"])("reads %s", (text) => {
    expect(formatCidr(block(text))).toBe(text);
  });

  it.each([
    "10.0.0.1/16",
    "10.0.0.0",
    "10.0.0/16",
    "256.0.0.0/8",
    "10.0.0.0/33",
    "010.0.0.0/8",
    "::/0",
    "10.0.0.0/16 ",
    "",
  ])("refuses %j", (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });

  it("say what they contain", () => {
    expect(contains(block("10.0.0.0/8"), block("10.1.2.0/24"))).toBe(true);
    expect(contains(block("10.1.2.0/24"), block("10.0.0.0/8"))).toBe(false);
    expect(overlaps(block("10.1.2.0/24"), block("10.0.0.0/8"))).toBe(true);
    expect(overlaps(block("10.0.0.0/9"), block("10.128.0.0/9"))).toBe(false);
  });

  it("are cut by number", () => {
    expect(formatCidr(subBlock(block("10.0.0.0/16"), 24, 255))).toBe("10.0.255.0/24");
    expect(() => subBlock(block("10.0.0.0/16"), 24, 256)).toThrow("10.0.0.0/16 has only 256 blocks of /24");
    expect(() => subBlock(block("10.0.0.0/16"), 8, 0)).toThrow("no blocks of /8");
    expect(() => subBlock(block("10.0.0.0/16"), 24, 0.5)).toThrow(RangeError);
  });
});

describe("properties of blocks", () => {
  it("text and number are two forms of one thing", () => {
    fc.assert(
      fc.property(anyBlock, (one) => {
        expect(parseCidr(formatCidr(one))).toEqual(one);
      }),
    );
  });

  it("the parts of a block are in it, apart from each other, and fill it", () => {
    fc.assert(
      fc.property(
        anyBlock.filter(({ prefix }) => prefix <= 28),
        fc.integer({ min: 0, max: 4 }),
        (parent, bits) => {
          const parts = Array.from({ length: 2 ** bits }, (_, index) =>
            subBlock(parent, parent.prefix + bits, index),
          );
          for (const part of parts) expect(contains(parent, part)).toBe(true);
          for (const [index, part] of parts.entries()) {
            expect(parts.slice(index + 1).some((other) => overlaps(part, other))).toBe(false);
          }
          expect(parts.reduce((sum, { prefix }) => sum + sizeOf(prefix), 0)).toBe(sizeOf(parent.prefix));
        },
      ),
    );
  });

  it("overlap is symmetric, and containing one another is being equal", () => {
    fc.assert(
      fc.property(anyBlock, anyBlock, (a, b) => {
        expect(overlaps(a, b)).toBe(overlaps(b, a));
        if (contains(a, b) && contains(b, a)) expect(a).toEqual(b);
        // The addresses themselves, as an independent way to say the same.
        const [low, high] = [Math.max(a.address, b.address), Math.min(end(a), end(b))];
        expect(overlaps(a, b)).toBe(low < high);
      }),
    );
  });
});

function end({ address, prefix }: Cidr): number {
  return address + sizeOf(prefix);
}

describe("subnets of zones", () => {
  const vpcs = fc
    .tuple(fc.integer({ min: 16, max: 20 }), fc.nat({ max: 255 }))
    .map(([prefix, index]) => subBlock(block("10.0.0.0/8"), prefix, index));

  it("of a /16 are large for nodes and small for the rest", () => {
    const zone = zoneSubnets(block("10.0.0.0/16"), 1);
    expect(
      Object.fromEntries(Object.entries(zone).map(([kind, one]) => [kind, formatCidr(one as Cidr)])),
    ).toEqual({
      private: "10.0.32.0/20",
      public: "10.0.48.0/24",
      controlPlane: "10.0.63.240/28",
    });
    expect(() => zoneSubnets(block("10.0.0.0/16"), MAXIMUM_ZONES)).toThrow(RangeError);
  });

  it("are in the VPC, apart from each other, and as AWS takes them", () => {
    fc.assert(
      fc.property(vpcs, fc.integer({ min: 1, max: MAXIMUM_ZONES }), (vpc, count) => {
        const all = Array.from(
          { length: count },
          (_, index) => Object.values(zoneSubnets(vpc, index)) as Cidr[],
        ).flat();
        for (const [index, subnet] of all.entries()) {
          expect(contains(vpc, subnet)).toBe(true);
          expect(subnet.prefix).toBeGreaterThanOrEqual(16);
          expect(subnet.prefix).toBeLessThanOrEqual(28);
          expect(subnet.address % sizeOf(subnet.prefix)).toBe(0);
          expect(all.slice(index + 1).some((other) => overlaps(subnet, other))).toBe(false);
        }
      }),
    );
  });
});
