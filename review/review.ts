/** Comparison of two commits. */

import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import type { Policy } from "../policies/index.ts";
import { compareSnapshots, emptySnapshot } from "./diff/changes.ts";
import { compareText } from "./model/json.ts";
import { analyse } from "./report/analysis.ts";
import { renderReport, type EnvironmentReport, type Report } from "./report/markdown.ts";
import { code, plain } from "./report/text.ts";
import { checkOut, mergeBase, resolveRevision, workingTree, type Checkout } from "./run/commit.ts";
import { environmentsOf } from "./run/configuration.ts";
import { renderSide, type Rendered } from "./run/side.ts";
import { PRICES_FILE, readPrices } from "../stacks/config/node-prices.ts";

export interface ReviewOptions {
  /** Root of the working tree, and its repository. */
  root: string;
  /** Revision to compare with. */
  base: string;
  /** Revision that is reviewed. Default: the working tree. */
  head?: string | undefined;
  /** Compare with the base as it is now, not with the commit that the head came from. Default: false. */
  exactBase?: boolean;
  /** Environment, or all. Default: all of either commit. */
  environment?: string | undefined;
  progress?: (line: string) => void;
}

/** A comparison that can be written at any length. */
export interface Review {
  environments: EnvironmentReport[];
  /** Environments that the head fails to render, with the reason. */
  failures: Map<string, string>;
  write: (options?: { limit?: number; fullReport?: string }) => Report;
}

export async function review(options: ReviewOptions): Promise<Review> {
  const { root, head, progress = () => undefined } = options;
  const checkouts: Checkout[] = [];
  try {
    const copies = { cache: join(root, ".cache", "review"), progress };
    const after = head === undefined ? workingTree(root) : await checkOut(root, head, copies);
    checkouts.push(after);
    const before = await checkOut(root, await baseOf(options), copies);
    checkouts.push({ ...before });
    return await compareCheckouts(before, after, options);
  } finally {
    for (const checkout of checkouts) checkout.remove();
  }
}

async function baseOf({ root, base, head = "HEAD", exactBase = false }: ReviewOptions): Promise<string> {
  const hash = await resolveRevision(root, base);
  return exactBase ? base : (await mergeBase(root, hash, head)) === hash ? base : mergeBase(root, hash, head);
}

async function compareCheckouts(before: Checkout, after: Checkout, options: ReviewOptions): Promise<Review> {
  const [inBase, inHead] = [environmentsOf(before.root), environmentsOf(after.root)];
  const wanted = chosenEnvironments(
    options.environment,
    [...new Set([...inBase, ...inHead])].sort(compareText),
  );
  // Digests of values that only the program knows can be compared within this review and by nobody after it.
  const maskKey = randomBytes(32).toString("hex");
  const [base, head] = await Promise.all(
    [
      { root: before.root, known: inBase },
      { root: after.root, known: inHead },
    ].map(({ root, known }) =>
      renderSide({
        root,
        maskKey,
        environments: wanted.filter((environment) => known.includes(environment)),
      }),
    ),
  );
  const prices = readPrices(join(after.root, PRICES_FILE));
  const policies = { base: await policiesOf(before.root), head: await policiesOf(after.root) };
  const failures = new Map<string, string>();
  const notes = [...before.notes, ...after.notes];
  const environments = wanted.flatMap((environment): EnvironmentReport[] => {
    const [old, now] = [snapshotOf(base, environment), snapshotOf(head, environment)];
    if (now?.failure !== undefined) {
      failures.set(environment, now.failure);
      return [];
    }
    if (old?.failure !== undefined)
      notes.push(
        `${code(environment)} can't be rendered at the base, so everything in it counts as new: ${plain(old.failure.split("\n", 1)[0] ?? "")}`,
      );
    const comparison = compareSnapshots(
      old?.snapshot ?? emptySnapshot(environment),
      now?.snapshot ?? emptySnapshot(environment),
    );
    const state = stateOf(old, now);
    return [{ environment, state, analysis: analyse(comparison, prices, [], policies) }];
  });
  const subject = `Compared: ${plain(before.label)} with ${plain(after.label)}.`;
  return {
    environments,
    failures,
    write: (length = {}) => renderReport(environments, { subject, notes, failures, ...length }),
  };
}

/** The policies of a commit; none where it is from before there were any. They are plain functions, which hold no state. */
async function policiesOf(root: string): Promise<readonly Policy[]> {
  const file = join(root, "policies", "index.ts");
  if (!existsSync(file)) return [];
  const { POLICIES } = (await import(pathToFileURL(file).href)) as { POLICIES: readonly Policy[] };
  return POLICIES;
}

type Side = ReturnType<typeof snapshotOf>;

function stateOf(old: Side, now: Side): EnvironmentReport["state"] {
  if (now === undefined) return "gone";
  if (old === undefined) return "new";
  return old.failure === undefined ? "both" : "unreadable";
}

/** The environments that a flag means. @throws when there is none of that name */
export function chosenEnvironments(flag: string | undefined, known: readonly string[]): string[] {
  if (flag === undefined || flag === "" || flag === "all") return [...known];
  if (known.includes(flag)) return [flag];
  throw new Error(
    `--environment: got ${JSON.stringify(flag)}; expected all or one of ${known.join(", ")}, which have a file in stacks/`,
  );
}

function snapshotOf(side: ReadonlyMap<string, Rendered> | undefined, environment: string) {
  const rendered = side?.get(environment);
  if (rendered === undefined) return undefined;
  return "snapshot" in rendered
    ? { snapshot: rendered.snapshot, failure: undefined }
    : { snapshot: undefined, failure: rendered.failure };
}
