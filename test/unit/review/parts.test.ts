/** Panels, images and documents in parts, each told by its name. */
import { expect, it } from "vitest";

import type { Snapshot } from "../../../review/model/snapshot.ts";
import { at } from "../../../review/model/json.ts";
import { reportOn } from "./reporting.ts";
import { changeDashboard, object, pick, sample, set } from "./sample.ts";

function report(change: (head: Snapshot) => void): string {
  const head = sample();
  change(head);
  return reportOn(sample(), head).markdown;
}

it("tells everything that changes of a panel", () => {
  const text = report((head) => {
    changeDashboard(head, ({ panels }) => {
      const [panel] = panels as unknown as [Record<string, unknown>];
      const [target] = panel["targets"] as [Record<string, unknown>];
      Object.assign(panel, { description: "Another", transparent: true });
      Object.assign(target, { expr: "vector(1)", legendFormat: "{{pod}}" });
    });
  });
  for (const what of ["description", "queries", "legend", "options"]) expect(text).toContain(what);
});

it("shows where two long settings differ", () => {
  const links = (last: string) => [
    ...Array.from({ length: 20 }, () => ({ title: "the same" })),
    { title: last },
  ];
  const [base, head] = [sample(), sample()];
  changeDashboard(base, (model) => Object.assign(model, { links: links("before") }));
  changeDashboard(head, (model) => Object.assign(model, { links: links("after") }));
  expect(reportOn(base, head).markdown).toMatch(/links: `….*before.*` → `….*after/);
});

const containers = ["spec", "template", "spec", "containers"];

it("tells the image of a container that is new", () => {
  const text = report((head) => {
    const deployment = pick(head, "Deployment", "llama");
    const present = at(deployment.inputs, ...containers) as object[];
    set(deployment, containers, [...present, { name: "side", image: "evil/side:latest" }] as never);
  });
  expect(text).toContain(
    "**Medium:** Image: a new container with a tag that moves: `evil/side:latest` (`Deployment llama`)",
  );
  expect(text).toContain("- **new:** `evil/side:latest`");
});

it.each(["v0.33.0-alpine", "v0.33.0-bookworm", "v0.33.0-amd64"])("takes %s for no older version", (tag) => {
  const text = report((head) => {
    const deployment = pick(head, "Deployment", "llama");
    set(deployment, [...containers, 0, "image"], `vllm/vllm-openai:${tag}@sha256:${"a".repeat(64)}`);
  });
  expect(text).not.toContain("an older version");
});

it("tells the images of what is new", () => {
  const text = report((head) => {
    const template = { spec: { containers: [{ name: "side", image: "evil/side:latest" }] } };
    head.resources.push(object("apps/v1", "Deployment", "another", { spec: { template } }));
  });
  expect(text).toContain("- **new:** `evil/side:latest`");
});

it("takes a release candidate for older than its release", () => {
  const text = report((head) => {
    const deployment = pick(head, "Deployment", "llama");
    const digest = "a".repeat(64);
    set(deployment, [...containers, 0, "image"], `vllm/vllm-openai:v0.33.0rc1@sha256:${digest}`);
  });
  expect(text).toContain("an older version");
});
