/** Prices, second tries and the shared Redis of the gateway, from the configuration to its arguments. */
import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { componentProblems } from "../../../stacks/configuration.ts";
import { gatewayArgs } from "../../../stacks/mapping/gateway.ts";
import { defineStack } from "../../../stacks/program.ts";
import { runWithMocks } from "../../support/mocks.ts";
import { change, problemsOf, settingsOf, valuesOf } from "./support.ts";

const NAME = "meta-llama/Llama-3.1-8B-Instruct";
const OTHER = "Qwen/Qwen2.5-0.5B-Instruct";
const redis = { host: "redis.cache.svc", passwordFromSecret: "redisPassword" };
type Changes = [path: string, value: unknown][];

function argsOf(changes: Changes) {
  const { settings } = settingsOf("dev", changes);
  return gatewayArgs(
    settings,
    () => "sk-0123456789abcdef",
    (model) => `http://${model}`,
  );
}

test.each<[string, unknown, string, RegExp]>([
  ["fleet.models[0].price", { promptPerMillion: -1, outputPerMillion: 1 }, "promptPerMillion", /US dollars/],
  ["fleet.models[0].price", { promptPerMillion: 1 }, "outputPerMillion", /US dollars/],
  ["gateway.routing", { retries: -1 }, "retries", /from 0 to 20/],
  ["gateway.routing", { cooldownSeconds: "30s" }, "cooldownSeconds", /whole number/],
  ["gateway.routing", { fallbacks: [NAME] }, "fallbacks", /a mapping of servedModelName/],
  ["gateway.redis", { host: "redis://cache:6379" }, "host", /host name/],
  ["gateway.redis", { ...redis, passwordFromSecret: "s3cr3t-v4lu3-9" }, "passwordFromSecret", /secret/],
])("%s = %j is refused", (path, value, field, expected) => {
  const problems = problemsOf(change(valuesOf("dev"), path, value));
  expect(problems.find((problem) => problem.path === `${path}.${field}`)?.expected).toMatch(expected);
});

test("a model that takes over must be one of the fleet", () => {
  const { settings } = settingsOf("dev", [["gateway.routing", { fallbacks: { [NAME]: ["gpt-4"] } }]]);
  expect(componentProblems(settings)).toEqual([
    expect.objectContaining({
      path: expect.stringMatching(/^gateway\.routing\.fallbacks/) as string,
      got: '"gpt-4"',
    }),
  ]);
});

test("the arguments have prices, tries, models that take over, and the Redis", () => {
  const args = argsOf([
    ["fleet.models[0].price", { promptPerMillion: 0.2, outputPerMillion: 0.6 }],
    ["gateway.routing", { retries: 3, fallbacks: { [NAME]: [OTHER] } }],
    ["gateway.redis", redis],
  ]);
  expect(args).toMatchObject({
    routing: { retries: 3, allowedFailures: 5, cooldownSeconds: 30, fallbacks: { [NAME]: [OTHER] } },
    redis: { host: redis.host, port: 6379, passwordSecret: { name: "gateway-redis", key: "password" } },
  });
  const priced = args?.models.filter(({ promptPricePerMillion }) => promptPricePerMillion !== undefined);
  expect(priced).toMatchObject([{ promptPricePerMillion: 0.2, outputPricePerMillion: 0.6 }]);
});

test("a Redis without a password needs no Secret", () => {
  expect(argsOf([["gateway.redis", { host: redis.host }]])?.redis).toEqual({ host: redis.host, port: 6379 });
});

test("the stack makes the Secret of the password, and nothing holds it in clear", async () => {
  const { settings, secretKeys } = settingsOf("dev", [["gateway.redis", redis]]);
  const secrets = Object.fromEntries(
    secretKeys.map((key) => [key, pulumi.secret(`sk-planted-${key}-0123456789abcdef`)]),
  );
  const access = { kubeconfig: "planted-kubeconfig", clusterIdentifier: "this-cluster" };
  const run = await runWithMocks(() => defineStack({ settings, secrets, access }), { stack: "dev" });
  const secret = run.find("kubernetes:core/v1:Secret", "gateway-redis");
  expect(secret.inputs["stringData"]).toEqual({ password: "sk-planted-redisPassword-0123456789abcdef" });
  expect(secret.secretPaths).not.toEqual([]);
  const others = run.resources.filter(({ name }) => name !== "gateway-redis");
  expect(others.some(({ inputs }) => JSON.stringify(inputs).includes("planted-redisPassword"))).toBe(false);
});
