/**
 * Goal: what a store in a file has acknowledged is there after its process was killed in the middle, each batch as a whole or not at all, and ids that several processes store at
 * once are stored by one of them.
 * Method: child processes that say what was acknowledged, killed with SIGKILL after so many words.
 */
import { join } from "node:path";
import * as Effect from "effect/Effect";
import type * as Scope from "effect/Scope";
import { expect, test } from "vitest";
import { openSqliteStore } from "../../src/adapters/sqlite/index.ts";
import type { StoreError } from "../../src/core/errors.ts";
import { dump } from "../../src/core/store-dump.ts";
import { child } from "./sqlite-child.ts";
import { folder, shell } from "./sqlite-place.ts";

const run = (test: Effect.Effect<void, StoreError, Scope.Scope>): Promise<void> =>
  Effect.runPromise(Effect.scoped(test));

test(
  "after kill -9, again and again, everything acknowledged is there, all or nothing, and counted right",
  { timeout: 120_000 },
  () =>
    run(
      Effect.gen(function* () {
        const file = join(yield* folder, "x.db");
        const acknowledged: string[] = [];
        for (let kills = 0; kills < 6; kills++) {
          const engine = yield* child(file, "write");
          yield* engine.said(`wrote ${engine.pid}-${3 + kills * 17}-0`);
          yield* engine.kill;
          acknowledged.push(...engine.lines());
          // The next one takes over: what the last one was is over.
          const store = yield* openSqliteStore({ file });
          const dead = yield* store.dead;
          expect(dead.map((owner) => owner.process)).toEqual([engine.pid]);
          const { rows } = yield* store.list("run", { limit: 10_000, where: { owner: "child" } });
          yield* store.commit({
            checks: [{ _tag: "OwnerOpen", owner: "child" }],
            patches: rows.map(({ id }) => ({
              run: id,
              patch: { state: "lost", owner: null, nonce: null, settledAt: 0 },
            })),
            close: { owner: "child", at: 0 },
          });
          yield* forgetOwner(file);
        }
        const store = yield* openSqliteStore({ file });
        const { signals, runs, skips, watermark } = yield* dump(store);
        const stored = signals.map(({ id }) => id);
        expect([runs.map(({ id }) => id), skips.map(({ id }) => id).toReversed()]).toEqual([
          stored,
          stored.toReversed(),
        ]);
        expect(watermark.revision).toBe(stored.length);
        const wrote = acknowledged.flatMap((line) =>
          line.startsWith("wrote ") ? [line.slice(6)] : [],
        );
        expect(wrote.length).toBeGreaterThan(500);
        expect(wrote.filter((id) => !stored.includes(id))).toEqual([]);
        const claimed = acknowledged.flatMap((line) =>
          line.startsWith("claimed ") ? [line.slice(8)] : [],
        );
        expect(new Set(claimed).size).toBe(claimed.length);
        const states = new Map(runs.map(({ id, state }) => [id, state]));
        expect(claimed.filter((id) => states.get(id) !== "lost")).toEqual([]);
        yield* isSound(file, { signals: signals.length, runs: (yield* store.summary).runs });
      }),
    ),
);

/** Owners' ids are new with each incarnation; the child of this test always has the same. */
const forgetOwner = (file: string) =>
  Effect.scoped(Effect.map(shell(file), (database) => database.exec("DELETE FROM owner")));

/** SQLite finds no fault in the file, and the counts are those of the rows. */
const isSound = (
  file: string,
  counted: { readonly signals: number; readonly runs: Readonly<Record<string, number>> },
) =>
  Effect.map(shell(file), (database) => {
    expect(database.prepare("PRAGMA integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
    expect(database.prepare("SELECT count(*) AS count FROM signal").get()).toEqual({
      count: counted.signals,
    });
    const states = database
      .prepare("SELECT state, count(*) AS count FROM run GROUP BY state")
      .all() as { state: string; count: number }[];
    expect({
      ...counted.runs,
      ...Object.fromEntries(states.map(({ state, count }) => [state, count])),
    }).toEqual(counted.runs);
  });

test(
  "of several processes that store the same ids at once, one is the first with each",
  { timeout: 120_000 },
  () =>
    run(
      Effect.gen(function* () {
        const file = join(yield* folder, "x.db");
        const racers = [
          yield* child(file, "race", "400"),
          yield* child(file, "race", "400"),
          yield* child(file, "race", "400"),
        ];
        for (const racer of racers) yield* racer.ended;
        const firsts = racers.flatMap((racer) =>
          racer.lines().filter((line) => line.startsWith("first ")),
        );
        expect(racers.map((racer) => racer.lines().at(-1))).toEqual(["over", "over", "over"]);
        expect([firsts.length, new Set(firsts).size]).toEqual([400, 400]);
        const store = yield* openSqliteStore({ file });
        const { signals } = yield* dump(store);
        expect(signals.map(({ seq }) => seq)).toEqual(
          Array.from({ length: 400 }, (_, index) => index + 1),
        );
        yield* isSound(file, { signals: 400, runs: (yield* store.summary).runs });
      }),
    ),
);
