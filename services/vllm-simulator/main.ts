import { enableCompileCache, flushCompileCache } from "node:module";
import * as v8 from "node:v8";

// Many simulators share a small machine. Compiled modules from a cache spare each process 15 MB (40 MB with
// NODE_COMPILE_CACHE in its environment), and a small young generation keeps its heap near what it uses. Both must come
// before the other modules are loaded.
enableCompileCache();
v8.setFlagsFromString("--max-semi-space-size=2");

const { EnvironmentError, parseEnvironment } = await import("./environment.ts");
const { FlagError, parseFlags } = await import("./flags.ts");
const { Lifecycle, log } = await import("./lifecycle.ts");
// Not only at exit: a killed process leaves the cache to the next one, too.
flushCompileCache();

try {
  const lifecycle = new Lifecycle(parseFlags(process.argv.slice(2)), parseEnvironment(process.env));
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => void lifecycle.stop(signal));
  }
  lifecycle.start();
} catch (error) {
  if (!(error instanceof FlagError || error instanceof EnvironmentError)) {
    throw error;
  }
  // As vLLM's argument parser does.
  log(`error: ${error.message}`);
  process.exitCode = 2;
}
