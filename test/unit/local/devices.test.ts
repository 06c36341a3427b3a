import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import type { V1Node, V1Pod } from "@kubernetes/client-node";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";

import { DeviceManager, inventoryOf, podResourcesOf } from "../../../local/node/devices.ts";
import { readInventory } from "../../../services/dcgm-simulator/inventory.ts";

const node = (gpus: number, name = "gpu-0"): V1Node => ({
  metadata: { name, labels: { "nvidia.com/gpu.product": "NVIDIA-L4", "nvidia.com/gpu.memory": "22888" } },
  status: { capacity: { "nvidia.com/gpu": String(gpus) } },
});

const pod = (name: string, gpus: number, second = 0, phase = "Running"): V1Pod => ({
  metadata: { name, namespace: "vllm", creationTimestamp: new Date(second * 1000) },
  spec: {
    nodeName: "gpu-0",
    containers: [
      {
        name: "vllm",
        ports: [{ name: "http", containerPort: 8000 }],
        resources: { limits: { "nvidia.com/gpu": String(gpus) } },
      },
    ],
  },
  status: { phase, podIP: "127.10.0.9" },
});

describe("the GPUs of a node", () => {
  it("go to pods in the order in which they came, and stay with them", () => {
    const before = inventoryOf(node(4), [pod("second", 2, 2), pod("first", 1, 1)], undefined);
    const of = (inventory: typeof before, name: string) =>
      inventory?.holders.find((holder) => holder.pod === name)?.gpus;
    expect(of(before, "first")).toEqual(before?.gpus.slice(0, 1));
    expect(of(before, "second")).toEqual(before?.gpus.slice(1, 3));
    // The first one ends: the rest keep what they have, and a new one gets what is free.
    const after = inventoryOf(
      node(4),
      [pod("second", 2, 2), pod("third", 2, 3), pod("first", 1, 1, "Failed")],
      before,
    );
    expect(of(after, "second")).toEqual(of(before, "second"));
    expect(of(after, "third")).toEqual([after?.gpus[0], after?.gpus[3]]);
    expect(after?.holders[0]?.address).toBe("127.10.0.9:8000");
  });

  it("are none of a node without, and nobody's where no pod asks", () => {
    expect(inventoryOf(node(0), [pod("first", 1)], undefined)).toBeUndefined();
    expect(inventoryOf(node(2), [pod("first", 0)], undefined)?.holders).toEqual([]);
  });

  it("are held by one container each, whatever comes and goes", () => {
    const step = fc.array(fc.tuple(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 1, max: 3 })), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 6 }), (steps) => {
        let inventory: ReturnType<typeof inventoryOf>;
        for (const pods of steps) {
          const unique = [...new Map(pods)].map(([name, gpus]) => pod(`pod-${String(name)}`, gpus, name));
          inventory = inventoryOf(node(8), unique, inventory);
          const held = inventory?.holders.flatMap(({ gpus }) => gpus) ?? [];
          expect(new Set(held).size).toBe(held.length);
          expect(held.every((uuid) => inventory?.gpus.includes(uuid))).toBe(true);
        }
      }),
    );
  });
});

describe("the file in place of the kubelet's socket", () => {
  const root = mkdtempSync(path.join(tmpdir(), "devices-"));
  afterAll(() => {
    rmSync(root, { recursive: true });
  });

  it("is what an exporter reads, and outlives the agent", () => {
    new DeviceManager(root).update([node(2)], [pod("first", 1, 1), pod("second", 1, 2)]);
    const folder = podResourcesOf(root, "gpu-0");
    const [, second] = readInventory(folder)?.holders ?? [];
    // Another agent, and the first pod is gone: the second keeps its own.
    new DeviceManager(root).update([node(2)], [pod("second", 1, 2)]);
    expect(readInventory(folder)?.holders).toEqual([second]);
    expect(readFileSync(path.join(folder, "gpus.json"), "utf8")).toContain("NVIDIA-L4");
    expect(readInventory(path.join(root, "nowhere"))).toBeUndefined();
  });
});
