import { hash32 } from "./engine/random.ts";
import { scenarioNames, type ScenarioName } from "./scenarios.ts";

/** What vLLM has no flag for, from the environment. */
export interface Environment {
  /** VLLM_SIMULATOR_HOST: address to bind instead of --host. */
  readonly host: string | undefined;
  /** VLLM_SIMULATOR_SEED; else derived from the pod's name, so that replicas don't move in step. */
  readonly seed: number;
  /** VLLM_SIMULATOR_SCENARIO. */
  readonly scenario: ScenarioName;
  /** VLLM_SIMULATOR_LOAD_SECONDS: from the start to the open port. */
  readonly loadSeconds: number | undefined;
  /** VLLM_SIMULATOR_CRASH_SECONDS: from the begin of a crash scenario to the exit. */
  readonly crashSeconds: number | undefined;
  /** VLLM_SIMULATOR_STATE_DIRECTORY: where a crash is remembered until the next start. */
  readonly stateDirectory: string | undefined;
  /** VLLM_API_KEY, as vLLM itself reads it. */
  readonly apiKey: string | undefined;
  /** PROMETHEUS_MULTIPROC_DIR is set: multiprocess exposition even with one API server. */
  readonly multiprocess: boolean;
}

/** A variable that can't be used. */
export class EnvironmentError extends Error {
  override readonly name = "EnvironmentError";
}

function seconds(name: string, text: string | undefined): number | undefined {
  if (text === undefined || text === "") {
    return undefined;
  }
  const value = Number(text);
  if (!(value >= 0 && value <= 86_400)) {
    throw new EnvironmentError(`${name}: "${text}" is not a number of seconds from 0 to 86400`);
  }
  return value;
}

/** @throws Error with a message that lists the scenarios. */
export function parseScenario(source: string, text: string): ScenarioName {
  const name = scenarioNames.find((candidate) => candidate === text);
  if (name === undefined) {
    throw new EnvironmentError(`${source}: "${text}" is no scenario; use one of ${scenarioNames.join(", ")}`);
  }
  return name;
}

/**
 * Reads the simulator's variables; empty ones count as unset.
 * @throws EnvironmentError with one line that names the variable, its value and what is expected.
 */
export function parseEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  const text = (name: string): string | undefined => (variables[name] === "" ? undefined : variables[name]);
  const seed = text("VLLM_SIMULATOR_SEED");
  if (seed !== undefined && !/^\d{1,15}$/.test(seed)) {
    throw new EnvironmentError(`VLLM_SIMULATOR_SEED: "${seed}" is not an integer of 0 to 15 digits`);
  }
  return {
    host: text("VLLM_SIMULATOR_HOST"),
    seed: seed === undefined ? hash32(text("POD_NAME") ?? text("HOSTNAME") ?? "") : Number(seed),
    scenario: parseScenario("VLLM_SIMULATOR_SCENARIO", text("VLLM_SIMULATOR_SCENARIO") ?? "steady"),
    loadSeconds: seconds("VLLM_SIMULATOR_LOAD_SECONDS", text("VLLM_SIMULATOR_LOAD_SECONDS")),
    crashSeconds: seconds("VLLM_SIMULATOR_CRASH_SECONDS", text("VLLM_SIMULATOR_CRASH_SECONDS")),
    stateDirectory: text("VLLM_SIMULATOR_STATE_DIRECTORY"),
    apiKey: text("VLLM_API_KEY"),
    multiprocess: text("PROMETHEUS_MULTIPROC_DIR") !== undefined,
  };
}
