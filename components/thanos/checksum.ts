import { createHash } from "node:crypto";

import type * as pulumi from "@pulumi/pulumi";

import { lift } from "../support/inputs.ts";

/** Short hash of a text. */
export function checksum(text: pulumi.Input<string>): pulumi.Input<string> {
  return lift(text, (known) => createHash("sha256").update(known).digest("hex").slice(0, 16));
}
