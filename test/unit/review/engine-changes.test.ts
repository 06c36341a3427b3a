/** What the engine would do beyond comparing inputs: providers, names in the stack, protection, options. */
import { describe, expect, it } from "vitest";

import type { ResourceRecord, Snapshot } from "../../../review/model/snapshot.ts";
import { reportOn } from "./reporting.ts";
import { object, pick, record, sample } from "./sample.ts";

function report(change: (head: Snapshot) => void, base: Snapshot = sample()): string {
  const head = structuredClone(base);
  change(head);
  return reportOn(base, head).markdown;
}

const provider = (name: string, aliases: string[] = []): ResourceRecord =>
  record("pulumi:providers:kubernetes", name, { clusterIdentifier: "one" }, { aliases });

/** The sample with its provider among the resources. */
function withProvider(): Snapshot {
  const base = sample();
  base.resources.push(provider("kubernetes"));
  return base;
}

/** Every object goes through another provider. */
function useProvider(head: Snapshot, next: ResourceRecord): void {
  head.resources = head.resources
    .filter(({ type }) => type !== next.type)
    .map((resource) => (resource.provider === undefined ? resource : { ...resource, provider: next.urn }));
  head.resources.push(next);
}

describe("another provider", () => {
  it("replaces everything that it is for", () => {
    const text = report((head) => {
      useProvider(head, provider("k8s"));
    }, withProvider());
    expect(text).toMatch(/\*\*High:\*\* Replaced: \d+ resources, forced by `provider`: it is another one/);
    expect(text).toContain("**replaced** `Deployment llama`");
  });

  it("is the same one thanks to an alias", () => {
    const base = withProvider();
    const text = report((head) => {
      useProvider(head, provider("k8s", [provider("kubernetes").urn]));
    }, base);
    expect(text).not.toContain("forced by");
    expect(text).toContain("renamed without a change, thanks to aliases");
  });
});

describe("the same object under another name in the stack", () => {
  const renamed = (head: Snapshot, aliases: string[] = []): void => {
    const old = pick(head, "Deployment", "llama");
    const urn = old.urn.replace(/llama$/, "llama-srv");
    head.resources = head.resources.map((resource) =>
      resource.urn === old.urn ? { ...old, urn, name: "llama-srv", aliases } : resource,
    );
  };

  it("is a risk, and nothing else is said to be gone", () => {
    const text = report((head) => {
      renamed(head);
    });
    expect(text).toMatch(
      /\*\*High:\*\* Same object under another name in the stack of `VllmDeployment llama`: `Deployment llama` → `Deployment llama-srv`; .* add an alias/,
    );
    expect(text).not.toContain("no longer served");
  });

  it("is none with an alias", () => {
    const { urn } = pick(sample(), "Deployment", "llama");
    const text = report((head) => {
      renamed(head, [urn]);
    });
    expect(text).not.toContain("Same object");
  });
});

describe("what is protected or kept", () => {
  const bucket = (options: Partial<ResourceRecord>) =>
    record("aws:s3/bucket:Bucket", "history", { bucket: "history" }, options);
  const gone = (options: Partial<ResourceRecord>): string => {
    const base = sample();
    base.resources.push(bucket(options));
    return report((head) => {
      head.resources = head.resources.filter(({ name }) => name !== "history");
    }, base);
  };

  it("stops the deployment when it would be deleted", () => {
    expect(gone({ protect: true })).toContain(
      "**High:** `Bucket history` is protected: the engine refuses to delete it",
    );
  });

  it("loses nothing when it stays where it is", () => {
    const text = gone({ retainOnDelete: true });
    expect(text).toContain(
      "**Medium:** No longer managed: `Bucket history` leaves the stack and stays where it is",
    );
    expect(text).not.toContain("every object in it");
  });
});

describe("options", () => {
  it.each<[string, Partial<ResourceRecord>, string]>([
    ["retainOnDelete", { retainOnDelete: true }, "- `retainOnDelete` `false` → `true`: `Deployment llama`"],
    ["ignoreChanges", { ignoreChanges: ["spec"] }, '- `ignoreChanges` `[]` → `["spec"]`: `Deployment llama`'],
    [
      "deleteBeforeReplace",
      { deleteBeforeReplace: true },
      "- `deleteBeforeReplace` `false` → `true`: `Deployment llama`",
    ],
  ])("are told, though nothing changes now: %s", (_, options, says) => {
    const text = report((head) => {
      Object.assign(pick(head, "Deployment", "llama"), options);
    });
    expect(text).toContain(says);
    expect(text).not.toContain("No changes");
  });

  it("name what a resource waits for no longer", () => {
    const base = sample();
    const policy = pick(base, "NetworkPolicy", "llama");
    pick(base, "Deployment", "llama").dependencies = [policy.urn];
    const text = report((head) => {
      pick(head, "Deployment", "llama").dependencies = [];
    }, base);
    expect(text).toContain("- waits no longer for `NetworkPolicy llama`: `Deployment llama`");
  });

  it("say nothing of what came or went itself", () => {
    const base = sample();
    const extra = object("v1", "ConfigMap", "extra", { data: {} });
    base.resources.push(extra);
    pick(base, "Deployment", "llama").dependencies = [extra.urn];
    const text = report((head) => {
      head.resources = head.resources.filter(({ urn }) => urn !== extra.urn);
      pick(head, "Deployment", "llama").dependencies = [];
    }, base);
    expect(text).not.toContain("waits no longer");
  });
});
