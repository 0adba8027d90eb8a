import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/longest-first.ts";

const node = { environment: "node" as const, testTimeout: 20_000 };
// Modules are loaded once for all files of a worker: loading them for each file took longer than the tests.
const quick = { ...node, isolate: false };

// Projects by what they need: unit nothing, db-* a database, system and browser the real Debian tools.
export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  test: {
    maxWorkers: availableParallelism(),
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          ...quick,
          name: "unit",
          include: ["src/**/*.test.{ts,tsx}"],
          exclude: ["src/**/*.db.test.ts"],
        },
      },
      {
        extends: true,
        test: {
          ...quick,
          name: "db-sqlite",
          include: ["src/**/*.db.test.ts"],
          env: { MBD_TEST_DB: "sqlite" },
        },
      },
      {
        extends: true,
        test: {
          ...quick,
          name: "db-postgres",
          include: ["src/**/*.db.test.ts"],
          env: { MBD_TEST_DB: "postgres" },
        },
      },
      {
        extends: true,
        test: {
          ...node,
          name: "system",
          include: ["test/system/**/*.test.ts"],
          globalSetup: "test/system/set-up.ts",
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
      {
        extends: true,
        test: {
          ...node,
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          globalSetup: "test/system/set-up.ts",
          testTimeout: 120_000,
          hookTimeout: 600_000,
        },
      },
      {
        extends: true,
        test: {
          ...node,
          name: "crash",
          include: ["test/crash/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 3_600_000,
          hookTimeout: 600_000,
        },
      },
      {
        extends: true,
        test: {
          ...node,
          name: "packages",
          include: ["test/packages/**/*.test.ts"],
          globalSetup: "test/system/set-up.ts",
          testTimeout: 3_600_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
