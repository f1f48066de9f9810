// Owners: engines that have entered, and what is known of those that are gone.
import * as Effect from "effect/Effect";
import { expect, test } from "./rule.ts";
import type { Batch } from "../../core/store.ts";
import {
  anOwner,
  aPause,
  aRun,
  anEvent,
  claimAs,
  entered,
  noon,
  onStore,
  writes,
  type Subject,
} from "./subject.ts";

export const ownerRules = (subject: Subject): void => {
  test("who enters is open until it leaves, and stays on record", () =>
    onStore(subject, ({ store, clock }) =>
      Effect.gen(function* () {
        yield* entered(store);
        expect((yield* store.list("owner", { limit: 5 })).rows).toEqual([
          { ...anOwner("engine"), enteredAt: noon, closedAt: null },
        ]);
        clock.now += 5;
        yield* store.leave("engine");
        yield* store.leave("nobody");
        yield* store.enter(anOwner("next"));
        expect((yield* store.list("owner", { limit: 5 })).rows).toEqual([
          { ...anOwner("engine"), enteredAt: noon, closedAt: noon + 5 },
          { ...anOwner("next"), enteredAt: noon + 5, closedAt: null },
        ]);
      }),
    ));

  test("an owner that holds a run does not leave, for of a closed one nobody would take it back; when its runs are over it does", () =>
    onStore(subject, ({ store, clock }) =>
      Effect.gen(function* () {
        yield* entered(store);
        yield* store.enter({ id: "other", host: "here", process: 8 });
        yield* store.commit(writes({ runs: [aRun("a")] }));
        const { runs } = yield* claimAs(store);
        clock.now += 5;
        const open = Effect.gen(function* () {
          yield* store.leave("engine");
          const { rows } = yield* store.list("owner", { limit: 5 });
          return rows.filter(({ closedAt }) => closedAt === null).map(({ id }) => id);
        });
        expect(yield* open).toEqual(["engine", "other"]);
        yield* store.leave("other");
        expect(yield* open).toEqual(["engine"]);
        const release = { state: "pending", owner: null, nonce: null } as const;
        yield* store.commit(
          writes({ patches: runs.map(({ id }) => ({ run: id, patch: release })) }),
        );
        expect(yield* open).toEqual([]);
      }),
    ));

  test("entering again under the same id changes nothing", () =>
    onStore(subject, ({ store, clock }) =>
      Effect.gen(function* () {
        yield* entered(store);
        clock.now += 5;
        yield* entered(store);
        expect((yield* store.list("owner", { limit: 5 })).rows).toEqual([
          { ...anOwner("engine"), enteredAt: noon, closedAt: null },
        ]);
      }),
    ));

  test("an owner that lives, has left or was closed is never told dead", () =>
    onStore(subject, ({ store, again }) =>
      Effect.gen(function* () {
        yield* entered(store);
        expect(yield* (yield* again).dead).toEqual([]);
        expect(yield* store.dead).toEqual([]);
        yield* store.leave("engine");
        expect(yield* store.dead).toEqual([]);
      }),
    ));

  test("an owner that died is told dead until it is closed; its runs stay its own until they are taken back", () =>
    onStore(subject, ({ store, kill }) =>
      Effect.gen(function* () {
        if (kill === null) return;
        yield* entered(store);
        yield* store.commit(writes({ runs: [aRun("a")] }));
        yield* claimAs(store);
        kill("engine");
        expect(yield* store.dead).toEqual([
          { ...anOwner("engine"), enteredAt: noon, closedAt: null },
        ]);
        expect(
          (yield* store.list("run", { limit: 5, where: { owner: "engine", states: ["claimed"] } }))
            .rows,
        ).toHaveLength(1);
        yield* store.commit({
          checks: [{ _tag: "OwnerOpen", owner: "engine" }],
          close: { owner: "engine", at: noon },
        });
        expect(yield* store.dead).toEqual([]);
      }),
    ));

  test("listeners are told of signals, runs, changes of runs and tasks that are resumed from any handle, until they stop listening", () =>
    onStore(subject, ({ store, again }) =>
      Effect.gen(function* () {
        const other = yield* again;
        const told = (): {
          readonly next: Promise<void>;
          readonly stop: () => void;
          readonly count: () => number;
        } => {
          let count = 0;
          let resolve = (): void => undefined;
          const next = new Promise<void>((done) => (resolve = done));
          const stop = store.changes(() => {
            count++;
            resolve();
          });
          return { next, stop, count: () => count };
        };
        const newsOf = (name: string): readonly Batch[] => [
          writes({ signals: [anEvent(name)] }),
          writes({ runs: [aRun(name)] }),
          writes({ patches: [{ run: name, patch: { cancelRequested: true } }] }),
          writes({ deadlines: { put: [], remove: [aPause({ task: "resize" }).id] } }),
        ];
        for (const [index, handle] of [store, other].entries()) {
          for (const batch of newsOf(`news-${index}`)) {
            const listener = told();
            yield* handle.commit(batch);
            yield* Effect.promise(() => listener.next);
            listener.stop();
          }
        }
        const quiet = told();
        quiet.stop();
        const loud = told();
        yield* store.commit(writes({ signals: [anEvent("last")] }));
        yield* Effect.promise(() => loud.next);
        loud.stop();
        expect(quiet.count()).toBe(0);
      }),
    ));
};
