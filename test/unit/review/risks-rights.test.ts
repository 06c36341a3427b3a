/** Rights that come, settings that give pods and people more of them, and samples that leave. */

import { expect, it } from "vitest";

import type { Json } from "../../../review/model/json.ts";
import { makeMask, type Snapshot } from "../../../review/model/snapshot.ts";
import { reportOn } from "./reporting.ts";
import { object, pick, policy, sample, set } from "./sample.ts";

const pod = ["spec", "template", "spec"];
const container = [...pod, "containers", 0];
const env = (value: string): Json => [{ name: "GF_AUTH_GENERIC_OAUTH_ROLE_ATTRIBUTE_PATH", value }];

/** The sample with a Grafana, and with pods that get no token. */
function withGrafana(): Snapshot {
  const snapshot = sample();
  snapshot.resources.push(
    object("apps/v1", "Deployment", "grafana", {
      spec: {
        template: {
          spec: { containers: [{ name: "grafana", env: env("contains(groups[*], 'sre') && 'Admin'") }] },
        },
      },
    }),
    object("v1", "ServiceAccount", "llama", { automountServiceAccountToken: false }),
  );
  set(pick(snapshot, "Deployment", "llama"), [...pod, "automountServiceAccountToken"], false);
  return snapshot;
}

function mayAlso(head: Snapshot, ...Action: string[]): void {
  const statement = { Effect: "Allow", Action, Resource: "arn:aws:s3:::models" };
  set(
    pick(head, "RolePolicy", "gpu-models"),
    ["policy"],
    JSON.stringify({ ...policy, Statement: [...policy.Statement, statement] }),
  );
}

interface Plant {
  plant: (head: Snapshot) => void;
  says?: string[];
  saysNot?: string[];
}

const more = "More rights for `RolePolicy gpu-models` (policy)";
const plants: Record<string, Plant> = {
  "actions that write": {
    plant: (head) => {
      mayAlso(head, "s3:DeleteObject", "s3:ListBucket");
    },
    says: [
      `**Medium:** ${more}, writes or deletes: \`s3:DeleteObject on arn:aws:s3:::models\``,
      "may now `s3:DeleteObject on arn:aws:s3:::models` (**writes or deletes**)",
      "may now `s3:ListBucket on arn:aws:s3:::models`\n",
    ],
  },
  "actions that change policies": {
    plant: (head) => {
      mayAlso(head, "s3:PutBucketPolicy", "kms:CreateGrant", "s3:Put*", "lambda:AddPermission");
    },
    says: [
      `**High:** ${more}, changes who may do what: \`kms:CreateGrant on arn:aws:s3:::models\``,
      "`s3:PutBucketPolicy on arn:aws:s3:::models`",
      "`s3:Put* on arn:aws:s3:::models`",
      "`lambda:AddPermission on arn:aws:s3:::models`",
    ],
    saysNot: ["writes or deletes"],
  },
  "actions that read": {
    plant: (head) => {
      mayAlso(head, "s3:ListBucket", "s3:GetBucketPolicy");
    },
    saysNot: [more],
  },
  "samples that go elsewhere": {
    plant: (head) => {
      set(
        pick(head, "Prometheus", "monitoring"),
        ["spec", "remoteWrite"],
        [
          { url: "https://someone:password@metrics.example.net:9443/api/v1/write?token=abc" },
          { url: makeMask({ from: ["remoteUrl@0123456789"], digest: undefined }) },
        ],
      );
    },
    says: [
      "**Medium:** Samples leave: `Prometheus monitoring` sends samples to https://metrics.example.net:9443/api/v1/write",
      "- `Prometheus monitoring` sends samples to https://metrics.example.net:9443/api/v1/write",
      "sends samples to an address that is secret",
    ],
  },
  "everybody as an admin": {
    plant: (head) => {
      set(pick(head, "Deployment", "grafana"), [...container, "env"], env("'Admin'"));
    },
    says: ["**Medium:** `Deployment grafana`: gives everybody who signs in a role"],
  },
  "everybody as a viewer": {
    plant: (head) => {
      set(pick(head, "Deployment", "grafana"), [...container, "env"], env("'Viewer'"));
    },
    saysNot: ["gives everybody"],
  },
  "a token for pods": {
    plant: (head) => {
      set(pick(head, "Deployment", "llama"), [...pod, "automountServiceAccountToken"], true);
      set(pick(head, "ServiceAccount", "llama"), ["automountServiceAccountToken"], undefined);
    },
    says: [
      "**Medium:** `Deployment llama`: pods get a token of their service account",
      "**Medium:** `ServiceAccount llama`: pods get a token of their service account",
    ],
  },
  "a token where nothing was said before": {
    plant: (head) => {
      set(pick(head, "Deployment", "bge"), [...pod, "automountServiceAccountToken"], true);
    },
    saysNot: ["pods get a token"],
  },
  "code of a model's repository": {
    plant: (head) => {
      set(pick(head, "Deployment", "llama"), [...container, "args", 5], "--trust-remote-code");
    },
    says: ["**Medium:** `Deployment llama`: runs code of the model's repository"],
  },
  "drains that stop everything": {
    plant: (head) => {
      set(pick(head, "PodDisruptionBudget", "llama"), ["spec", "maxUnavailable"], "100%");
    },
    says: ["**Medium:** `PodDisruptionBudget llama`: allows that drains of nodes stop every replica at once"],
  },
};

it.each(Object.entries(plants))("tells %s", (_, { plant, says = [], saysNot = [] }) => {
  const head = withGrafana();
  plant(head);
  const { markdown, isEmpty } = reportOn(withGrafana(), head);
  expect(isEmpty).toBe(false);
  // Outside of code spans some characters are escaped.
  const text = markdown.replaceAll("\\", "");
  for (const part of says) expect(text).toContain(part);
  for (const part of saysNot) expect(text).not.toContain(part);
});

it("never tells what may be a password of an address in its own words", () => {
  const head = withGrafana();
  set(pick(head, "Prometheus", "monitoring"), ["spec", "remoteWrite"], [{ url: "https://u:pw@h.example/w" }]);
  const { markdown } = reportOn(withGrafana(), head);
  const [beforeResources = ""] = markdown.split("### Resources");
  expect(beforeResources).toContain("https://h.example/w");
  expect(beforeResources).not.toContain("pw");
});
