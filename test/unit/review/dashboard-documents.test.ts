import { expect, it } from "vitest";

import { dashboardDocuments } from "../../../review/model/documents.ts";
import type { ResourceRecord } from "../../../review/model/snapshot.ts";

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
