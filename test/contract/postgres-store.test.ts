import { afterAll, beforeAll, describe, test } from "vitest";
import * as Effect from "effect/Effect";
import { openPostgresStore } from "../../src/adapters/postgres/index.ts";
import { storeContract, type Runner } from "../../src/adapters/testing/index.ts";
import type { StoreError } from "../../src/core/errors.ts";
import type { StorePort } from "../../src/core/store.ts";
import { hasPostgres, startServer, type Server } from "../support/postgres.ts";
import type * as Scope from "effect/Scope";

let server: Server;
let apps = 0;

beforeAll(async () => {
  if (hasPostgres) server = await startServer({ trust: true });
}, 60_000);
afterAll(() => server?.stop());

/** Another app for each rule: they are empty, and all in the same tables. */
const handle = (app: string): Effect.Effect<StorePort, StoreError, Scope.Scope> =>
  Effect.orDie(openPostgresStore({ url: server.url, app, clock: "caller" }));

/** Each of some thousand operations goes to a server and back, on a machine that does other things: the rules' times are for stores without one. */
const declare: Runner["test"] = (name, { timeout }, check) =>
  // oxlint-disable-next-line vitest/expect-expect, vitest/valid-title -- the rules expect, and have names
  test.concurrent(name, { timeout: 3 * timeout }, check);

storeContract(
  "PostgreSQL store",
  {
    open: Effect.gen(function* () {
      const app = `app-${++apps}`;
      return {
        store: yield* handle(app),
        again: handle(app),
        otherApp: handle(`${app}-other`),
        kill: (owner) =>
          server.psql(
            `UPDATE detent.owner SET lease_until = 0 WHERE app = '${app}' AND id = '${owner}'`,
          ),
      };
    }),
  },
  {
    describe: hasPostgres ? describe : describe.skip,
    test: declare,
  },
);
