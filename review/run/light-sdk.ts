import { createRequire } from "node:module";
import { setImmediate as nextTurn } from "node:timers/promises";

/** Resources whose properties are taken apart at the same time. */
const AT_ONCE = 32;

interface StructClass {
  new (): { toJavaScript(): object };
  fromJavaScript: (value: object) => { toJavaScript(): object };
}
type Serialize = (...args: unknown[]) => Promise<unknown>;
type Resolver = (...args: unknown[]) => void;
type Transfer = (onto: object, label: string, props: object) => Record<string, Resolver>;

/**
 * Spares the SDK work that is for a real engine, while `use` runs:
 *
 * - Messages carry plain objects. Nothing goes over a wire here, and turning every property into protobuf messages and
 *   back takes four fifths of the time of a run.
 * - Where in the program a resource was made is not asked: two thirds of what is left.
 * - Promises are not wrapped for the search of those that never end.
 * - Properties of resources become outputs, dozens of promises each, only when the program reads them, and it reads few.
 * - Few resources at a time are taken apart. Each property is some promises while that goes on, so that a thousand models
 *   at once would take gigabytes.
 *
 * @param sdkFile the SDK's entry, whose modules are meant
 */
export async function withLightSdk<T>(sdkFile: string, use: () => Promise<T>): Promise<T> {
  const require = createRequire(sdkFile);
  const { Struct } = require("google-protobuf/google/protobuf/struct_pb.js") as { Struct: StructClass };
  const { Resource } = require(sdkFile) as { Resource: { callsites?: () => unknown[] } };
  const rpc = require("./runtime/rpc.js") as {
    serializeResourceProperties: Serialize;
    transferProperties: Transfer;
  };
  const debuggable = require("./runtime/debuggable.js") as { debuggablePromise: <P>(promise: P) => P };
  const restore = [
    replace(debuggable, "debuggablePromise", (promise) => promise),
    replace(Struct, "fromJavaScript", (value: object) => {
      const struct = new Struct();
      struct.toJavaScript = () => value;
      return struct;
    }),
    replace(Resource, "callsites", () => []),
    replace(rpc, "serializeResourceProperties", paced(rpc.serializeResourceProperties)),
    replace(rpc, "transferProperties", lazy(rpc.transferProperties)),
    replace(Error, "stackTraceLimit", process.env["DEBUG"] === undefined ? 0 : Error.stackTraceLimit),
  ];
  try {
    return await use();
  } finally {
    for (const undo of restore) undo();
  }
}

function replace<Target extends object, Key extends keyof Target>(
  target: Target,
  key: Key,
  value: Target[Key],
) {
  const original = target[key];
  target[key] = value;
  return () => {
    target[key] = original;
  };
}

/** The function with a limit to how many of its calls are under way. */
function paced(call: Serialize): Serialize {
  const waiting: (() => void)[] = [];
  let running = 0;
  let ended = 0;
  let isWatched = false;
  const admit = (): void => {
    running += 1;
    waiting.shift()?.();
  };
  /** Calls that wait for one that is not admitted yet would wait for ever: when nothing ends, one more is let in. */
  const watch = async (): Promise<void> => {
    isWatched = true;
    while (waiting.length > 0) {
      const before = ended;
      await nextTurn();
      await nextTurn();
      if (ended === before && waiting.length > 0) admit();
    }
    isWatched = false;
  };
  return async (...args) => {
    if (running < AT_ONCE) running += 1;
    else
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        if (!isWatched) void watch();
      });
    try {
      return await call(...args);
    } finally {
      running -= 1;
      ended += 1;
      if (running < AT_ONCE && waiting.length > 0) admit();
    }
  };
}

/** The function that gives a resource an output for each of its properties, put off until somebody looks at one. */
function lazy(transfer: Transfer): Transfer {
  return (onto, label, props) => {
    const resolvers: Record<string, Resolver> = {};
    for (const [key, value] of Object.entries(props)) {
      if (key === "id" || key === "urn") continue;
      let resolve: Resolver | undefined;
      let answer: unknown[] | undefined;
      Object.defineProperty(onto, key, {
        configurable: true,
        enumerable: true,
        get: () => {
          Reflect.deleteProperty(onto, key);
          resolve = transfer(onto, label, { [key]: value as unknown })[key];
          if (answer !== undefined) resolve?.(...answer);
          return (onto as Record<string, unknown>)[key];
        },
        set: (own: unknown) => {
          Object.defineProperty(onto, key, {
            configurable: true,
            enumerable: true,
            writable: true,
            value: own,
          });
        },
      });
      resolvers[key] = (...args) => {
        answer = args;
        resolve?.(...args);
      };
    }
    return resolvers;
  };
}
