/** The report of a real preview against the live state. */

import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";

import type { EnvironmentOptions } from "../../stacks/automation.ts";
import { analyse } from "../report/analysis.ts";
import { renderReport } from "../report/markdown.ts";
import { PRICES_FILE, readPrices } from "../../stacks/config/node-prices.ts";
import type { Review } from "../review.ts";
import { PreviewRecorder } from "./recorder.ts";

/** A report of what the recorder saw. */
export function previewReview(recorder: PreviewRecorder, environment: string, root: string): Review {
  const comparison = recorder.comparison();
  const analysis = analyse(comparison, readPrices(join(root, PRICES_FILE)), recorder.verdicts);
  const environments = [{ environment, state: "both", analysis } as const];
  const subject = `Compared: the deployed state of ${environment} with the working tree, by a preview of the engine.`;
  return {
    environments,
    failures: new Map(),
    write: (length = {}) => renderReport(environments, { subject, ...length }),
  };
}

/** Runs a preview through the Automation API. @throws ConfigurationError, UpdateError */
export async function reviewPreview(options: EnvironmentOptions, root: string): Promise<Review> {
  const { preview } = await import("../../stacks/automation.ts");
  const recorder = new PreviewRecorder(options.environment);
  await preview({
    ...options,
    onEvent: (event) => {
      recorder.take(event);
      options.onEvent?.(event);
    },
  });
  return previewReview(recorder, options.environment, root);
}

/** The name of standard input where a file is expected. */
const STANDARD_INPUT = "-";

/**
 * Reads the event log of `pulumi preview --event-log FILE`, one JSON object a line.
 *
 * @param source the file, or `-` for standard input: a log holds secrets in clear and need not become a file
 * @throws when a line is no JSON object, or the log has no resource in it
 */
export function reviewEventLog(source: string, environment: string, root: string): Review {
  const recorder = new PreviewRecorder(environment);
  const file = source === STANDARD_INPUT ? "standard input" : source;
  const lines = readFileSync(source === STANDARD_INPUT ? 0 : source, "utf8").split("\n");
  let steps = 0;
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    let event: EngineEvent;
    try {
      event = JSON.parse(line) as EngineEvent;
    } catch {
      throw new Error(
        `${file}:${String(index + 1)}: expected one JSON object a line, as pulumi preview --event-log writes them`,
      );
    }
    if (event.resourcePreEvent !== undefined) steps += 1;
    recorder.take(event);
  }
  if (steps === 0)
    throw new Error(
      `${file}: no step of any resource; expected the event log of a preview that ended (pulumi preview --event-log ${file})`,
    );
  return previewReview(recorder, environment, root);
}
