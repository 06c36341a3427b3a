/** Receivers of samples: their fields, queues, and the Secrets of their credentials. */
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { componentProblems } from "../../../stacks/configuration.ts";
import { defineStack } from "../../../stacks/program.ts";
import { at, runWithMocks } from "../../support/mocks.ts";
import { change, problemsOf, settingsOf, valuesOf } from "./support.ts";

const path = "monitoring.prometheus.remoteWrite";
const mimir = {
  name: "mimir",
  url: "https://mimir.example.com/api/v1/push",
  tenant: "vllm",
  keepMetrics: "vllm:.*|model:.*",
  authentication: { kind: "basic", username: "123456", passwordFromSecret: "mimirPassword" },
};

async function made(target: object) {
  const { settings, secretKeys } = settingsOf("local", [[path, [target]]]);
  const secrets = Object.fromEntries(
    secretKeys.map((key) => [key, pulumi.secret(`planted-${key}-0123456789abcdef0123456789abcdef`)]),
  );
  const access = { kubeconfig: "planted-kubeconfig", clusterIdentifier: "this-cluster" };
  const run = await runWithMocks(() => defineStack({ settings, secrets, access }), { stack: "local" });
  const prometheus = run.find("kubernetes:monitoring.coreos.com/v1:Prometheus");
  const [written] = at(prometheus.inputs, "spec.remoteWrite") as Record<string, unknown>[];
  return { run, prometheus, written, secretKeys };
}

describe("a field that is wrong", () => {
  test.each<[string, object, RegExp]>([
    ["name", { name: "Mimir" }, /DNS label/],
    ["url", { url: "https://user:pass@mimir.example.com" }, /without user name/],
    ["tenant", { tenant: "a/b" }, /a tenant of/],
    ["authentication.kind", { authentication: { kind: "baisc" } }, /bearer, basic, sigv4/],
    ["authentication.region", { authentication: { kind: "sigv4", region: "Frankfurt" } }, /AWS region/],
    ["protocol", { protocol: "V3.0" }, /V1.0, V2.0/],
    ["maximumRequests", { maximumRequests: 0 }, /from 1 to 1000/],
    ["requestMilliseconds", { requestMilliseconds: 0.5 }, /whole number/],
  ])("%s", (field, wrong, expected) => {
    const problems = problemsOf(change(valuesOf("local"), path, [{ ...mimir, ...wrong }]));
    expect(problems.find((problem) => problem.path === `${path}[0].${field}`)?.expected).toMatch(expected);
  });
});

test("a secret that is named is asked for", () => {
  const { secretKeys } = settingsOf("local", [[path, [mimir]]]);
  expect(secretKeys).toContain("mimirPassword");
});

test("two receivers of one name are refused at the setting", () => {
  const { settings } = settingsOf("local", [[path, [mimir, mimir]]]);
  expect(componentProblems(settings)).toContainEqual(
    expect.objectContaining({ path: `${path}[1].name`, got: '"mimir"' }),
  );
});

test("a receiver that may not be asked often enough is refused with the number that would do", () => {
  const slow = { ...mimir, requestMilliseconds: 60_000, maximumRequests: 1 };
  const { settings } = settingsOf("local", [[path, [slow]]]);
  expect(componentProblems(settings)).toEqual([
    expect.objectContaining({
      path: `${path}[0].maximumRequests`,
      got: "1",
      expected: expect.stringMatching(/expected at least \d+ for \d+ samples a second/) as string,
    }),
  ]);
});

test("more series than the queues are made for are refused", () => {
  const { settings } = settingsOf("local", [
    [path, [mimir]],
    ["thanos", { expectedSeries: 10 }],
  ]);
  expect(componentProblems(settings).map((problem) => problem.path)).toContain("thanos.expectedSeries");
});

describe("the stack", () => {
  test("sends to Mimir as its tenant, with credentials from a Secret that is there before", async () => {
    const { run, prometheus, written } = await made(mimir);
    expect(written).toMatchObject({
      name: "mimir",
      url: mimir.url,
      headers: { "X-Scope-OrgID": "vllm" },
      basicAuth: {
        username: { name: "remote-write-mimir", key: "username" },
        password: { name: "remote-write-mimir", key: "password" },
      },
      writeRelabelConfigs: [{ sourceLabels: ["__name__"], regex: mimir.keepMetrics, action: "keep" }],
    });
    const queue = written?.["queueConfig"] as { minShards: number; maxShards: number };
    expect(queue.maxShards).toBeGreaterThanOrEqual(queue.minShards);
    const secret = run.find("kubernetes:core/v1:Secret", "remote-write-mimir");
    expect(secret.inputs["stringData"]).toEqual({
      username: "123456",
      password: "planted-mimirPassword-0123456789abcdef0123456789abcdef",
    });
    expect(secret.secretPaths.some((secretPath) => secretPath.startsWith("stringData"))).toBe(true);
    expect(JSON.stringify(prometheus.inputs)).not.toContain("planted");
  });

  test("sends with a token, or signed by the pods' role", async () => {
    const bearer = { kind: "bearer", tokenFromSecret: "mimirToken" };
    const { written: token } = await made({ ...mimir, authentication: bearer });
    expect(token).toMatchObject({
      authorization: { credentials: { name: "remote-write-mimir", key: "token" } },
    });
    const role = "arn:aws:iam::111122223333:role/prometheus";
    const sigv4 = { kind: "sigv4", region: "eu-central-1", roleArn: role };
    const { run, written: signed } = await made({ ...mimir, tenant: undefined, authentication: sigv4 });
    expect(signed).toMatchObject({ sigv4: { region: "eu-central-1", roleArn: role } });
    expect(signed).not.toHaveProperty("headers");
    expect(run.all("kubernetes:core/v1:Secret").map(({ name }) => name)).not.toContain("remote-write-mimir");
  });
});
