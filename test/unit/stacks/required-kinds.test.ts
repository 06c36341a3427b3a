/** Kinds of objects that a cluster must know before an environment can be brought up there. */
import { expect, test } from "vitest";

import { missingKinds, requiredKinds } from "../../../stacks/mapping/required-kinds.ts";
import { settingsOf } from "./support.ts";

const names = (environment: string, changes: [string, unknown][] = []) =>
  requiredKinds(settingsOf(environment, changes).settings).map(({ definition }) => definition);

test("the local environment needs nothing but what it installs", () => {
  expect(names("local")).toEqual([]);
});

const model = "fleet.models[0]";
const ray = { kind: "ray", rayVersion: "2.60.0" };
const keda = { scaler: "keda", maxReplicas: 2, signals: { waitingRequests: { perReplica: 4 } } };
test.each<[string, [string, unknown][], string[]]>([
  ["KEDA", [[`${model}.autoscaling`, keda]], ["scaledobjects.keda.sh"]],
  ["the KubeRay operator", [[`${model}.engine`, ray]], ["rayservices.ray.io"]],
  [
    "no operator that the stack installs",
    [
      [`${model}.engine`, ray],
      ["fleet.rayOperator", { install: true }],
    ],
    [],
  ],
  [
    "LeaderWorkerSet",
    [
      [`${model}.nodes`, 2],
      [`${model}.gpu.count`, 2],
      [`${model}.pipelineParallelSize`, 2],
    ],
    ["leaderworkersets.leaderworkerset.x-k8s.io"],
  ],
  [
    "grafana-operator",
    [["monitoring.grafana", { delivery: { kind: "operator", instanceLabels: { a: "b" } } }]],
    ["grafanadashboards.grafana.integreatly.org"],
  ],
])("%s is asked for by the setting that needs it", (_, changes, expected) => {
  expect(names("local", changes)).toEqual(expected);
});

test("what is missing is named by the first setting that asks for it, with a remedy; what is there is not", () => {
  const { settings } = settingsOf("local", [
    [`${model}.autoscaling`, keda],
    ["fleet.models[1].autoscaling", keda],
  ]);
  expect(missingKinds(settings, new Set())).toEqual([
    {
      path: `${model}.autoscaling.scaler`,
      got: '"keda"',
      expected: "a cluster with the definition scaledobjects.keda.sh, which this one has not",
      remedy: "install KEDA, or set the scaler to hpa",
    },
  ]);
  expect(missingKinds(settings, new Set(["scaledobjects.keda.sh"]))).toEqual([]);
});

test("every environment in the repository says what its cluster must have", () => {
  expect(names("prod")).toEqual([
    "scaledobjects.keda.sh",
    "httproutes.gateway.networking.k8s.io",
    "nodepools.karpenter.sh",
  ]);
  expect(names("staging")).toContain("scaledobjects.keda.sh");
});
