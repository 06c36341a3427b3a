/** Secrets in any form that a program may give them. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { placeholderOf, Masking } from "../../../review/run/masking.ts";
import { disguisesOf, isIn } from "../../../review/run/disguises.ts";
import { makeMask } from "../../../review/model/snapshot.ts";
import { reportOn } from "./reporting.ts";
import { object, pick, sample, set } from "./sample.ts";

const placeholder = placeholderOf("smtpPassword", "v1:cipher");
const masked = (wire: Record<string, string>) => {
  const masking = new Masking({ placeholders: [placeholder] });
  return { properties: masking.properties("urn", wire), leaks: masking.leaks };
};

describe("a secret that the program let out", () => {
  const { value } = placeholder;
  it.each<[string, Record<string, string>]>([
    ["as it is", { a: `password=${value};` }],
    ["in capitals", { a: value.toUpperCase() }],
    ["in a URL", { a: `https://x/?p=${encodeURIComponent(value)}` }],
    ["as Basic authentication", { a: `Basic ${Buffer.from(`user:${value}`).toString("base64")}` }],
    ["as a key", { [value]: "1" }],
  ])("is masked and told: %s", (_, wire) => {
    const { properties, leaks } = masked(wire);
    expect(JSON.stringify(properties)).toMatch(/\[secret smtpPassword@/);
    expect(JSON.stringify(properties)).not.toContain("placeholder");
    expect(JSON.stringify(properties)).not.toContain(Buffer.from(value).toString("base64").slice(0, 20));
    expect(leaks.map(({ key }) => key)).toEqual(["smtpPassword"]);
  });
});

it("is found without the scheme of its address", () => {
  const address = placeholderOf("heartbeatUrl", "v1:cipher");
  const masking = new Masking({ placeholders: [address] });
  const { pathname } = new URL(address.value);
  const properties = masking.properties("urn", { pathname, escaped: address.value.replaceAll("/", "\\/") });
  expect(JSON.stringify(properties)).not.toContain("placeholder");
  expect(masking.leaks).toHaveLength(2);
});

it("is found in a base64 text wherever it begins and whatever stands around it", () => {
  const disguises = disguisesOf("planted-secret");
  const around = fc.string({ maxLength: 30 });
  fc.assert(
    fc.property(
      around,
      around,
      fc.constantFrom("base64" as const, "base64url" as const),
      (before, after, alphabet) => {
        expect(isIn(disguises, Buffer.from(`${before}planted-secret${after}`).toString(alphabet))).toBe(true);
        expect(isIn(disguises, Buffer.from(`${before}planted-${after}`).toString(alphabet))).toBe(false);
      },
    ),
  );
});

it("tells a secret that everybody reads who may read a ConfigMap", () => {
  const head = sample();
  head.resources.push(
    object("v1", "ConfigMap", "leak", { data: { token: makeMask({ from: [], digest: "a" }) } }),
  );
  const { markdown } = reportOn(sample(), head);
  expect(markdown).toContain("**Medium:** Secret readable in the cluster: `data.token` of `ConfigMap leak`");
});

it("tells one in an environment variable, and none that comes from a Secret", () => {
  const head = sample();
  const container = ["spec", "template", "spec", "containers", 0];
  const env = [{ name: "TOKEN", value: makeMask({ from: [], digest: "a" }) }];
  set(pick(head, "Deployment", "llama"), [...container, "env"], env);
  expect(reportOn(sample(), head).markdown).toMatch(
    /Secret readable in the cluster: `spec\.template.*env.*value` of `Deployment llama`/,
  );
});

it("says of a guard whose pods go as well that nothing is open", () => {
  const head = sample();
  const { urn } = pick(head, "VllmDeployment", "bge");
  head.resources = head.resources.filter((resource) => resource.urn !== urn && resource.parent !== urn);
  const { markdown } = reportOn(sample(), head);
  expect(markdown).not.toContain("nothing restricts these pods");
  expect(markdown).not.toContain("drains may stop");
});

it("says that pods are open whose policy is deleted alone", () => {
  const head = sample();
  const { urn } = pick(head, "NetworkPolicy", "bge");
  head.resources = head.resources.filter((resource) => resource.urn !== urn);
  expect(reportOn(sample(), head).markdown).toContain("nothing restricts these pods");
});
