// From a URL to a store. The one place, with the runtime's index, that knows which adapters there are.
import * as path from "node:path";
import * as Effect from "effect/Effect";
import type * as Scope from "effect/Scope";
import { InputError, type StoreError } from "../core/errors.ts";
import { memoryStore } from "../core/memory-store.ts";
import { withoutSecrets } from "../core/store-url.ts";
import type { StorePort } from "../core/store.ts";

export interface OpenStoreOptions {
  readonly app: string;
  readonly durability?: "power" | "process";
}

/** Opens the store that a URL names, `memory:`, `sqlite:FILE` or `postgres://…`; closed with the scope. A relative FILE is below the working directory. */
export const openStore = (
  url: string,
  options: OpenStoreOptions,
): Effect.Effect<StorePort, StoreError | InputError, Scope.Scope> =>
  Effect.suspend((): Effect.Effect<StorePort, StoreError | InputError, Scope.Scope> => {
    if (url === "memory:" || url === "memory") return Effect.succeed(memoryStore());
    if (/^postgres(ql)?:/.test(url))
      return Effect.flatMap(postgres, ({ openPostgresStore }) =>
        openPostgresStore({ url, ...options }),
      );
    if (!url.startsWith("sqlite:") || url === "sqlite:")
      return Effect.fail(
        new InputError(
          `the store ${JSON.stringify(withoutSecrets(url))} is none that detent knows; give sqlite:FILE, postgres://… or memory:`,
        ),
      );
    const file = path.resolve(url.slice("sqlite:".length));
    return Effect.flatMap(
      Effect.promise(() => import("../adapters/sqlite/index.ts")),
      ({ openSqliteStore }) => openSqliteStore({ file, ...options }),
    );
  });

/** Without the package of its driver it can't be imported, and says so in an InputError. */
const postgres = Effect.tryPromise({
  try: () => import("../adapters/postgres/index.ts"),
  catch: (error) => {
    if (error instanceof InputError) return error;
    throw error;
  },
});
