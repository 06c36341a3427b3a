/**
 * Outputs that only the cloud knows but that other documents refer to. In a render each has a text that says what it
 * will be, so that a policy reads `"Resource": "<arn of aws:s3/bucket:Bucket metrics>"` instead of being unknown as a
 * whole.
 */
const referable = ["arn", "name", "bucket", "keyId", "url", "uniqueId", "latestVersion"];

/** Placeholders for the outputs of a resource of AWS; none for other providers, whose outputs are their inputs. */
export function computedOutputs(type: string, name: string): Record<string, string> {
  if (!type.startsWith("aws:")) return {};
  return Object.fromEntries(referable.map((output) => [output, `<${output} of ${type} ${name}>`]));
}
