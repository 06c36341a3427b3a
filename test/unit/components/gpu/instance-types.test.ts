import { describe, expect, it } from "vitest";

import { amiTypesFor } from "../../../../components/gpu/ami.ts";
import { gpuInstanceTypes, similarInstanceTypes } from "../../../../components/gpu/instance-types.ts";
import { gpuKinds } from "../../../../components/gpu/kinds.ts";
import { networkInterfaces } from "../../../../components/gpu/launch-template.ts";
import { GpuCapacityType } from "../../../../components/gpu/node-group-args.ts";
import { gpuProducts, nodeGroupSchema } from "../../../../stacks/config/node-groups.ts";

const types = [...gpuInstanceTypes.values()];

describe("GPU kinds", () => {
  it("are those that a configuration can name, with the same products", () => {
    const products = Object.fromEntries(
      Object.entries(gpuKinds).map(([kind, { product }]) => [kind, product]),
    );
    expect(products).toMatchObject(gpuProducts);
  });

  it("come with the kinds of capacity that a configuration can name", () => {
    for (const capacityType of Object.values(GpuCapacityType)) {
      const group = { name: "gpu", minSize: 0, maxSize: 1, capacityType };
      expect(nodeGroupSchema.parse(group)).toMatchObject({ capacityType });
    }
  });

  it("each exist in an instance type", () => {
    expect(new Set(types.map(({ gpuKind }) => gpuKind))).toEqual(new Set(Object.keys(gpuKinds)));
  });
});

describe("GPU instance types", () => {
  it("have sound numbers", () => {
    for (const type of types) {
      expect(type.name).toMatch(/^[a-z0-9-]+\.(\d*xlarge|metal)$/);
      expect([1, 2, 4, 8], type.name).toContain(type.gpuCount);
      expect(type.memoryGiB, type.name).toBeGreaterThanOrEqual(8);
      expect(type.gpuMemoryGiB, type.name).toBeGreaterThanOrEqual(15);
      expect(type.gpuMemoryGiB, type.name).toBeLessThan(300);
      expect(new Set(type.efaCards).size, type.name).toBe(type.efaCards.length);
    }
  });

  it.each([
    ["g4dn.12xlarge", { gpuCount: 4, computeCapability: 7.5, vcpus: 48, memoryGiB: 192 }],
    ["g6e.48xlarge", { gpuCount: 8, computeCapability: 8.9, vcpus: 192, instanceStoreGB: 7600 }],
    ["p4de.24xlarge", { gpuCount: 8, gpuMemoryGiB: 80, computeCapability: 8 }],
    ["p5en.48xlarge", { gpuCount: 8, gpuMemoryGiB: 141, computeCapability: 9 }],
    ["p6e-gb200.36xlarge", { gpuCount: 4, architecture: "arm64", gpuMemoryGiB: 185 }],
  ])("know %s", (name, facts) => {
    expect(gpuInstanceTypes.get(name)).toMatchObject(facts);
  });

  it("know how many EFA interfaces there are", () => {
    const efa = (name: string) => gpuInstanceTypes.get(name)?.efaCards.length;
    expect(["g6.4xlarge", "g6e.24xlarge", "p4d.24xlarge", "p5.48xlarge", "p5en.48xlarge"].map(efa)).toEqual([
      0, 2, 4, 32, 16,
    ]);
    expect(["p6-b200.48xlarge", "p6-b300.48xlarge", "p6e-gb200.36xlarge"].map(efa)).toEqual([8, 16, 8]);
  });

  it("put an EFA on no card twice, and the ordinary interface on card 0", () => {
    for (const type of types) {
      const places = networkInterfaces(type.efaCards, []).map(({ networkCardIndex, deviceIndex }) =>
        JSON.stringify([networkCardIndex, deviceIndex]),
      );
      expect(places[0], type.name).toBe("[0,0]");
      expect(new Set(places).size, type.name).toBe(places.length);
    }
    const b300 = networkInterfaces(gpuInstanceTypes.get("p6-b300.48xlarge")?.efaCards ?? [], []);
    expect(b300.filter(({ networkCardIndex }) => networkCardIndex === 0)).toHaveLength(1);
    const p5 = networkInterfaces(gpuInstanceTypes.get("p5.48xlarge")?.efaCards ?? [], []);
    expect(p5.filter(({ networkCardIndex }) => networkCardIndex === 0)).toMatchObject([
      { deviceIndex: 0, interfaceType: "interface" },
      { deviceIndex: 1, interfaceType: "efa-only" },
    ]);
  });

  it("each have an image", () => {
    for (const type of types) {
      expect(amiTypesFor(type.name, type.architecture).length, type.name).toBeGreaterThan(0);
    }
    expect(amiTypesFor("p6e-gb200.36xlarge", "arm64")).toEqual(["AL2023_ARM_64_NVIDIA"]);
    expect(amiTypesFor("g5g.xlarge", "arm64")).toContain("BOTTLEROCKET_ARM_64_NVIDIA");
  });

  it("are suggested for a misspelled name", () => {
    expect(similarInstanceTypes("p5.48xlrage")[0]).toBe("p5.48xlarge");
    expect(similarInstanceTypes("p4ed.24xlarge", 2)).toContain("p4de.24xlarge");
  });
});
