/** Models that Ray serves: their fields, checks, and what the stack makes of them. */
import { describe, expect, test } from "vitest";
import { componentProblems } from "../../../stacks/configuration.ts";
import { alertRulesArgs, modelAlertRulesArgs, servedModel } from "../../../stacks/mapping/alerting.ts";
import { grafanaDashboardsArgs } from "../../../stacks/mapping/dashboards.ts";
import { namespacesOf } from "../../../stacks/mapping/namespaces.ts";
import { isRayModel, kubeRayOperatorArgs, rayVllmServiceArgs } from "../../../stacks/mapping/ray-model.ts";
import { fleetSecrets } from "../../../stacks/mapping/secrets.ts";
import { change, problemsOf, said, settingsOf, valuesOf } from "./support.ts";

type Changes = [path: string, value: unknown][];

const digest = `sha256:${"a".repeat(64)}`;
/** The first model of the embedded environment, under Ray. */
const underRay = (engine: object = {}, more: Changes = []): Changes => [
  ["fleet.models[0].engine", { kind: "ray", rayVersion: "2.60.0", ...engine }],
  ["fleet.models[0].image", `rayproject/ray-llm:2.60.0-py311-cu128@${digest}`],
  ...more,
];

function settingsUnderRay(engine: object = {}, more: Changes = []) {
  const { settings } = settingsOf("local", underRay(engine, more));
  const [model] = settings.fleet.models;
  if (model === undefined || !isRayModel(model)) throw new Error("the model is not Ray's");
  return { settings, model };
}

function problemsUnderRay(engine: object, more: Changes = []) {
  const values = valuesOf("local");
  for (const [path, value] of underRay(engine, more)) change(values, path, value);
  return said(problemsOf(values));
}

const at = "fleet.models[0].engine";

describe("a field that is wrong", () => {
  test.each<[string, object, RegExp, RegExp]>([
    [`${at}.kind`, { kind: "rey" }, /vllm, ray/, /did you mean ray/],
    [`${at}.rayVersion`, { rayVersion: "2.60" }, /version of Ray/, /of the image/],
    [`${at}.rayVersion`, { rayVersion: undefined }, /version of Ray|required/, /./],
    [`${at}.maxReplicas`, { maxReplicas: 0 }, /from 1 to/, /./],
    [`${at}.targetOngoingRequests`, { targetOngoingRequests: 1.5 }, /whole number/, /./],
    [`${at}.maxOngoingRequests`, { maxOngoingRequests: "many" }, /whole number/, /without quotes/],
    [`${at}.placement`, { placement: "one-pot" }, /one-pod, pod-per-stage/, /did you mean one-pod/],
    [`${at}.authentication`, { authentication: "basic" }, /token, none/, /./],
    [`${at}.upgrade`, { upgrade: "rolling" }, /new-cluster, none/, /./],
    [`${at}.loraDirectory`, { loraDirectory: "/adapters" }, /object store directory/, /s3:\/\//],
    [`${at}.redis.address`, { redis: { address: "redis" } }, /address of Redis/, /host:port/],
    [
      `${at}.redis.passwordFromSecret`,
      { redis: { address: "redis:6379", passwordFromSecret: "x y" } },
      /secret configuration key/,
      /pulumi config set/,
    ],
  ])("%s of %j", (path, engine, expected, remedy) => {
    const problem = problemsUnderRay(engine).find((candidate) => candidate.path === path);
    expect(problem?.says).toMatch(expected);
    expect(problem?.remedy).toMatch(remedy);
  });

  test.each<[string, unknown, RegExp]>([
    ["fleet.rayOperator.namespace", "Ray", /DNS label/],
    ["fleet.rayOperator.install", "yes", /true or false/],
    ["fleet.rayOperator.image", "quay.io/kuberay/operator:latest", /version tag/],
  ])("%s = %j", (path, value, expected) => {
    const rayOperator = { [path.split(".")[2] ?? ""]: value };
    const problems = problemsOf(change(valuesOf("local"), "fleet.rayOperator", rayOperator));
    expect(said(problems).find((candidate) => candidate.path === path)?.says).toMatch(expected);
  });
});

describe("a contradiction", () => {
  test.each<[string, object, Changes, string, RegExp]>([
    [
      "adapters at start",
      {},
      [["fleet.models[0].loraAdapters", [{ name: "sql", source: "org/sql" }]]],
      "fleet.models[0].loraAdapters",
      /no adapters that are loaded at start/,
    ],
    [
      "API servers",
      {},
      [["fleet.models[0].apiServerCount", 2]],
      "fleet.models[0].apiServerCount",
      /no such field with Ray/,
    ],
    [
      "fewer at most than at least",
      { maxReplicas: 1 },
      [["fleet.models[0].replicas", 2]],
      `${at}.maxReplicas`,
      /at least replicas \(2\)/,
    ],
    [
      "more than the nodes hold",
      { maxReplicas: 9999 },
      [],
      `${at}.maxReplicas`,
      /at most \d+: so many replicas/,
    ],
  ])("%s", (_, engine, more, path, expected) => {
    const problem = problemsUnderRay(engine, more).find((candidate) => candidate.path === path);
    expect(problem?.says).toMatch(expected);
  });

  test("that only the component knows has the path of its setting", () => {
    const { settings } = settingsOf("local", underRay({ rayVersion: "2.51.0" }));
    expect(componentProblems(settings)).toContainEqual(
      expect.objectContaining({
        path: `${at}.rayVersion`,
        expected: "a value that is 2.52 or newer for tokens",
      }),
    );
  });
});

describe("the dashboards", () => {
  const names = (changes: Changes) =>
    grafanaDashboardsArgs(settingsOf("local", changes).settings).dashboards.map(({ name }) =>
      typeof name === "string" ? name : "",
    );

  test("of engines are in the spellings that the fleet has, and no other", () => {
    const { models } = valuesOf("local")["fleet"] as { models: object[] };
    const alone: Changes = [["fleet.models", models.slice(0, 1)]];
    const [plain, under] = [names(alone), names([...alone, ...underRay()])];
    expect(plain.filter((name) => name.includes("engine"))).toEqual(["engine"]);
    expect(under.filter((name) => name.includes("engine"))).toEqual(["engine-ray"]);
    expect(under).toHaveLength(plain.length);
  });

  test("have both spellings in a fleet with both engines", () => {
    expect(settingsOf("local").settings.fleet.models.length).toBeGreaterThan(1);
    expect(names(underRay())).toEqual(expect.arrayContaining(["engine", "engine-ray"]));
  });
});

describe("the service's arguments", () => {
  test("with every field", () => {
    const { settings, model } = settingsUnderRay(
      {
        maxReplicas: 3,
        targetOngoingRequests: 20,
        maxOngoingRequests: 40,
        loraDirectory: "s3://models/adapters",
        redis: { address: "rediss://redis.cache.svc:6379", passwordFromSecret: "redisPassword" },
        upgrade: "none",
        authentication: "none",
      },
      [
        ["fleet.models[0].replicas", 1],
        ["fleet.models[0].maxLoraRank", 32],
        [
          "fleet.models[0].extraArguments",
          [
            "--enable-prefix-caching",
            "--no-enable-chunked-prefill",
            "--max-num-batched-tokens=8192",
            '--kv-events-config={"a":1}',
            "--tokenizer-mode=slow",
          ],
        ],
      ],
    );
    const args = rayVllmServiceArgs(model, settings);
    expect(args).toMatchObject({
      name: model.name,
      rayVersion: "2.60.0",
      autoscaling: { minReplicas: 1, maxReplicas: 3, targetOngoingRequests: 20, maxOngoingRequests: 40 },
      placement: "one-pod",
      authentication: "none",
      upgrade: "none",
      operatorNamespace: "kuberay-system",
      loraDirectory: "s3://models/adapters",
      model: { lora: { maxRank: 32 } },
      faultTolerance: {
        redisAddress: "rediss://redis.cache.svc:6379",
        passwordSecret: { name: "redis-password" },
      },
      engineArguments: {
        enable_prefix_caching: true,
        enable_chunked_prefill: false,
        max_num_batched_tokens: 8192,
        kv_events_config: { a: 1 },
        tokenizer_mode: "slow",
      },
      // No operator runs in the embedded environment.
      waitForReady: false,
    });
    for (const field of ["replicas", "extraArgs", "apiServerCount"]) expect(args).not.toHaveProperty(field);
    expect(fleetSecrets(settings)).toContainEqual(
      expect.objectContaining({ configKey: "redisPassword", name: "redis-password" }),
    );
    expect(componentProblems(settings)).toEqual([]);
  });

  test("with the least", () => {
    const { settings, model } = settingsUnderRay();
    const args = rayVllmServiceArgs(model, settings);
    expect(args.autoscaling).toEqual({ minReplicas: model.replicas });
    for (const field of ["loraDirectory", "faultTolerance"]) expect(args).not.toHaveProperty(field);
  });
});

describe("the operator", () => {
  test("comes with the stack where it should, with rights in the models' namespaces", () => {
    const { settings } = settingsUnderRay({}, [["fleet.rayOperator", { install: true, namespace: "ray" }]]);
    expect(kubeRayOperatorArgs(settings)).toEqual({ namespace: "ray", watchNamespaces: ["vllm"] });
    expect(namespacesOf(settings).map(({ name }) => name)).toContain("ray");
  });

  test("is somebody else's otherwise, and needed by no other model", () => {
    expect(kubeRayOperatorArgs(settingsUnderRay().settings)).toBeUndefined();
    const { settings } = settingsOf("local", [["fleet.rayOperator", { install: true }]]);
    expect(kubeRayOperatorArgs(settings)).toBeUndefined();
    expect(namespacesOf(settings).map(({ name }) => name)).not.toContain("kuberay-system");
  });
});

describe("the rules", () => {
  const slos = { timeToFirstToken: { objectivePercent: 99, thresholdSeconds: 1 } };

  test("of a model are spelled as Ray exports the metrics", () => {
    const { settings, model } = settingsUnderRay({}, [["fleet.models[0].slos", slos]]);
    const text = JSON.stringify(modelAlertRulesArgs(model, settings)?.ruleSets);
    expect(text).toContain("ray_vllm_time_to_first_token_seconds_bucket");
    expect(text).not.toContain("vllm:time_to_first_token_seconds");
    // A series exists from its first request on.
    expect(text).not.toContain("SloSignalAbsent");
  });

  test("of the fleet know both spellings when both are there", () => {
    const { settings } = settingsUnderRay();
    const text = JSON.stringify(alertRulesArgs(settings).ruleSets);
    expect(text).toContain("ray_vllm_num_requests_waiting");
    expect(text).toContain("vllm:num_requests_waiting");
    const { settings: without } = settingsOf("local");
    expect(JSON.stringify(alertRulesArgs(without).ruleSets)).not.toContain("ray_vllm_");
  });

  test("count the pods of a replica that is spread over several", () => {
    const { settings, model } = settingsUnderRay();
    const spread = {
      ...model,
      replicas: 2,
      pipelineParallelSize: 3,
      engine: { ...model.engine, placement: "pod-per-stage" as const },
    };
    expect(servedModel(spread, settings).replicas).toBe(6);
    expect(servedModel({ ...spread, engine: model.engine }, settings).replicas).toBe(2);
  });
});
