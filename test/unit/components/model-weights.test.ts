import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { ModelWeightsArgs } from "../../../components/model-weights/args.ts";
import { timeoutOf } from "../../../components/model-weights/job.ts";
import {
  digestOf,
  directoryOf,
  FILL_SCRIPT,
  identityOf,
  MARKER,
  VOLUME_DIRECTORY,
} from "../../../components/model-weights/script.ts";
import { renderManifests } from "../../support/manifests.ts";
import { at, valueOf } from "../../support/mocks.ts";
import { weights, WEIGHTS } from "./model-weights-typical.ts";

const minimal = WEIGHTS["minimal"] as ModelWeightsArgs;
const hub = minimal.hub ?? { id: "", revision: "" };

describe("ModelWeights", () => {
  it.each(Object.entries(WEIGHTS))("renders the golden manifests: %s", async (name, args) => {
    await expect(renderManifests(await weights(args))).toMatchFileSnapshot(
      `golden/model-weights/${name}.yaml`,
    );
  });

  it("tells where the weights are, for a source of kind claim", async () => {
    const { result } = await weights(minimal);
    expect(await valueOf(result.claimName)).toBe("llama-weights");
    expect(await valueOf(result.directory)).toBe(`${hub.id}/${hub.revision}`);
    const shared = await weights(WEIGHTS["s3"] ?? {});
    expect(await valueOf(shared.result.claimName)).toBe("shared-models");
    expect(await valueOf(shared.result.directory)).toBe("models/llama-3.1-8b/v2");
  });

  it("fills another directory by another Job when the revision changes", async () => {
    const other = { ...minimal, hub: { ...hub, revision: "v2" } };
    const [before, after] = [await weights(minimal), await weights(other)];
    const job = (run: typeof before) => run.find("Job").inputs;
    expect(at(job(before), "metadata.name")).not.toBe(at(job(after), "metadata.name"));
    expect(await valueOf(after.result.directory)).not.toBe(await valueOf(before.result.directory));
    // The claim, and what runs on it, stay.
    expect(after.find("PersistentVolumeClaim").inputs).toEqual(before.find("PersistentVolumeClaim").inputs);
  });

  it("waits as long as the copy may take", () => {
    expect(timeoutOf({ ...minimal, timeoutSeconds: 90 })).toBe(90);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 1, max: 100 }), (size, more) => {
        const of = (expectedGiB: number) => timeoutOf({ ...minimal, expectedGiB });
        expect(of(size + more)).toBeGreaterThan(of(size));
        // 25 MiB a second, and ten minutes besides.
        expect(of(size)).toBe(600 + Math.ceil((size * 1024) / 25));
        expect(timeoutOf({ ...minimal, volume: { size: `${String(size)}Gi` } })).toBe(of(size));
      }),
    );
  });

  const refused: [string, object, RegExp][] = [
    ["no origin", { origin: "git" }, /origin must be one of hub, s3, is "git"/],
    ["the wrong object", { origin: "s3" }, /hub has no use with the origin s3[^]*s3 is required/],
    [
      "a branch",
      { hub: { ...hub, revision: "main" } },
      /hub\.revision must pin a commit or a tag, is "main"/,
    ],
    ["an address", { hub: { ...hub, id: "https://hub/a/b" } }, /hub\.id must be organisation\/model/],
    ["no size", { volume: {} }, /volume\.size is required/],
    ["a size of another's claim", { volume: { claim: "a", size: "1Gi" } }, /volume\.size has no use/],
    ["no quantity", { volume: { size: "40 GB" } }, /volume\.size must be a quantity/],
    [
      "two volumes",
      { volume: { claim: "a", storageClass: "efs" } },
      /volume\.storageClass has no use with volume\.claim/,
    ],
    [
      "a relative export",
      { volume: { nfs: { server: "s", path: "models" }, size: "1Gi" } },
      /volume\.nfs\.path must be absolute/,
    ],
    ["a moment", { timeoutSeconds: 1 }, /timeoutSeconds must be a whole number of at least 60/],
    ["nothing to copy", { expectedGiB: 0 }, /expectedGiB must be above 0/],
    ["memory without unit", { memoryLimit: "lots" }, /memoryLimit must be a quantity/],
    [
      "a bucket alone",
      { origin: "s3", hub: undefined, s3: { uri: "s3://models" } },
      /s3\.uri must be s3:\/\/bucket\/path/,
    ],
    [
      "an endpoint without scheme",
      { origin: "s3", hub: undefined, s3: { uri: "s3://models/a", endpoint: "minio:9000" } },
      /s3\.endpoint must be an http\(s\) URL/,
    ],
  ];
  it.each(refused)("refuses %s", async (_, change, message) => {
    await expect(weights({ ...minimal, ...change })).rejects.toThrow(message);
  });
});

describe("the script that fills", () => {
  let volume: string;
  beforeEach(() => {
    volume = mkdtempSync(path.join(tmpdir(), "weights-"));
  });
  afterEach(() => {
    rmSync(volume, { recursive: true });
  });

  /** Runs it with commands that stand for `hf` and `aws`. */
  function fill(args: ModelWeightsArgs, { commands = GOOD }: { commands?: string } = {}) {
    const bin = path.join(volume, ".bin");
    mkdirSync(bin, { recursive: true });
    for (const name of ["hf", "aws"]) {
      writeFileSync(path.join(bin, name), commands);
      chmodSync(path.join(bin, name), 0o755);
    }
    const { status, stdout, stderr } = spawnSync(
      "/bin/sh",
      ["-c", FILL_SCRIPT.replaceAll(VOLUME_DIRECTORY, volume)],
      {
        encoding: "utf8",
        env: {
          PATH: `${bin}:/usr/bin:/bin`,
          ORIGIN: args.origin,
          IDENTITY: identityOf(args),
          DIGEST: digestOf(args),
          DIRECTORY: directoryOf(args),
          HUB_ID: args.hub?.id ?? "",
          HUB_REVISION: args.hub?.revision ?? "",
          S3_URI: args.s3?.uri ?? "",
          CALLS: path.join(volume, ".calls"),
        },
      },
    );
    return { status, stdout, stderr };
  }

  /** Notes how it was called, and writes into the last argument but `--no-progress`. */
  const GOOD = `#!/bin/sh
echo "$(basename "$0") $*" >> "$CALLS"
for word in "$@"; do [ "$word" = --no-progress ] || target="$word"; done
echo weights > "$target/model.safetensors"
`;
  const calls = () => readFileSync(path.join(volume, ".calls"), "utf8").trim().split("\n");
  const target = (args: ModelWeightsArgs) => path.join(volume, directoryOf(args));

  it.each(["minimal", "s3"])(
    "copies, marks the directory as whole, and does not copy it again: %s",
    (name) => {
      const args = WEIGHTS[name] as ModelWeightsArgs;
      expect(fill(args)).toMatchObject({ status: 0 });
      expect(readdirSync(target(args)).sort()).toEqual([MARKER, "model.safetensors"]);
      expect(readFileSync(path.join(target(args), MARKER), "utf8")).toBe(identityOf(args));
      expect(fill(args).stdout).toContain("is there, whole");
      expect(calls()).toHaveLength(1);
      expect(calls()[0]).toMatch(
        name === "s3"
          ? /^aws s3 sync s3:\/\/models\/llama-3\.1-8b\/v2\/ \S+\.filling-\w+ --no-progress$/
          : /^hf download meta-llama\/\S+ --revision 0e9e\w+ --local-dir \S+\.filling-\w+$/,
      );
    },
  );

  it("shows nothing under the directory's name until it is whole, and goes on where it stopped", () => {
    const half = `#!/bin/sh\nfor word in "$@"; do target="$word"; done\necho half > "$target/part"\nexit 1\n`;
    expect(fill(minimal, { commands: half }).status).not.toBe(0);
    expect(existsSync(target(minimal))).toBe(false);
    expect(fill(minimal).status).toBe(0);
    expect(readdirSync(target(minimal))).toContain("part");
  });

  it("leaves alone what something else has put there", () => {
    mkdirSync(target(minimal), { recursive: true });
    writeFileSync(path.join(target(minimal), "mine"), "");
    const { status, stderr } = fill(minimal);
    expect(status).toBe(1);
    expect(stderr).toContain("was not made by this");
    expect(readdirSync(target(minimal))).toEqual(["mine"]);
  });

  it("does not take one model for another of the same directory", () => {
    const s3 = WEIGHTS["s3"] as ModelWeightsArgs;
    expect(fill(s3).status).toBe(0);
    const elsewhere = { ...s3, s3: { uri: s3.s3?.uri ?? "", endpoint: "https://other.example.com" } };
    const { status, stderr } = fill(elsewhere);
    expect(status).toBe(1);
    expect(stderr).toContain("holds s3 s3://models/llama-3.1-8b/v2/ https://minio.example.com, not");
  });

  it("does not call an empty directory a model", () => {
    expect(fill(minimal, { commands: "#!/bin/sh\n" })).toMatchObject({ status: 1 });
    expect(existsSync(target(minimal))).toBe(false);
  });
});
