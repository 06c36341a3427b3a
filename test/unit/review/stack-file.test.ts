/** What an environment's file says besides the project's settings. */
import { describe, expect, it } from "vitest";

import type { JsonObject } from "../../../review/model/json.ts";
import { stackFileOf } from "../../../review/run/configuration.ts";
import { reportOn } from "./reporting.ts";
import { sample } from "./sample.ts";

const file: JsonObject = {
  secretsprovider: "awskms://alias/stacks?region=eu-central-1",
  encryptedkey: "AQICAHg=",
  config: { "vllm-monitoring:environment": "prod", "aws:region": "eu-central-1" },
};
const withConfig = (config: JsonObject): JsonObject => ({
  ...file,
  config: { ...(file["config"] as object), ...config },
});
const report = (head: JsonObject, base: JsonObject = file): string =>
  reportOn({ ...sample(), stackFile: stackFileOf(base) }, { ...sample(), stackFile: stackFileOf(head) })
    .markdown;

const { secretsprovider: _provider, encryptedkey: _key, ...withPassphrase } = file;

describe("a change of an environment's file", () => {
  it.each<[string, JsonObject, RegExp]>([
    [
      "the secrets provider",
      { ...withPassphrase, encryptionsalt: "v1:abc" },
      /\*\*High:\*\* the secrets provider changes: `awskms:\/\/alias\/stacks\?region=eu-central-1` → `passphrase`/,
    ],
    [
      "the key",
      { ...file, encryptedkey: "BBBB" },
      /\*\*Medium:\*\* the key that encrypts the secrets is another one/,
    ],
    [
      "imports",
      { ...file, environment: ["prod-esc"] },
      /\*\*Medium:\*\* configuration from Pulumi ESC: `\[\]` → `\["prod-esc"\]`/,
    ],
    [
      "a provider's setting",
      withConfig({ "aws:region": "us-east-1" }),
      /- `aws:region` `eu-central-1` → `us-east-1`/,
    ],
    ["a new one", withConfig({ "aws:profile": "ops" }), /- `aws:profile` is new: `ops`/],
    [
      "a secret one that is set anew",
      withConfig({ "aws:secretKey": { secure: "v1:new" } }),
      /- `aws:secretKey` is new: `\[hidden\]`/,
    ],
    [
      "a credential in clear",
      withConfig({ "kubernetes:kubeconfig": "planted-hunter2" }),
      /\*\*High:\*\* `kubernetes:kubeconfig` stands in clear in the environment's file/,
    ],
  ])("is told: %s", (_, head, says) => {
    expect(report(head)).toMatch(says);
  });

  it("is told where a value stands in the place of a secret", () => {
    const receivers = (fields: JsonObject): JsonObject =>
      withConfig({ "vllm-monitoring:receivers": [{ name: "hook", kind: "webhook", ...fields }] });
    const before = receivers({ urlFromSecret: "hookUrl" });
    const text = report(receivers({ url: "https://hooks.example.com/planted" }), before);
    expect(text).toContain(
      "**High:** `receivers[hook].url` stands in clear in the environment's file; before it came from the secret `hookUrl`",
    );
    expect(text).not.toContain("planted");
    expect(report(before, before)).toContain("**No changes**");
  });

  it("shows nothing of a credential, encrypted or not", () => {
    const clear = report(withConfig({ "kubernetes:kubeconfig": "planted-hunter2" }));
    const secret = report(withConfig({ "aws:token": { secure: "v1:planted" } }));
    expect(clear + secret).not.toContain("planted");
  });

  it("is none where only the order of keys is another", () => {
    const { config, ...rest } = file;
    const turned = Object.fromEntries(Object.entries(config as JsonObject).reverse());
    expect(report({ config: turned, ...rest })).toContain("**No changes**");
  });
});
