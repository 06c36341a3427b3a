/** Secrets: named but missing, in clear, superfluous; and their values are never shown. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ConfigurationError,
  findProblems,
  parseConfiguration,
  type RawConfiguration,
} from "../../../stacks/config/parse.ts";
import { formatProblem } from "../../../stacks/config/problems.ts";
import { configurationOfText } from "../../../stacks/config/sources.ts";
import { change, problemsOf, valuesOf, type Values } from "./support.ts";

const prodSecrets = [
  "dingtalkAccessToken",
  "dingtalkSigningSecret",
  "gatewayDatabaseUrl",
  "gatewayMasterKey",
  "grafanaClientSecret",
  "grafanaSeed",
  "heartbeatUrl",
  "huggingFaceToken",
  "pagerdutyRoutingKey",
  "slackWebhookUrl",
  "smtpPassword",
];

function raw(values: Values, secretKeys: string[] = []): RawConfiguration {
  return { values, secretKeys: new Set(secretKeys), stack: "prod" };
}

describe("a secret that is named", () => {
  test("and missing: the error shows the command that stores it, once for each key", () => {
    const problems = findProblems(raw(valuesOf("prod")));
    expect(problems.map((problem) => /vllm-monitoring:(\w+)/.exec(problem.remedy)?.[1]).sort()).toEqual(
      prodSecrets,
    );
    expect(problems).toContainEqual({
      path: "receivers[0].accessTokenFromSecret",
      got: "the name of a missing secret, dingtalkAccessToken",
      expected: "the secret vllm-monitoring:dingtalkAccessToken to be set",
      remedy: "pulumi config set --secret vllm-monitoring:dingtalkAccessToken --stack prod",
    });
  });

  test("and there, encrypted or given", () => {
    expect(parseConfiguration(raw(valuesOf("prod"), prodSecrets), "test").secretKeys).toEqual(prodSecrets);
    expect(findProblems(raw(valuesOf("prod")), { givenSecrets: prodSecrets })).toEqual([]);
  });

  test("and stored in clear: refused without showing it", () => {
    const values = { ...valuesOf("prod"), dingtalkAccessToken: "tell-nobody" };
    const problems = findProblems(raw(values, prodSecrets.slice(1)));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ path: "dingtalkAccessToken", expected: "an encrypted value" });
    expect(JSON.stringify(problems)).not.toContain("tell-nobody");
  });
});

test("a secret that no field names is an unknown key", () => {
  const problems = findProblems(raw(valuesOf("prod"), [...prodSecrets, "slackWebhokUrl"]));
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatchObject({ path: "slackWebhokUrl", got: "a secret that no field names" });
  expect(problems[0]?.remedy).toContain("did you mean slackWebhookUrl?");
});

test("settings that are encrypted as a whole are refused", () => {
  const values = change(valuesOf("prod"), "fleet", undefined);
  const problems = findProblems(raw(values, [...prodSecrets, "fleet"]));
  expect(problems[0]).toMatchObject({ path: "fleet", got: "[secret]" });
});

const token = "3f9a77c1d2e84b5596a0c7e1f2d3b4a5968778695a4b3c2d1e0f9a8b7c6d5e4f";

describe("a credential in the wrong place", () => {
  test.each([
    ["as the name of a secret", "receivers[0].accessTokenFromSecret", token],
    ["as a URL where the name belongs", "receivers[4].urlFromSecret", `https://hb.example.com/ping/${token}`],
    [
      "in the endpoint's query",
      "receivers[0].endpoint",
      `https://oapi.dingtalk.com/robot/send?access_token=${token}`,
    ],
    [
      "in the user info of a URL",
      "monitoring.prometheus.externalUrl",
      `https://admin:${token}@prometheus.example.com`,
    ],
    ["under a key of its own", "receivers[0].accessToken", token],
    ["among the arguments", "fleet.models[0].extraArguments[0]", `--hf-token=${token}`],
    ["in a mapping of a wrong type", "fleet.models[0].source", { kind: "hub", token }],
    ["in a webhook address", "receivers[4].url", `https://hooks.slack.com/services/${token}`],
  ])("%s is not shown", (_, path, value) => {
    const problems = problemsOf(change(valuesOf("prod"), path, value));
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.map(formatProblem).join("\n")).not.toContain(token.slice(0, 16));
  });

  test("a random token is refused as the name of a secret, and not shown", () => {
    const tokens = fc.stringMatching(/^[0-9a-f]{32,64}$/);
    fc.assert(
      fc.property(tokens, (value) => {
        const problems = problemsOf(change(valuesOf("dev"), "receivers[0].accessTokenFromSecret", value));
        return problems.length > 0 && !problems.map(formatProblem).join("\n").includes(value);
      }),
      { numRuns: 50 },
    );
  });
});

describe("the text of a file", () => {
  const text = (config: string) => `config:\n${config}`;

  test("encrypted values are known by their key only", () => {
    const { values, secretKeys } = configurationOfText(
      text("  vllm-monitoring:smtpPassword:\n    secure: v1:abc\n  aws:region: eu-central-1\n"),
      "f",
    );
    expect([...secretKeys]).toEqual(["smtpPassword"]);
    expect(values).toEqual({});
  });

  test.each([
    ["broken YAML", "config:\n  a: [1", /valid YAML/],
    [
      "a key twice",
      text("  vllm-monitoring:environment: prod\n  vllm-monitoring:environment: dev\n"),
      /keys must be unique/i,
    ],
    ["no config", "encryptionsalt: v1:x\n", /no mapping under the key config/],
    ["an empty file", "", /no mapping under the key config/],
  ])("%s", (_, content, message) => {
    expect(() => configurationOfText(content, "stacks/Pulumi.x.yaml")).toThrow(ConfigurationError);
    expect(() => configurationOfText(content, "stacks/Pulumi.x.yaml")).toThrow(message);
  });
});
