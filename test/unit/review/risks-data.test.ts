/** Changes that delete data sooner, protect it less, or leave it unreadable. */

import { expect, it } from "vitest";

import type { Snapshot } from "../../../review/model/snapshot.ts";
import { reportOn } from "./reporting.ts";
import { object, pick, policy, record, remove, sample, set } from "./sample.ts";

const KEY = "arn:aws:kms:eu-central-1:1:key/blocks";
const args = ["spec", "template", "spec", "containers", 0, "args"];

/** The sample with a compactor and a bucket that is versioned and encrypted. */
function withHistory(): Snapshot {
  const snapshot = sample();
  const bucket = { bucket: "blocks" };
  snapshot.resources.push(
    object("apps/v1", "StatefulSet", "compactor", {
      spec: {
        template: {
          spec: {
            containers: [
              {
                name: "compact",
                args: [
                  "compact",
                  "--retention.resolution-raw=60d",
                  "--retention.resolution-5m=180d",
                  "--retention.resolution-1h=0d",
                ],
              },
            ],
          },
        },
      },
    }),
    record("aws:s3/bucket:Bucket", "blocks", bucket),
    record("aws:s3/bucketVersioning:BucketVersioning", "blocks", {
      ...bucket,
      versioningConfiguration: { status: "Enabled" },
    }),
    record(
      "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
      "blocks",
      { ...bucket, rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms" } }] },
    ),
  );
  set(pick(snapshot, "Prometheus", "monitoring"), ["spec", "retentionSize"], "170GiB");
  set(
    pick(snapshot, "RolePolicy", "gpu-models"),
    ["policy"],
    JSON.stringify({
      ...policy,
      Statement: [...policy.Statement, { Effect: "Allow", Action: "kms:Decrypt", Resource: KEY }],
    }),
  );
  return snapshot;
}

interface Loss {
  plant: (head: Snapshot) => void;
  says?: string[];
  saysNot?: string[];
}

const losses: Record<string, Loss> = {
  "history that is kept for less time": {
    plant: (head) => {
      const compactor = pick(head, "StatefulSet", "compactor");
      set(compactor, [...args, 1], "--retention.resolution-raw=10d");
      set(compactor, [...args, 3], "--retention.resolution-1h=30d");
    },
    says: [
      "**High:** `StatefulSet compactor`: shorter history of raw samples: 60d → 10d",
      "**High:** `StatefulSet compactor`: shorter history of samples of an hour: for ever → 30d",
    ],
    saysNot: ["samples of 5 minutes: "],
  },
  "history that is kept for longer": {
    plant: (head) => {
      const compactor = pick(head, "StatefulSet", "compactor");
      set(compactor, [...args, 1], "--retention.resolution-raw=0d");
      set(compactor, [...args, 2], "--retention.resolution-5m=1y");
    },
    saysNot: ["shorter history"],
  },
  "a tenth of the size": {
    plant: (head) => {
      set(pick(head, "Prometheus", "monitoring"), ["spec", "retentionSize"], "17GiB");
    },
    says: ["**High:** `Prometheus monitoring`: keeps less: 170GiB → 17GiB"],
  },
  "a smaller size": {
    plant: (head) => {
      set(pick(head, "Prometheus", "monitoring"), ["spec", "retentionSize"], "120GB");
    },
    says: ["**Medium:** `Prometheus monitoring`: keeps less: 170GiB → 120GB"],
  },
  "a larger size": {
    plant: (head) => {
      set(pick(head, "Prometheus", "monitoring"), ["spec", "retentionSize"], "1TB");
    },
    saysNot: ["keeps less"],
  },
  "versioning that is off": {
    plant: (head) => {
      set(pick(head, "BucketVersioning", "blocks"), ["versioningConfiguration", "status"], "Suspended");
    },
    says: ["**High:** `BucketVersioning blocks`: versioning is off"],
  },
  "versioning that is taken out": {
    plant: (head) => {
      remove(head, "BucketVersioning", "blocks");
    },
    says: ["**High:** `BucketVersioning blocks`: versioning is off"],
  },
  "a bucket that goes with its settings": {
    plant: (head) => {
      head.resources = head.resources.filter(({ inputs }) => inputs["bucket"] !== "blocks");
    },
    says: ["**High:** Deleted: `Bucket blocks`"],
    saysNot: ["versioning is off", "weaker encryption"],
  },
  "weaker encryption": {
    plant: (head) => {
      set(
        pick(head, "BucketServerSideEncryptionConfiguration", "blocks"),
        ["rules", 0, "applyServerSideEncryptionByDefault", "sseAlgorithm"],
        "AES256",
      );
    },
    says: ["weaker encryption of new objects: aws:kms → AES256"],
  },
  "encryption that is taken out": {
    plant: (head) => {
      remove(head, "BucketServerSideEncryptionConfiguration", "blocks");
    },
    says: ["weaker encryption of new objects: aws:kms → none of its own"],
  },
  "a key that nobody may use any more": {
    plant: (head) => {
      set(pick(head, "RolePolicy", "gpu-models"), ["policy"], JSON.stringify(policy));
    },
    says: [
      `**Medium:** \`RolePolicy gpu-models\` may no longer decrypt with \`${KEY}\`, and can't read what was written with this key`,
    ],
  },
  "a right to decrypt under another condition": {
    plant: (head) => {
      const Condition = { StringEquals: { "kms:ViaService": "s3.eu-central-1.amazonaws.com" } };
      const statement = { Effect: "Allow", Action: "kms:Decrypt", Resource: KEY, Condition };
      set(
        pick(head, "RolePolicy", "gpu-models"),
        ["policy"],
        JSON.stringify({ ...policy, Statement: [...policy.Statement, statement] }),
      );
    },
    saysNot: ["may no longer decrypt"],
  },
  "a holder that goes with its right to decrypt": {
    plant: (head) => {
      remove(head, "RolePolicy", "gpu-models");
    },
    saysNot: ["may no longer decrypt"],
  },
};

it.each(Object.entries(losses))("tells %s", (_, { plant, says = [], saysNot = [] }) => {
  const head = withHistory();
  plant(head);
  const { markdown, isEmpty } = reportOn(withHistory(), head);
  expect(isEmpty).toBe(false);
  for (const part of says) expect(markdown).toContain(part);
  for (const part of saysNot) expect(markdown).not.toContain(part);
});

it("tells nothing where nothing changed", () => {
  expect(reportOn(withHistory(), withHistory()).isEmpty).toBe(true);
});
