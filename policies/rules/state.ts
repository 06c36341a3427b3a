import type { StackPolicy } from "../types.ts";
import { at, isTrue } from "../values.ts";
import { companionsOf, isBucket } from "./encryption.ts";

const SWITCHES = [
  "blockPublicAcls",
  "blockPublicPolicy",
  "ignorePublicAcls",
  "restrictPublicBuckets",
] as const;

export const protectedState: StackPolicy = {
  name: "protected-state",
  description:
    "Buckets and file systems, which hold metrics, models and state, are protected against deletion, and buckets against the public.",
  enforcement: "mandatory",
  checkAll: (resources) => [
    ...resources
      .filter((resource) => isBucket(resource) || resource.type === "aws:efs/fileSystem:FileSystem")
      .filter(({ protect }) => !protect)
      .map((resource) => ({
        resource,
        message: "may be deleted with the stack; set the resource option protect",
      })),
    ...resources
      .filter((resource) => isBucket(resource) && isTrue(resource.props["forceDestroy"]))
      .map((resource) => ({ resource, message: "is deleted with everything in it; leave forceDestroy out" })),
    ...resources.filter(isBucket).flatMap((resource) => {
      const blocks = companionsOf(resource, /BucketPublicAccessBlock$/, resources);
      const isClosed = blocks.some(({ props }) => SWITCHES.every((name) => isTrue(at(props, name))));
      if (isClosed) return [];
      const message = `can be opened to the public; add a BucketPublicAccessBlock with ${SWITCHES.join(", ")}`;
      return [{ resource, message }];
    }),
  ],
};
