import * as k8s from "@pulumi/kubernetes";

import { preview } from "../stacks/automation.ts";
import { configurationOfFile } from "../stacks/config/sources.ts";
import { plantedSecrets, Sandbox } from "../test/engine/stacks/stub.ts";
import { installAwsStub } from "../test/support/aws-stub/install.ts";
import { ProjectCopy } from "../test/support/project-copy.ts";
import { growthOf, sizes, useFleet } from "./fleet.ts";
import { alternate, median } from "./measure.ts";
import type { Measurement } from "./report.ts";

/** Seconds of a preview of a program that registers so many ConfigMaps and nothing else. */
async function bare(sandbox: Sandbox, count: number, isLong: boolean): Promise<number> {
  const stack = await sandbox.stackOf("bare", `bare-${String(count)}`, () => {
    for (let index = 0; index < count; index++)
      new k8s.core.v1.ConfigMap(`map-${String(index)}`, { data: { a: "1" } });
    return Promise.resolve();
  });
  return await secondsOf(isLong, () => stack.preview({ suppressOutputs: true }));
}

/**
 * Seconds of one run of a long program, or of the middle one of three after one that is not counted. Of ten models the first
 * run takes half as long again as the others, since Node still compiles: what a hundred more cost would seem less than it is.
 */
async function secondsOf(isLong: boolean, run: () => Promise<unknown>): Promise<number> {
  if (!isLong) return median((await alternate({ run }, 3))["run"]?.milliseconds ?? []) / 1000;
  const begun = performance.now();
  await run();
  return (performance.now() - begun) / 1000;
}

/**
 * How a preview through the real engine grows with the fleet: production with ever more models, from an empty state, with
 * providers that need no cloud. The engine itself grows faster than its resources, so a bare program of as many ConfigMaps is
 * measured beside each.
 */
export async function growthOfPreview(progress: (line: string) => void): Promise<Measurement[]> {
  const copy = new ProjectCopy();
  const sandbox = new Sandbox();
  const fleet: number[] = [];
  const maps: number[] = [];
  let resources = 0;
  try {
    await installAwsStub(sandbox.quietHome());
    for (const size of sizes) {
      copy.git("checkout", "--quiet", "--", "stacks");
      useFleet(copy, size);
      // So long that nothing else weighs.
      const isLong = size === sizes.at(-1);
      const configuration = configurationOfFile(copy.path("stacks", "Pulumi.prod.yaml"), "prod");
      const secrets = plantedSecrets(configuration);
      fleet.push(
        await secondsOf(isLong, async () => {
          const options = sandbox.options({ environment: "prod", root: copy.root, secrets });
          resources = (await preview(options)).created;
        }),
      );
      maps.push(await bare(sandbox, resources, isLong));
      progress(
        `${String(size)} models, ${String(resources)} resources: ${String(fleet.at(-1))} s, bare ${String(maps.at(-1))} s`,
      );
    }
  } finally {
    copy.remove();
    sandbox.remove();
  }
  const [ours, theirs] = [growthOf("models", fleet), growthOf("ConfigMaps", maps)];
  return [
    {
      what: `preview through the engine (${String(resources)} resources), a model among 1,000 / among 100, / the same of a bare program with as many ConfigMaps`,
      value: ours.value / theirs.value,
      unit: "×",
      limit: 1.3,
      details: `${ours.value.toFixed(2)} × (${ours.details}) / ${theirs.value.toFixed(2)} × (${theirs.details})`,
    },
  ];
}
