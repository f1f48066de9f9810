/**
 * Goal: a file of any version of the tables that ever was becomes one of this version, and all that was in it is still there.
 * Method: each version is kept as text, with the same rows; each is opened, compared with the newest, and used.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as Effect from "effect/Effect";
import { expect, test } from "vitest";
import { openSqliteStore } from "../../src/adapters/sqlite/index.ts";
import { schemaVersion } from "../../src/adapters/sqlite/schema.ts";
import { anEvent, claimAs, noon, writes } from "../../src/adapters/testing/subject.ts";
import { dump } from "../../src/core/store-dump.ts";
import { folder } from "./sqlite-place.ts";

const schemas = join(import.meta.dirname, "schemas");
const versions = readdirSync(schemas)
  .map((name) => Number(/^version-(\d+)\.sql$/.exec(name)?.[1]))
  .sort((a, b) => a - b);

/** What is in a file of the version, as this detent reads it; and then a claim, a purge and a signal. */
const opened = (version: number) =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const file = join(yield* folder, "old.db");
        const old = new DatabaseSync(file);
        old.exec(readFileSync(join(schemas, `version-${version}.sql`), "utf8"));
        old.close();
        const store = yield* openSqliteStore({ file, durability: "process" });
        const found = yield* dump(store);
        const { runs } = yield* claimAs(store);
        yield* store.commit(
          writes({
            signals: [anEvent("e1", { payload: { path: "ü.png" } }), anEvent("new")],
            watermark: { seq: 6, at: noon },
          }),
        );
        const limits = { before: Date.now(), tombstonesBefore: 0, limit: 100 };
        const { signals, runs: gone, skips } = yield* store.purge(limits);
        const summary = yield* store.summary;
        const check = new DatabaseSync(file);
        const tables = {
          version: check.prepare("PRAGMA user_version").get(),
          integrity: check.prepare("PRAGMA integrity_check").get(),
        };
        check.close();
        return {
          found,
          claimed: runs.map(({ id }) => id),
          purged: { signals, gone, skips },
          summary,
          tables,
        };
      }),
    ),
  );

test("there is one of each version", () => {
  expect(versions).toEqual(Array.from({ length: schemaVersion }, (_, index) => index + 1));
});

test.each(versions)("a file of version %i is brought up to date, and goes on", async (version) => {
  const [newest, old] = [await opened(schemaVersion), await opened(version)];
  expect(old).toEqual(newest);
  expect(newest).toMatchObject({
    claimed: ["waits"],
    purged: { signals: 6, gone: 1, skips: 1 },
    tables: { version: { user_version: schemaVersion }, integrity: { integrity_check: "ok" } },
  });
  expect(newest.found.runs.map(({ id, state }) => [id, state])).toEqual([
    ["over", "succeeded"],
    ["held", "claimed"],
    ["waits", "pending"],
  ]);
});
