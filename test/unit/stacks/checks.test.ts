/** Checks across fields, and all errors at once. */
import { describe, expect, test } from "vitest";
import { ConfigurationError, parseConfiguration } from "../../../stacks/config/parse.ts";
import { checkSettings, componentProblems } from "../../../stacks/configuration.ts";
import { change, environments, problemsOf, said, valuesOf, type Values } from "./support.ts";

type Changes = [path: string, value: unknown][];

function problemsAfter(changes: Changes, environment = "prod") {
  const values = valuesOf(environment);
  for (const [path, value] of changes) change(values, path, value);
  return problemsOf(values);
}

const office = {
  name: "office-hours",
  timeZone: "Asia/Shanghai",
  windows: [{ times: [{ start: "09:00", end: "18:00" }], weekdays: ["monday"] }],
};

interface Case {
  what: string;
  changes: Changes;
  at: string;
  got?: RegExp;
  expected: RegExp;
  remedy?: RegExp;
}

const m = "fleet.models";

const cases: Case[] = [
  {
    what: "versions that end before they begin",
    changes: [["monitoring.vllmVersions", { oldest: "0.33.0", newest: "0.32.1" }]],
    at: "monitoring.vllmVersions.newest",
    expected: /at least the oldest version \(0\.33\.0\)/,
    remedy: /swap/,
  },
  {
    what: "a receiver's name used twice",
    changes: [
      ["receivers[3].name", "oncall-dingtalk"],
      ["routes.rules[1].receiver", "oncall-dingtalk"],
    ],
    at: "receivers[3].name",
    expected: /no other receiver has \(receivers\[0\]\.name has it\)/,
    remedy: /rename/,
  },
  {
    what: "a node group's name used twice",
    changes: [["nodeGroups[1].name", "gpu-h200"]],
    at: "nodeGroups[1].name",
    expected: /no other node group/,
  },
  {
    what: "a model's name used twice",
    changes: [[`${m}[3].name`, "deepseek-v3"]],
    at: `${m}[3].name`,
    expected: /no other model/,
  },
  {
    what: "a served model name used twice",
    changes: [[`${m}[1].servedModelName`, "deepseek-ai/DeepSeek-V3.1"]],
    at: `${m}[1].servedModelName`,
    expected: /no other model/,
  },
  {
    what: "an adapter named like another",
    changes: [[`${m}[6].loraAdapters[1].name`, "support-tone"]],
    at: `${m}[6].loraAdapters[1].name`,
    expected: /no other LoRA adapter/,
  },
  {
    what: "an adapter named like its model",
    changes: [
      [`${m}[6].servedModelName`, "mistral"],
      [`${m}[6].loraAdapters[1].name`, "mistral"],
    ],
    at: `${m}[6].loraAdapters[1].name`,
    expected: /other than the model's servedModelName/,
  },
  {
    what: "an autoscaler's maximum beyond the nodes",
    changes: [[`${m}[1].autoscaling.maxReplicas`, 9]],
    at: `${m}[1].autoscaling.maxReplicas`,
    expected: /at most 8/,
    remedy: /maxSize of gpu-h100/,
  },
  {
    what: "a fleet whose autoscalers' maxima exceed the nodes together",
    changes: [[`${m}[1].autoscaling.maxReplicas`, 7]],
    at: "fleet.models",
    got: /36 h100-80gb GPUs \(llama-70b-fp8 7 × 4, llama-8b-dp 2 × 4\)/,
    expected: /at most 32/,
  },
  {
    what: "a default receiver that is not defined",
    changes: [["routes.defaultReceiver", "oncal-dingtalk"]],
    at: "routes.defaultReceiver",
    expected: /receiver that is defined/,
    remedy: /did you mean oncall-dingtalk/,
  },
  {
    what: "a heartbeat receiver that is not defined",
    changes: [["routes.heartbeatReceiver", "pulse"]],
    at: "routes.heartbeatReceiver",
    expected: /receiver that is defined/,
  },
  {
    what: "a rule's receiver that is not defined",
    changes: [["routes.rules[1].receiver", "nobody"]],
    at: "routes.rules[1].receiver",
    expected: /receiver that is defined/,
    remedy: /define the receiver/,
  },
  {
    what: "a rule's time interval that is not defined",
    changes: [
      ["routes.timeIntervals", [office]],
      ["routes.rules[1].activeTimeIntervals", ["office-hour", "office-hours"]],
    ],
    at: "routes.rules[1].activeTimeIntervals[0]",
    expected: /a time interval/,
    remedy: /did you mean office-hours/,
  },
  {
    what: "a time interval that no rule uses",
    changes: [["routes.timeIntervals", [office]]],
    at: "routes.timeIntervals[0].name",
    expected: /be used by a route/,
  },
  {
    what: "a time interval that ends before it begins",
    changes: [
      ["routes.timeIntervals", [{ ...office, windows: [{ times: [{ start: "18:00", end: "08:00" }] }] }]],
      ["routes.rules[1].muteTimeIntervals", ["office-hours"]],
    ],
    at: "routes.timeIntervals[0].windows[0].times[0].end",
    expected: /later than the start 18:00/,
    remedy: /midnight/,
  },
  {
    what: "a wecom receiver for nobody",
    changes: [
      [
        "receivers[2]",
        {
          kind: "wecom",
          name: "team-email",
          corpId: "ww1",
          agentId: "1",
          apiSecretFromSecret: "wecomSecret",
        },
      ],
    ],
    at: "receivers[2]",
    expected: /toUsers, toParties and toTags/,
  },
  {
    what: "a rule's model that is not defined",
    changes: [["routes.rules[1].models", ["llama-70b"]]],
    at: "routes.rules[1].models[0]",
    expected: /model that is defined/,
    remedy: /llama-70b-fp8/,
  },
  {
    what: "a rule before others that takes everything",
    changes: [["routes.rules[1].teams", undefined]],
    at: "routes.rules[1]",
    got: /without severities/,
    expected: /at least one/,
  },
  {
    what: "a rule that no alert reaches",
    changes: [
      [
        "routes.rules",
        [
          { severities: ["critical", "warning"], receiver: "heartbeat" },
          { severities: ["critical"], teams: ["chat"], receiver: "team-email" },
        ],
      ],
    ],
    at: "routes.rules[1]",
    expected: /routes\.rules\[0\] does not take already/,
    remedy: /continue: true/,
  },
  {
    what: "a repeat interval that is no multiple",
    changes: [["routes.repeatInterval", "12m"]],
    at: "routes.repeatInterval",
    expected: /multiple of the group interval \(5m\)/,
    remedy: /600s/,
  },
  {
    what: "a rule's repeat interval that is no multiple",
    changes: [["routes.rules[2].repeatInterval", "90m"]],
    at: "routes.rules[2].repeatInterval",
    expected: /multiple of the group interval \(1h\)/,
  },
  {
    what: "a repeat interval past the retention",
    changes: [["routes.repeatInterval", "10d"]],
    at: "routes.repeatInterval",
    expected: /less than monitoring\.alertmanager\.retention/,
  },
  {
    what: "a DingTalk receiver without a bridge",
    changes: [["monitoring.images.dingtalkBridge", undefined]],
    at: "receivers[0]",
    expected: /dingtalkBridge/,
    remedy: /monitoring\.images\.dingtalkBridge/,
  },
  {
    what: "a webhook without a URL",
    changes: [["receivers[4].urlFromSecret", undefined]],
    at: "receivers[4]",
    got: /neither url nor urlFromSecret/,
    expected: /exactly one/,
  },
  {
    what: "a webhook with two URLs",
    changes: [["receivers[4].url", "https://a.example"]],
    at: "receivers[4]",
    got: /both/,
    expected: /exactly one/,
  },
  {
    what: "a Slack receiver without credential",
    changes: [["receivers[3].webhookUrlFromSecret", undefined]],
    at: "receivers[3]",
    expected: /exactly one/,
  },
  {
    what: "an SMTP user without password",
    changes: [["receivers[2].passwordFromSecret", undefined]],
    at: "receivers[2]",
    got: /username without/,
    expected: /both/,
  },
  {
    what: "a scrape timeout over the interval",
    changes: [["monitoring.scrapeTimeout", "20s"]],
    at: "monitoring.scrapeTimeout",
    expected: /at most the scrape interval \(15s\)/,
  },
  {
    what: "an evaluation faster than scrapes",
    changes: [["monitoring.evaluationInterval", "5s"]],
    at: "monitoring.evaluationInterval",
    expected: /at least the scrape interval/,
  },
  {
    what: "a scrape interval that leaves gaps",
    changes: [
      ["monitoring.scrapeInterval", "5m"],
      ["monitoring.evaluationInterval", "5m"],
    ],
    at: "monitoring.scrapeInterval",
    expected: /at most 2m/,
  },
  {
    what: "a reserved external label",
    changes: [["monitoring.externalLabels", { cluster: "x" }]],
    at: "monitoring.externalLabels.cluster",
    expected: /set already, from cluster\.name/,
  },
  {
    what: "a replica label among the external labels",
    changes: [["monitoring.externalLabels", { prometheus_replica: "x" }]],
    at: "monitoring.externalLabels.prometheus_replica",
    expected: /from the operator/,
  },
  {
    what: "a retention that fills the volume",
    changes: [["monitoring.retention.size", "195GiB"]],
    at: "monitoring.retention.size",
    expected: /at most 90 % of the volume \(200Gi\)/,
  },
  {
    what: "a directory as object store in production",
    changes: [["objectStore", { kind: "filesystem", directory: "/x" }]],
    at: "objectStore.kind",
    expected: /outside the environment local/,
  },
  {
    what: "half a key pair",
    changes: [["objectStore.accessKeyIdFromSecret", "s3AccessKey"]],
    at: "objectStore.secretAccessKeyFromSecret",
    expected: /together, or neither/,
  },
  {
    what: "a minimum over the maximum",
    changes: [["nodeGroups[0].minSize", 9]],
    at: "nodeGroups[0].minSize",
    expected: /at most maxSize \(3\)/,
  },
  {
    what: "a desired size out of bounds",
    changes: [["nodeGroups[1].desiredSize", 1]],
    at: "nodeGroups[1].desiredSize",
    expected: /between minSize \(2\) and maxSize \(4\)/,
  },
  {
    what: "a GPU count that is not the product",
    changes: [[`${m}[4].dataParallelSize`, 2]],
    at: `${m}[4].gpu.count`,
    got: /^4$/,
    expected: /8 = tensor 2 × pipeline 2 × data parallel size 2/,
  },
  {
    what: "a kind of GPU that no group has",
    changes: [[`${m}[0].gpu.kind`, "b200"]],
    at: `${m}[0].gpu.kind`,
    expected: /h200, h100-80gb, a100-80gb, l40s, l4/,
  },
  {
    what: "a replica larger than a node",
    changes: [
      [`${m}[3].gpu.count`, 8],
      [`${m}[3].tensorParallelSize`, 8],
    ],
    at: `${m}[3].gpu.count`,
    expected: /at most 4, the GPUs of the largest l40s node/,
  },
  {
    what: "more replicas than fit",
    changes: [[`${m}[0].replicas`, 4]],
    at: `${m}[0].replicas`,
    expected: /at most 3: so many replicas with 8 h200/,
    remedy: /raise maxSize of gpu-h200/,
  },
  {
    what: "a fleet that exceeds the nodes together",
    changes: [[`${m}[6].autoscaling.maxReplicas`, 14]],
    at: "fleet.models",
    got: /18 l40s GPUs \(qwen-32b-awq 2 × 2, mistral-7b-lora 14 × 1\)/,
    expected: /at most 16/,
  },
  {
    what: "an argument that a field sets",
    changes: [[`${m}[0].extraArguments`, ["--max-model-len=4096"]]],
    at: `${m}[0].extraArguments[0]`,
    got: /^--max-model-len$/,
    expected: /field of its own/,
    remedy: /use the field maxModelLength/,
  },
  {
    what: "an argument that removes the metrics",
    changes: [[`${m}[0].extraArguments`, ["--disable-log-stats"]]],
    at: `${m}[0].extraArguments[0]`,
    expected: /takes every vllm: metric away/,
  },
  {
    what: "an argument twice",
    changes: [[`${m}[0].extraArguments`, ["--enforce-eager", "--enforce-eager"]]],
    at: `${m}[0].extraArguments[1]`,
    expected: /once/,
  },
];

describe("fields that contradict each other", () => {
  test.each(cases)("$what", ({ changes, at, got, expected, remedy }) => {
    const problems = problemsAfter(changes);
    expect(problems.map((problem) => problem.path)).toEqual([at]);
    expect(problems[0]?.expected).toMatch(expected);
    expect(problems[0]?.remedy).not.toBe("");
    if (got !== undefined) expect(problems[0]?.got).toMatch(got);
    if (remedy !== undefined) expect(problems[0]?.remedy).toMatch(remedy);
  });

  test("a rule behind one that continues is reached", () => {
    const rules = [
      { severities: ["critical"], receiver: "heartbeat", continue: true },
      { severities: ["critical"], receiver: "team-email" },
    ];
    expect(problemsAfter([["routes.rules", rules]])).toEqual([]);
  });

  test("the bounds themselves are allowed", () => {
    expect(problemsAfter([["monitoring.scrapeTimeout", "15s"]])).toEqual([]);
    expect(problemsAfter([[`${m}[0].replicas`, 3]])).toEqual([]);
    expect(problemsAfter([[`${m}[6].autoscaling.maxReplicas`, 12]])).toEqual([]);
    expect(problemsAfter([["monitoring.retention.size", "180GiB"]])).toEqual([]);
  });

  test("what only a component knows is found before anything is registered", () => {
    const values = change(valuesOf("prod"), `${m}[0].resources`, { memory: "100Gi", sharedMemory: "96Gi" });
    expect(problemsOf(values)).toEqual([]);
    const { settings } = parseConfiguration({ values, secretKeys: new Set() }, "test", {
      requireSecrets: false,
    });
    const [problem, ...others] = componentProblems(settings);
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ path: "fleet.models[0].resources.memory", got: '"100Gi"' });
    expect(problem?.remedy).toContain("128Gi");
  });

  test.each([
    ["gateway.ingress.paths", ["/v1", "/metrics"], "gateway.ingress.paths[1]", /would open \/metrics/],
    ["gateway.autoscaling.minReplicas", 20, "gateway.autoscaling.maxReplicas", /at least minReplicas \(20\)/],
    ["gateway.replicas", 3, "gateway.replicas", /belongs to the autoscaler/],
  ])("%s = %j is refused by the gateway", (path, value, at, expected) => {
    const { settings } = parseConfiguration(
      { values: change(valuesOf("prod"), path, value), secretKeys: new Set() },
      "test",
      { requireSecrets: false },
    );
    expect(said(componentProblems(settings))).toMatchObject([
      { path: at, says: expect.stringMatching(expected) as string },
    ]);
  });

  test.each([
    [
      `${m}[1].autoscaling.scaleDownSeconds`,
      600,
      `${m}[1].autoscaling.scaleDownSeconds`,
      /loadSeconds \(1200\)/,
    ],
    [`${m}[6].replicas`, 0, `${m}[6].replicas`, /never scales to zero/],
    [`${m}[1].replicas`, 6, `${m}[1].autoscaling.maxReplicas`, /nothing would ever be scaled/],
    [`${m}[1].autoscaling.signals`, {}, `${m}[1].autoscaling.signals`, /must hold a signal|holds a signal/],
    [
      `${m}[7].autoscaling.signals`,
      { timeToFirstToken: { seconds: 1 } },
      `${m}[7].autoscaling.signals.timeToFirstToken`,
      /only signal/,
    ],
    [`${m}[7].autoscaling.idleSeconds`, 900, `${m}[7].autoscaling.idleSeconds`, /scaling to zero/],
  ])("%s = %j is refused by the autoscaler", (path, value, at, expected) => {
    const { settings } = parseConfiguration(
      { values: change(valuesOf("prod"), path, value), secretKeys: new Set() },
      "test",
      { requireSecrets: false },
    );
    expect(said(componentProblems(settings))).toMatchObject([
      { path: at, says: expect.stringMatching(expected) as string },
    ]);
  });

  test("scaling to zero needs a gateway that sees requests for the model", () => {
    const values = change(valuesOf("dev"), "gateway", undefined);
    const { settings } = parseConfiguration({ values, secretKeys: new Set() }, "test", {
      requireSecrets: false,
    });
    expect(componentProblems(settings).map(({ path }) => path)).toEqual([`${m}[0].replicas`]);
  });

  test.each(environments)("the components accept %s", (environment) => {
    const raw = { values: valuesOf(environment), secretKeys: new Set<string>() };
    expect(componentProblems(parseConfiguration(raw, "test", { requireSecrets: false }).settings)).toEqual(
      [],
    );
  });
});

describe("all errors at once", () => {
  const broken = (): Values => {
    const values = valuesOf("prod");
    change(values, "monitoring.scrapeInterval", 15);
    change(values, "receivers[1].name", "oncall-dingtalk");
    change(values, "routes.defaultReceiver", "nobody");
    change(values, `${m}[0].image`, "vllm/vllm-openai:latest");
    change(values, `${m}[1].gpu.count`, 3);
    change(values, `${m}[2].nmae`, "x");
    change(values, "unknown", 1);
    return values;
  };

  test("an error in one field hides none elsewhere", () => {
    const problems = problemsOf(broken(), { requireSecrets: true });
    const paths = problems.map((problem) => problem.path);
    expect(paths).toEqual(
      expect.arrayContaining([
        "monitoring.scrapeInterval",
        "receivers[1].name",
        "routes.defaultReceiver",
        `${m}[0].image`,
        `${m}[1].gpu.count`,
        `${m}[2].nmae`,
        "unknown",
        "receivers[0].accessTokenFromSecret",
      ]),
    );
    // In the order of the file's sections, what is unknown last.
    expect(paths.indexOf("monitoring.scrapeInterval")).toBeLessThan(paths.indexOf("receivers[1].name"));
    expect(paths.at(-1)).toBe("unknown");
  });

  test("one line each: path, value, expectation, remedy", () => {
    const parse = () =>
      parseConfiguration({ values: broken(), secretKeys: new Set() }, "stacks/Pulumi.prod.yaml");
    expect(parse).toThrow(ConfigurationError);
    try {
      parse();
    } catch (error) {
      const [head, ...lines] = (error as Error).message.split("\n");
      expect(head).toMatch(
        /^\d+ errors in the configuration \(stacks\/Pulumi\.prod\.yaml\); nothing was changed:$/,
      );
      expect(lines.length).toBe((error as ConfigurationError).problems.length);
      for (const line of lines) expect(line).toMatch(/^ {2}[\w.[\]"-]+: got .+; expected .+; remedy: .+$/);
    }
  });

  test("an unparsable element raises no false alarm about the others", () => {
    // The name of a receiver that does not parse still counts as defined.
    expect(problemsAfter([["receivers[0].messageType", "card"]]).map((problem) => problem.path)).toEqual([
      "receivers[0].messageType",
    ]);
    // The sum of GPUs is not computed over half a list.
    expect(problemsAfter([["nodeGroups[0].gpu.kind", "x"]]).map((problem) => problem.path)).toEqual([
      "nodeGroups[0].gpu.kind",
    ]);
  });

  test("nothing at all", () => {
    const problems = problemsOf({});
    expect(problems.map((problem) => problem.path).sort()).toEqual([
      "cluster",
      "environment",
      "fleet",
      "monitoring",
      "nodeGroups",
      "receivers",
      "routes",
    ]);
  });

  test("a stack of another name than its environment", () => {
    expect(() =>
      parseConfiguration({ values: valuesOf("prod"), secretKeys: new Set(), stack: "staging" }, "test", {
        requireSecrets: false,
      }),
    ).toThrow(/environment: got "prod"; expected staging, the name of the stack/);
  });
});

test("the checker says what the components would refuse", () => {
  const values = change(valuesOf("staging"), "fleet.models[0].tensorParallelSize", 1);
  const raw = { values: change(values, "fleet.models[0].gpu.count", 1), secretKeys: new Set<string>() };
  expect(() => checkSettings(raw, "staging", { requireSecrets: false })).toThrow(
    /maxModelLength: got 131072, which for llama-70b-fp8 needs weights .* GiB .*; remedy: would work: tensorParallel 2/,
  );
});
