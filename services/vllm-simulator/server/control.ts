import { parseScenario } from "../environment.ts";
import { scenarioNames, scenarios, type ScenarioName } from "../scenarios.ts";

/** What `POST /simulator/scenario` asks for. */
export interface ScenarioChange {
  readonly scenario: ScenarioName;
  /** The seed in use stays when none is given. */
  readonly seed: number | undefined;
  /** Overrides how long the model loads (cold-start), in seconds. */
  readonly loadSeconds: number | undefined;
  /** Overrides when the process exits (crash, crash-loop), in seconds. */
  readonly crashSeconds: number | undefined;
}

const fields = ["scenario", "seed", "loadSeconds", "crashSeconds"];

function number(body: Readonly<Record<string, unknown>>, name: string, integer: boolean): number | undefined {
  const value = body[name];
  if (value === undefined) {
    return undefined;
  }
  const limit = integer ? Number.MAX_SAFE_INTEGER : 86_400;
  if (typeof value !== "number" || !(value >= 0 && value <= limit) || (integer && !Number.isInteger(value))) {
    const wanted = integer ? "a non-negative integer" : "a number of seconds from 0 to 86400";
    throw new Error(`${name}: ${JSON.stringify(value)} is not ${wanted}`);
  }
  return value;
}

/**
 * Reads the body of a scenario change.
 * @throws Error with one line that names the field, its value and what is expected.
 */
export function parseScenarioChange(text: string): ScenarioChange {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Error('the body is not JSON; send for example {"scenario":"ramp","seed":7}');
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new Error('the body must be an object such as {"scenario":"ramp","seed":7}');
  }
  const values = body as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(values).find((name) => !fields.includes(name));
  if (unknown !== undefined) {
    throw new Error(`${unknown}: no such field; use ${fields.join(", ")}`);
  }
  const { scenario } = values;
  if (typeof scenario !== "string") {
    throw new Error(
      `scenario: ${scenario === undefined ? "missing" : JSON.stringify(scenario)}; use one of ${scenarioNames.join(", ")}`,
    );
  }
  return {
    scenario: parseScenario("scenario", scenario),
    seed: number(values, "seed", true),
    loadSeconds: number(values, "loadSeconds", false),
    crashSeconds: number(values, "crashSeconds", false),
  };
}

/** Names and descriptions of the scenarios. */
export function scenarioList(): Readonly<Record<string, string>> {
  return Object.fromEntries(scenarioNames.map((name) => [name, scenarios[name].description]));
}
