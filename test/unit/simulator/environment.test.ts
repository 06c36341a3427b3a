import { describe, expect, it } from "vitest";

import { parseEnvironment } from "../../../services/vllm-simulator/environment.ts";
import { parseScenarioChange } from "../../../services/vllm-simulator/server/control.ts";

describe("parseEnvironment", () => {
  it("is steady, with a seed that differs between pods and not between runs", () => {
    const seed = (pod: string): number => parseEnvironment({ POD_NAME: pod }).seed;
    expect(seed("chat-0")).toBe(seed("chat-0"));
    expect(seed("chat-0")).not.toBe(seed("chat-1"));
    expect(parseEnvironment({})).toMatchObject({
      scenario: "steady",
      host: undefined,
      loadSeconds: undefined,
      multiprocess: false,
    });
  });

  it("reads every variable and takes empty ones as unset", () => {
    expect(
      parseEnvironment({
        VLLM_SIMULATOR_HOST: "127.1.0.2",
        VLLM_SIMULATOR_SEED: "7",
        VLLM_SIMULATOR_SCENARIO: "ramp",
        VLLM_SIMULATOR_LOAD_SECONDS: "0.5",
        VLLM_SIMULATOR_CRASH_SECONDS: "",
        VLLM_SIMULATOR_STATE_DIRECTORY: "/run/x",
        VLLM_API_KEY: "secret",
        PROMETHEUS_MULTIPROC_DIR: "/metrics",
      }),
    ).toEqual({
      host: "127.1.0.2",
      seed: 7,
      scenario: "ramp",
      loadSeconds: 0.5,
      crashSeconds: undefined,
      stateDirectory: "/run/x",
      apiKey: "secret",
      multiprocess: true,
    });
  });

  it.each([
    [
      { VLLM_SIMULATOR_SCENARIO: "rampe" },
      'VLLM_SIMULATOR_SCENARIO: "rampe" is no scenario; use one of steady, ramp',
    ],
    [{ VLLM_SIMULATOR_SEED: "x" }, 'VLLM_SIMULATOR_SEED: "x" is not an integer'],
    [{ VLLM_SIMULATOR_LOAD_SECONDS: "-1" }, 'VLLM_SIMULATOR_LOAD_SECONDS: "-1" is not a number of seconds'],
    [
      { VLLM_SIMULATOR_CRASH_SECONDS: "soon" },
      'VLLM_SIMULATOR_CRASH_SECONDS: "soon" is not a number of seconds',
    ],
  ])("refuses %j", (variables, message) => {
    expect(() => parseEnvironment(variables)).toThrow(message);
  });
});

describe("parseScenarioChange", () => {
  it("reads a scenario and what may override it", () => {
    expect(parseScenarioChange('{"scenario":"crash","seed":7,"crashSeconds":2}')).toEqual({
      scenario: "crash",
      seed: 7,
      loadSeconds: undefined,
      crashSeconds: 2,
    });
  });

  it.each([
    ["ramp", "the body is not JSON"],
    ["[]", "the body must be an object"],
    ["{}", "scenario: missing; use one of steady, ramp"],
    ['{"scenario":1}', "scenario: 1; use one of"],
    ['{"scenario":"x"}', 'scenario: "x" is no scenario'],
    ['{"scenario":"toString"}', 'scenario: "toString" is no scenario'],
    ['{"scenario":"ramp","sed":1}', "sed: no such field; use scenario, seed, loadSeconds, crashSeconds"],
    ['{"scenario":"ramp","seed":-1}', "seed: -1 is not a non-negative integer"],
    ['{"scenario":"ramp","seed":1.5}', "seed: 1.5 is not a non-negative integer"],
    ['{"scenario":"cold-start","loadSeconds":"5"}', 'loadSeconds: "5" is not a number of seconds'],
  ])("refuses %s", (text, message) => {
    expect(() => parseScenarioChange(text)).toThrow(message);
  });
});
