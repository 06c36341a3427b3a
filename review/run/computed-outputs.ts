import { createHash } from "node:crypto";

import { canonical, type JsonObject } from "../model/json.ts";

/**
 * Outputs that only the cloud knows but that other documents refer to. In a render each has a text that says what it
 * will be, so that a policy reads `"Resource": "<arn of aws:s3/bucket:Bucket metrics>"` instead of being unknown as a
 * whole.
 */
const referable = ["arn", "name", "bucket", "keyId", "url", "uniqueId", "latestVersion"];

/** What follows from the inputs of a resource, so that it changes with them. */
const versions = new Set(["latestVersion"]);

/** Placeholders for the outputs of a resource of AWS; none for other providers, whose outputs are their inputs. */
export function computedOutputs(type: string, name: string, inputs: JsonObject): Record<string, string> {
  if (!type.startsWith("aws:")) return {};
  const digest = () => createHash("sha256").update(canonical(inputs)).digest("hex").slice(0, 8);
  return Object.fromEntries(
    referable.map((output) => [
      output,
      `<${output} of ${type} ${name}${versions.has(output) ? `, made of ${digest()}` : ""}>`,
    ]),
  );
}
