/** What the copying container runs. */
import { createHash } from "node:crypto";

import { ModelWeightsOrigin, type ModelWeightsArgs } from "./args.ts";

/** Where the volume is mounted in the copying container. */
export const VOLUME_DIRECTORY = "/weights";
/** Name of the file that says that a directory is whole, and of what. */
export const MARKER = ".vllm-monitoring-complete";

type Origin = Pick<ModelWeightsArgs, "origin" | "hub" | "s3">;

/** What the weights are copies of, in one line. */
export function identityOf({ origin, hub, s3 }: Origin): string {
  if (origin === ModelWeightsOrigin.Hub) return `hub ${hub?.id ?? ""} ${hub?.revision ?? ""}`;
  return `s3 ${s3?.uri ?? ""} ${s3?.endpoint ?? ""}`.trim();
}

/** Eight characters that change with the origin. */
export function digestOf(origin: Origin): string {
  return createHash("sha256").update(identityOf(origin)).digest("hex").slice(0, 8);
}

/** Directory of the model below the volume's root: another revision is another directory, which running replicas don't see. */
export function directoryOf({ origin, hub, s3 }: Origin): string {
  if (origin === ModelWeightsOrigin.Hub) return `${hub?.id ?? ""}/${hub?.revision ?? ""}`;
  return (s3?.uri ?? "").replace(/^s3:\/\//, "").replace(/\/+$/, "");
}

/**
 * The script. What is whole is not copied again; what was begun goes on; the directory appears under its name only when it
 * is whole, in one step. A directory of that name that something else has made is left alone, and is an error.
 *
 * All values come from variables, so that none can end a word of the script.
 */
export const FILL_SCRIPT = `set -eu
target="${VOLUME_DIRECTORY}/$DIRECTORY"
partial="${VOLUME_DIRECTORY}/.filling-$DIGEST"
if [ -f "$target/${MARKER}" ]; then
  if [ "$(cat "$target/${MARKER}")" = "$IDENTITY" ]; then
    echo "$DIRECTORY is there, whole"
    exit 0
  fi
  echo "$DIRECTORY holds $(cat "$target/${MARKER}"), not $IDENTITY" >&2
  exit 1
fi
if [ -e "$target" ]; then
  echo "$DIRECTORY is there, and was not made by this: remove it, or use it as it is by the source kind claim" >&2
  exit 1
fi
mkdir -p "$partial"
echo "copying $IDENTITY"
if [ "$ORIGIN" = hub ]; then
  hf download "$HUB_ID" --revision "$HUB_REVISION" --local-dir "$partial"
  rm -rf "$partial/.cache"
else
  aws s3 sync "$S3_URI" "$partial" --no-progress
fi
if [ -z "$(ls -A "$partial")" ]; then
  echo "$IDENTITY holds nothing" >&2
  exit 1
fi
printf %s "$IDENTITY" > "$partial/${MARKER}"
mkdir -p "$(dirname "$target")"
mv "$partial" "$target"
echo "$DIRECTORY is whole: $(du -sh "$target" | cut -f1)"
`;
