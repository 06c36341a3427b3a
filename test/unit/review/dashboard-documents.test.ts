import { expect, it } from "vitest";

import { dashboardDocuments } from "../../../review/model/documents.ts";
import type { ResourceRecord, Snapshot } from "../../../review/model/snapshot.ts";
import { diffDashboards } from "../../../review/semantic/dashboards.ts";

const board = JSON.stringify({ uid: "u", panels: [] });
const resource = (type: string, name: string, inputs: object) =>
  ({ urn: `urn:${name}`, type, name, inputs }) as unknown as ResourceRecord;

it("finds dashboards in whichever way they reach Grafana, and nothing else", () => {
  const found = dashboardDocuments([
    resource("kubernetes:core/v1:ConfigMap", "map", {
      data: { "a.json": board, "b.yaml": board, "c.json": "{}" },
    }),
    resource("kubernetes:grafana.integreatly.org/v1beta1:GrafanaDashboard", "object", {
      metadata: { name: "b" },
      spec: { json: board },
    }),
    resource("grafana:oss/dashboard:Dashboard", "c", { configJson: board }),
    resource("grafana:oss/folder:Folder", "d", { configJson: board }),
    resource("aws:s3/bucket:Bucket", "e", { data: { "e.json": board } }),
  ]);
  expect(found.map(({ file, resource: { name } }) => [name, file])).toEqual([
    ["map", "a.json"],
    ["object", "b.json"],
    ["c", "c.json"],
  ]);
});

it("tells a dashboard that goes another way by its uid, with what else changed of it", () => {
  const snapshot = (resources: ResourceRecord[]) => ({ resources }) as unknown as Snapshot;
  const text = (title: string, uid = "u") => JSON.stringify({ uid, title, panels: [] });
  const inMap = (name: string, json: string) =>
    resource("kubernetes:core/v1:ConfigMap", name, {
      metadata: { namespace: "monitoring" },
      data: { [`${name}.json`]: json },
    });
  const byApi = (name: string, json: string) =>
    resource("grafana:oss/dashboard:Dashboard", name, { configJson: json });
  const diff = (before: ResourceRecord[], after: ResourceRecord[]) =>
    diffDashboards(snapshot(before), snapshot(after)).map(({ kind, title }) => `${kind} ${title}`);

  expect(diff([inMap("a", text("A"))], [byApi("a", text("A"))])).toEqual([]);
  expect(diff([inMap("a", text("A"))], [byApi("a", text("B"))])).toEqual(["changed B"]);
  expect(diff([byApi("a", text("A"))], [inMap("a", text("A"))])).toEqual([]);
  expect(diff([inMap("a", text("A"))], [byApi("a", text("A", "v"))])).toEqual(["added A", "removed A"]);
  // One that stays where it is keeps its place, whoever else has its uid.
  expect(diff([inMap("a", text("A"))], [inMap("a", text("A")), byApi("b", text("B"))])).toEqual(["added B"]);
});
