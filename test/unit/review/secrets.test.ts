/** Nothing of a secret comes out of a run, wherever the program puts it. */

import { join } from "node:path";

import * as aws from "@pulumi/aws";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";

import { compareSnapshots } from "../../../review/diff/changes.ts";
import type { Snapshot } from "../../../review/model/snapshot.ts";
import { renderSnapshot } from "../../../review/render/tree.ts";
import { engineConfiguration } from "../../../review/run/configuration.ts";
import { fingerprintOf, placeholderOf } from "../../../review/run/masking.ts";
import { runProgram, sdkOf } from "../../../review/run/run.ts";
import { withLightSdk } from "../../../review/run/light-sdk.ts";
import { reportOn } from "./reporting.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const SECRET = "planted-hunter2-value";

class Thing extends pulumi.ComponentResource {
  constructor(name: string, args: pulumi.Inputs) {
    super("vllm-monitoring:index:Thing", name, args);
    this.registerOutputs({ configuration: pulumi.secret(`url?token=${SECRET}`) });
  }
}

async function run(
  program: () => void,
  maskKey?: string,
  ciphertexts: Record<string, string> = {},
): Promise<Snapshot> {
  const config = Object.fromEntries(
    Object.entries(ciphertexts).map(([key, secure]) => [`vllm-monitoring:${key}`, { secure }]),
  );
  return withLightSdk(join(root, "node_modules/@pulumi/pulumi/index.js"), async () =>
    runProgram(
      () => {
        program();
        return Promise.resolve();
      },
      { sdk: await sdkOf(root), environment: "test", configuration: engineConfiguration(config), maskKey },
    ),
  );
}

/** Everything that a run can write. */
async function everything(snapshot: Snapshot): Promise<string> {
  const other = await run(() => undefined, "key");
  return [
    ...renderSnapshot(snapshot).values(),
    reportOn(other, snapshot).markdown,
    reportOn(snapshot, other).markdown,
    JSON.stringify(snapshot),
  ].join("\n");
}

function plant(): void {
  const secret = pulumi.secret(SECRET);
  new Thing("thing", { nested: { deep: [secret] }, whole: pulumi.secret({ key: SECRET }) });
  new k8s.core.v1.Secret("secret", {
    stringData: { token: SECRET },
    data: { encoded: Buffer.from(SECRET).toString("base64") },
  });
  new k8s.core.v1.ConfigMap("map", {
    data: { text: pulumi.interpolate`a ${secret} b`, json: pulumi.jsonStringify({ secret }) },
  });
  new k8s.apps.v1.Deployment("deployment", {
    spec: {
      selector: { matchLabels: { a: "b" } },
      template: {
        spec: {
          containers: [
            {
              name: "c",
              image: "i",
              env: [{ name: "TOKEN", value: secret }],
              args: [pulumi.interpolate`--token=${secret}`],
            },
          ],
        },
      },
    },
  });
  new aws.iam.Policy("policy", {
    policy: pulumi.jsonStringify({ Statement: [{ Effect: "Allow", Action: "*", Resource: secret }] }),
  });
  new k8s.Provider("provider", { kubeconfig: secret });
}

describe("a planted secret", () => {
  it.each([undefined, "a key"])("is nowhere in what a run writes, with the mask key %s", async (key) => {
    const text = await everything(await run(plant, key));
    for (const form of [
      SECRET,
      Buffer.from(SECRET).toString("base64"),
      encodeURIComponent(SECRET),
      Buffer.from(SECRET).toString("hex"),
    ])
      expect(text).not.toContain(form);
    // It was there: a test that plants nothing would pass as well.
    expect(text).toContain("[secret");
    expect(text).toContain("core/v1:ConfigMap::map");
  });

  it("keeps the names of the keys of a Secret", async () => {
    const files = renderSnapshot(await run(plant));
    expect(files.get("resources/Secret.secret.yaml")).toContain('token: "[secret]"');
  });
});

describe("a mask", () => {
  const program = (value: string) => () => {
    new k8s.core.v1.Secret("secret", { stringData: { token: value } });
  };

  it("tells two values apart, by a key alone", async () => {
    const [a, b, again] = [
      await run(program("one"), "k"),
      await run(program("two"), "k"),
      await run(program("one"), "k"),
    ];
    expect(compareSnapshots(a, b).changes).toHaveLength(1);
    expect(compareSnapshots(a, again).changes).toHaveLength(0);
    const otherKey = await run(program("one"), "other");
    expect(JSON.stringify(otherKey.resources)).not.toBe(JSON.stringify(a.resources));
  });

  it("says nothing about the value without a key", async () => {
    const [a, b] = [await run(program("one")), await run(program("two"))];
    expect(JSON.stringify(a.resources)).toBe(JSON.stringify(b.resources));
  });

  it("of a configured secret names its key and the fingerprint of the ciphertext", async () => {
    const configured = (ciphertext: string) =>
      run(
        () => {
          const token = new pulumi.Config("vllm-monitoring").requireSecret("robotToken");
          new k8s.core.v1.Secret("secret", {
            stringData: { token, url: pulumi.interpolate`https://x/${token}` },
          });
        },
        undefined,
        { robotToken: ciphertext },
      );
    const files = renderSnapshot(await configured("v1:first"));
    const text = files.get("resources/Secret.secret.yaml") ?? "";
    expect(text).toContain(`token: "[secret robotToken@${fingerprintOf("v1:first")}]"`);
    expect(text).toContain(`url: "[secret robotToken@${fingerprintOf("v1:first")}]"`);
    expect(
      compareSnapshots(await configured("v1:first"), await configured("v1:second")).changes,
    ).toHaveLength(1);
    expect(compareSnapshots(await configured("v1:first"), await configured("v1:first")).changes).toHaveLength(
      0,
    );
  });

  it("is told of where a configured secret stands in clear", async () => {
    const snapshot = await run(
      () => {
        const token = new pulumi.Config("vllm-monitoring").require("robotToken");
        new k8s.core.v1.ConfigMap("map", { data: { "config.json": JSON.stringify({ token }) } });
      },
      undefined,
      { robotToken: "v1:first" },
    );
    expect(snapshot.leaks).toMatchObject([{ path: 'data["config.json"]', key: "robotToken" }]);
    const text = [...renderSnapshot(snapshot).values()].join("\n");
    expect(text).not.toContain(placeholderOf("robotToken", "v1:first").value);
    expect(reportOn(await run(() => undefined), snapshot).markdown).toContain(
      "**High:** Secret in clear: `robotToken`",
    );
  });
});
