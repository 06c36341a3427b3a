import type { EngineEvent, StepEventMetadata } from "@pulumi/pulumi/automation/index.js";

/** How many objects of the cluster an update changed. */
export interface ChangeCounts {
  created: number;
  updated: number;
  replaced: number;
  deleted: number;
  same: number;
}

/** One step of an update that begins, ends or fails. */
export interface UpdateProgress {
  state: "started" | "finished" | "failed";
  /** What happens to the resource: create, update, replace, delete, refresh, read. */
  operation: string;
  /** Last part of the resource's type: Deployment. */
  kind: string;
  name: string;
  urn: string;
  /** Steps that have ended so far, those without a change included. */
  finishedSteps: number;
  counts: ChangeCounts;
  elapsedMs: number;
}

export type OnProgress = (progress: UpdateProgress) => void;

/** Follows the engine's events: counts, progress and errors. */
export class EventFollower {
  readonly #started = Date.now();
  readonly #onProgress: OnProgress | undefined;
  readonly #errors: string[] = [];
  readonly #warnings: string[] = [];
  #finished = 0;
  #changes: ChangeCounts = { created: 0, updated: 0, replaced: 0, deleted: 0, same: 0 };

  constructor(onProgress: OnProgress | undefined) {
    this.#onProgress = onProgress;
  }

  /** To be given to the Automation API as `onEvent`. */
  readonly take = (event: EngineEvent): void => {
    if (event.resourcePreEvent !== undefined) this.#step("started", event.resourcePreEvent.metadata);
    if (event.resOutputsEvent !== undefined) {
      this.#finished += 1;
      if (isObject(event.resOutputsEvent.metadata))
        this.#changes = addChange(this.#changes, event.resOutputsEvent.metadata.op);
      this.#step("finished", event.resOutputsEvent.metadata);
    }
    if (event.resOpFailedEvent !== undefined) this.#step("failed", event.resOpFailedEvent.metadata);
    const diagnostic = event.diagnosticEvent;
    if (diagnostic !== undefined && diagnostic.ephemeral !== true) {
      const line = diagnosticLine(diagnostic.urn, diagnostic.message);
      if (diagnostic.severity === "error" && line !== "") addOnce(this.#errors, line);
      if (diagnostic.severity === "warning" && line !== "" && !isAmbientPlugin(line))
        addOnce(this.#warnings, line);
    }
  };

  #step(state: UpdateProgress["state"], { op, urn, type }: StepEventMetadata): void {
    // Steps that change nothing come by the hundred.
    if (op === "same" || type.startsWith("pulumi:")) return;
    const { kind, name } = resourceOf(urn, type);
    this.#onProgress?.({
      state,
      operation: op,
      kind,
      name,
      urn,
      finishedSteps: this.#finished,
      counts: this.#changes,
      elapsedMs: this.elapsedMs,
    });
  }

  get elapsedMs(): number {
    return Date.now() - this.#started;
  }

  /** Changes so far. */
  get counts(): ChangeCounts {
    return this.#changes;
  }

  get errors(): readonly string[] {
    return this.#errors;
  }

  get warnings(): readonly string[] {
    return this.#warnings;
  }
}

/**
 * Whether a step is about an object outside Pulumi. Components, the stack and providers are not: the engine counts a
 * component whose arguments changed as an update, next to that of the object that it is about.
 */
function isObject({ type, new: after, old: before }: StepEventMetadata): boolean {
  return (after ?? before)?.custom === true && !type.startsWith("pulumi:");
}

function addChange(counts: ChangeCounts, operation: string): ChangeCounts {
  const field = (
    { create: "created", update: "updated", replace: "replaced", delete: "deleted", same: "same" } as const
  )[operation];
  return field === undefined ? counts : { ...counts, [field]: counts[field] + 1 };
}

/** `urn:pulumi:local::vllm-monitoring::a:index:B$kubernetes:apps/v1:Deployment::name` in its readable parts. */
export function resourceOf(urn: string, type?: string): { kind: string; name: string } {
  const parts = urn.split("::");
  const own = type ?? parts[2]?.split("$").at(-1) ?? "";
  return { kind: own.split(":").at(-1) ?? own, name: parts.slice(3).join("::") };
}

// Generic closing lines; the diagnostics before them say what failed.
const noise =
  /^(update|preview|refresh|destroy) failed$|^(resource|stack) (operation|update) failed$|^One or more errors occurred/i;

/** One line per diagnostic: the resource, then the message without colours, stack traces and empty lines. */
export function diagnosticLine(urn: string | undefined, message: string): string {
  const lines = stripColours(message)
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line.trim() !== "" && !/^\s+at .*[)\d]$/.test(line));
  const text = lines
    .join("\n  ")
    .replace(/^error:\s*/i, "")
    .trim();
  if (noise.test(text)) return "";
  if (urn === undefined || urn === "") return text;
  const { kind, name } = resourceOf(urn);
  return kind === "Stack" ? text : `${kind} ${name}: ${text}`;
}

/** Removes Pulumi's colour tags and ANSI sequences. */
export function stripColours(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/<\{%[^%]*%\}>/g, "").replaceAll(/\u001b\[[0-9;]*m/g, "");
}

/** That the provider comes from a directory that the caller named is no news. */
function isAmbientPlugin(line: string): boolean {
  return /^using pulumi-resource-\S+ from \$PATH/.test(line);
}

function addOnce(list: string[], line: string): void {
  if (!list.includes(line)) list.push(line);
}
