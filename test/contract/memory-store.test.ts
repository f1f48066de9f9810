import { describe, test } from "vitest";
import * as Effect from "effect/Effect";
import { memoryStore } from "../../src/core/memory-store.ts";
import { storeContract } from "../../src/adapters/testing/index.ts";

storeContract(
  "memory store",
  {
    open: Effect.sync(() => {
      const store = memoryStore();
      return { store, again: Effect.succeed(store), otherApp: null, kill: store.kill };
    }),
  },
  { describe, test },
);
