import { createRequire } from "node:module";

interface StructClass {
  new (): { toJavaScript(): object };
  fromJavaScript: (value: object) => { toJavaScript(): object };
}

/**
 * Lets the SDK's messages carry plain objects while `use` runs: nothing goes over a wire here, and turning every property
 * into protobuf messages and back takes four fifths of the time of a run.
 *
 * @param sdkFile the SDK's entry, whose protobuf library is meant
 */
export async function withPlainStructs<T>(sdkFile: string, use: () => Promise<T>): Promise<T> {
  const { Struct } = createRequire(sdkFile)("google-protobuf/google/protobuf/struct_pb.js") as {
    Struct: StructClass;
  };
  const original = Struct.fromJavaScript;
  Struct.fromJavaScript = (value) => {
    const struct = new Struct();
    struct.toJavaScript = () => value;
    return struct;
  };
  try {
    return await use();
  } finally {
    Struct.fromJavaScript = original;
  }
}
