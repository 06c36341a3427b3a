import { defineConfig } from "vitest/config";

/** Kinds of test that start programs, and take minutes to finish. */
const slow = { testTimeout: 300_000, hookTimeout: 600_000 };
/** Their programs wait for each other more than they compute: two files at a time, each with ports and folders of its own. */
const paired = { ...slow, maxWorkers: 2 };

export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: "100%",
    projects: [
      {
        test: {
          name: "unit",
          // Loading the SDK and the tables anew for each of 120 files would take as long as all tests do.
          isolate: false,
          include: ["test/unit/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      { test: { name: "tools", include: ["test/tools/**/*.test.ts"], ...paired } },
      { test: { name: "engine", include: ["test/engine/**/*.test.ts"], ...paired } },
      // One whole platform fills the machine.
      { test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], fileParallelism: false, ...slow } },
    ],
  },
});
