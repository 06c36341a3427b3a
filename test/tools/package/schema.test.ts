/** The schema that other languages see is the one that Pulumi infers from the sources today. */
import { readFileSync } from "node:fs";

import { expect, it } from "vitest";

import { formatSchema, inferSchema } from "../../../package/infer.ts";
import { SCHEMA_FILE } from "../../../package/schema.ts";

it("is current: `node package/infer.ts` would change nothing", () => {
  expect(formatSchema(inferSchema())).toBe(readFileSync(SCHEMA_FILE, "utf8"));
});
