import { describe, test } from "vitest";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { openSqliteStore } from "../../src/adapters/sqlite/index.ts";
import { folder } from "./sqlite-place.ts";
import { storeContract } from "../../src/adapters/testing/index.ts";

for (const durability of ["process", "power"] as const)
  storeContract(
    `SQLite store, durability ${durability}`,
    {
      open: Effect.gen(function* () {
        const file = join(yield* folder, "store.db");
        const again = openSqliteStore({ file, durability });
        return {
          store: yield* again,
          again,
          otherApp: openSqliteStore({ file, app: "other", durability }),
          kill: null,
        };
      }),
    },
    { describe, test },
  );
