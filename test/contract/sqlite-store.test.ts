import { describe, test } from "vitest";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { openSqliteStore } from "../../src/adapters/sqlite/index.ts";
import { folder } from "./sqlite-place.ts";
import { storeContract } from "../../src/adapters/testing/index.ts";

storeContract(
  "SQLite store",
  {
    open: Effect.gen(function* () {
      const file = join(yield* folder, "store.db");
      const again = openSqliteStore({ file, durability: "process" });
      return {
        store: yield* again,
        again,
        otherApp: openSqliteStore({ file, app: "other", durability: "process" }),
        kill: null,
      };
    }),
  },
  { describe, test },
);
