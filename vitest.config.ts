import { randomUUID } from "node:crypto";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks",
    // What is made once for all files of a run is made under its name.
    env: { DETENT_TEST_RUN: randomUUID() },
    // Many tests wait for processes and leases: one file more than the default keeps the machine busy meanwhile.
    maxWorkers: "100%",
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
