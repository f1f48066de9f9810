import * as Effect from "effect/Effect";
import { memoryStore } from "../../src/core/memory-store.ts";
import { storeContract } from "./store-contract.ts";

storeContract("memory store", {
  open: Effect.sync(() => {
    const store = memoryStore();
    return { store, again: Effect.succeed(store), otherApp: null, kill: store.kill };
  }),
});
