import { defineConfig } from "vitest/config";

/** Kinds of test that start programs or share a port range: one file at a time, and minutes to finish. */
const slow = { fileParallelism: false, testTimeout: 300_000, hookTimeout: 600_000 };

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
      { test: { name: "tools", include: ["test/tools/**/*.test.ts"], ...slow } },
      { test: { name: "engine", include: ["test/engine/**/*.test.ts"], ...slow } },
      { test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], ...slow } },
    ],
  },
});
