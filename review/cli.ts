import { tune } from "./run/tune.ts";

tune();
const { run } = await import("./command-line.ts");
try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  // Errors are written for the person who reads them; a stack trace is for whoever asks for it.
  const text = error instanceof Error ? error.message : String(error);
  console.error(process.env["DEBUG"] === undefined ? text : error);
  process.exitCode = 1;
}
