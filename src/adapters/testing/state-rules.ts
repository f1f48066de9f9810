// What routers share: the revision by which they compare and set, and the rows that they read.
import * as Effect from "effect/Effect";
import { expect, test } from "./rule.ts";
import { dump } from "../../core/store-dump.ts";
import type { Batch } from "../../core/store.ts";
import { everything, withHeldRun } from "./batch-rules.ts";
import {
  aCursor,
  aDelay,
  aGeneration,
  aRun,
  aStatus,
  aWaiting,
  aGate,
  aRelease,
  aWithin,
  anEvent,
  anOpen,
  noon,
  onStore,
  writes,
  type Subject,
} from "./subject.ts";

export const stateRules = (subject: Subject): void => {
  test("the revision grows by one with each commit that changes what a router has read, and with no other", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        const {
          watermark: _,
          generation: __,
          waiting,
          cursors,
          deadlines,
          open,
          ...others
        } = everything;
        const none = { put: [], remove: [] };
        yield* store.commit(
          writes({ ...others, waiting: none, cursors: none, deadlines: none, open: none }),
        );
        expect((yield* store.read({ revision: null, limit: 0 })).watermark).toEqual({
          revision: 0,
          seq: 0,
          at: 0,
        });
        const changes: readonly Omit<Batch, "checks">[] = [
          { waiting: waiting! },
          { cursors: cursors! },
          { deadlines: deadlines! },
          { open: open! },
          { generation: aGeneration(1) },
          { watermark: { seq: 1, at: noon } },
          everything,
          { cursors: { put: [], remove: [{ trigger: "nightly", leaf: "cron:0 2 * * *" }] } },
        ];
        for (const [index, change] of changes.entries()) {
          yield* store.commit(writes(change));
          expect((yield* store.read({ revision: null, limit: 0 })).watermark.revision).toBe(
            index + 1,
          );
        }
      }),
    ));

  test("read leaves the state out for a router that has read the revision, and never for another", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        yield* store.commit(writes(everything));
        expect((yield* store.read({ revision: 1, limit: 1 })).state).toBeNull();
        for (const revision of [null, 0, 2]) {
          const { state, generation } = yield* store.read({ revision, limit: 1 });
          expect(generation).toEqual(aGeneration(1));
          expect(state).toEqual({
            cursors: everything.cursors?.put,
            waiting: everything.waiting?.put,
            deadlines: everything.deadlines?.put,
            open: everything.open?.put,
          });
        }
      }),
    ));

  test("waiting matches, cursors, deadlines and open runs are put and replaced by key, then removed, in one batch", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        const status = aStatus("r1", "failed").signal as Extract<
          ReturnType<typeof aStatus>["signal"],
          { _tag: "Status" }
        >;
        yield* store.commit(
          writes({
            waiting: { put: [aWaiting(1), aWaiting(-2), aWaiting(3)], remove: [] },
            cursors: {
              put: [aCursor("a"), aCursor("b"), aCursor("a", { leaf: "every:60000" })],
              remove: [],
            },
            deadlines: {
              put: [aDelay("x", noon + 9), aWithin("y", noon + 3), aDelay("z", noon + 3)],
              remove: [],
            },
            open: {
              put: [
                anOpen("settled:r1", "r1"),
                anOpen("settled:r1", "r2"),
                anOpen("overlap:t", "r2"),
              ],
              remove: [],
            },
          }),
        );
        yield* store.commit(
          writes({
            waiting: {
              put: [aWaiting(1, { key: "k", scopes: ["settled:r1"] }), aWaiting(4)],
              remove: [aWaiting(3), aWaiting(4), aWaiting(99)],
            },
            cursors: {
              put: [aCursor("a", { at: noon + 1, made: { task: "work", input: [null] } })],
              remove: [aCursor("b"), aCursor("none")],
            },
            deadlines: {
              put: [
                aWithin("x", noon + 1),
                aRelease("kept-back", noon + 4),
                aGate("shut", noon + 5),
              ],
              remove: ["z", "none"],
            },
            open: {
              put: [anOpen("settled:r1", "r1", { ended: status })],
              remove: [anOpen("settled:r1", "r2"), anOpen("none", "r1")],
            },
          }),
        );
        expect((yield* store.read({ revision: null, limit: 0 })).state).toEqual({
          waiting: [aWaiting(-2), aWaiting(1, { key: "k", scopes: ["settled:r1"] })],
          cursors: [
            aCursor("a", { at: noon + 1, made: { task: "work", input: [null] } }),
            aCursor("a", { leaf: "every:60000" }),
          ],
          deadlines: [
            aWithin("x", noon + 1),
            aWithin("y", noon + 3),
            aRelease("kept-back", noon + 4),
            aGate("shut", noon + 5),
          ],
          open: [anOpen("overlap:t", "r2"), anOpen("settled:r1", "r1", { ended: status })],
        });
      }),
    ));

  test("the last generation that was committed is the one that is read", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        expect((yield* store.read({ revision: null, limit: 0 })).generation).toBeNull();
        yield* store.commit(writes({ generation: aGeneration(1) }));
        yield* store.commit(
          writes({ generation: aGeneration(2, { triggers: {}, zones: "2026a" }) }),
        );
        expect((yield* store.read({ revision: null, limit: 0 })).generation).toEqual(
          aGeneration(2, { triggers: {}, zones: "2026a" }),
        );
        yield* store.commit(writes({ generation: aGeneration(2, { fingerprint: "again" }) }));
        expect((yield* store.read({ revision: null, limit: 0 })).generation).toEqual(
          aGeneration(2, { fingerprint: "again" }),
        );
      }),
    ));

  test("apps in one place know nothing of each other", () =>
    onStore(subject, ({ store, otherApp }) =>
      Effect.gen(function* () {
        if (otherApp === null) return;
        const other = yield* otherApp;
        yield* withHeldRun(store);
        yield* store.commit(writes(everything));
        const { signals, runs, skips, cursors, watermark } = yield* dump(other);
        expect({ signals, runs, skips, cursors, watermark }).toEqual({
          signals: [],
          runs: [],
          skips: [],
          cursors: [],
          watermark: { revision: 0, seq: 0, at: 0 },
        });
        expect(
          yield* other.commit(
            writes({
              signals: [anEvent("new", { payload: 2 })],
              runs: [aRun("held", { task: "other" })],
            }),
          ),
        ).toEqual({ _tag: "Committed", signals: ["accepted"] });
        expect((yield* dump(other)).signals.map(({ seq }) => seq)).toEqual([1]);
        expect(
          (yield* store.list("run", { limit: 1, where: { ids: ["held"] } })).rows[0]?.task,
        ).toBe("resize");
      }),
    ));
};
