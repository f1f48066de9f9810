// The log: one place and one instant for each signal, whoever stores it and whatever the clock does.
import * as Effect from "effect/Effect";
import { expect, test } from "./rule.ts";
import { aRun, aStatus, anEvent, noon, onStore, writes, type Subject } from "./subject.ts";
import type { StorePort } from "../../core/store.ts";

const logOf = (store: StorePort) =>
  Effect.map(store.list("signal", { limit: 100, order: "oldest" }), ({ rows }) => rows);

export const logRules = (subject: Subject): void => {
  test("seq counts stored signals from 1, without gaps, and `at` is the store's clock", () =>
    onStore(subject, ({ store, clock }) =>
      Effect.gen(function* () {
        yield* store.commit(
          writes({
            signals: [anEvent("a"), anEvent("b", { payload: { path: "x" }, origin: "run-1" })],
          }),
        );
        clock.now += 5;
        yield* store.commit(
          writes({ signals: [anEvent("b"), anEvent("c", { dueAt: noon + 1_000 })] }),
        );
        expect(yield* logOf(store)).toEqual([
          {
            seq: 1,
            at: noon,
            id: "a",
            signal: { _tag: "Event", id: "a", name: "arrived", payload: null, at: noon },
            origin: null,
            dueAt: null,
          },
          {
            seq: 2,
            at: noon,
            id: "b",
            signal: { _tag: "Event", id: "b", name: "arrived", payload: { path: "x" }, at: noon },
            origin: "run-1",
            dueAt: null,
          },
          {
            seq: 3,
            at: noon + 5,
            id: "c",
            signal: { _tag: "Event", id: "c", name: "arrived", payload: null, at: noon + 5 },
            origin: null,
            dueAt: noon + 1_000,
          },
        ]);
      }),
    ));

  test("`at` never falls along the log, also when the clock is set back", () =>
    onStore(subject, ({ store, clock }) =>
      Effect.gen(function* () {
        yield* store.commit(writes({ signals: [anEvent("a")] }));
        clock.now = noon - 60_000;
        yield* store.commit(writes({ signals: [anEvent("b")] }));
        clock.now = noon + 1;
        yield* store.commit(writes({ signals: [anEvent("c")] }));
        expect((yield* logOf(store)).map(({ at }) => at)).toEqual([noon, noon, noon + 1]);
      }),
    ));

  test("no signal is stored at an instant before the watermark, nor before the one that its own commit sets", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        yield* store.commit(writes({ watermark: { seq: 0, at: noon + 50 } }));
        yield* store.commit(writes({ signals: [anEvent("a")] }));
        yield* store.commit(
          writes({ signals: [anEvent("b")], watermark: { seq: 1, at: noon + 70 } }),
        );
        expect((yield* logOf(store)).map(({ at }) => at)).toEqual([noon + 50, noon + 70]);
      }),
    ));

  test("a signal whose id is stored is answered duplicate, or differs if its name or payload is another, and changes nothing", () =>
    onStore(subject, ({ store, clock }) =>
      Effect.gen(function* () {
        const first = yield* store.commit(
          writes({ signals: [anEvent("a", { payload: { x: 1, y: [2] } })] }),
        );
        expect(first).toEqual({ _tag: "Committed", signals: ["accepted"] });
        const before = yield* logOf(store);
        clock.now += 10;
        const again = yield* store.commit(
          writes({
            signals: [
              anEvent("a", { payload: { y: [2], x: 1 } }),
              anEvent("a", { payload: { x: 1 } }),
              anEvent("a", { name: "left", payload: { x: 1, y: [2] } }),
              anEvent("a", { payload: { x: 1, y: [2] }, dueAt: noon + 5, origin: "run-1" }),
            ],
          }),
        );
        expect(again).toEqual({
          _tag: "Committed",
          signals: ["duplicate", "differs", "differs", "duplicate"],
        });
        expect(yield* logOf(store)).toEqual(before);
      }),
    ));

  test("an event keeps the instant at which it happened, which is neither its place nor a difference", () =>
    onStore(subject, ({ store, again }) =>
      Effect.gen(function* () {
        const past = anEvent("a", { at: noon - 5 });
        yield* store.commit(writes({ signals: [past, anEvent("b")] }));
        const reply = yield* store.commit(
          writes({ signals: [past, anEvent("a"), anEvent("b", { at: 1 })] }),
        );
        expect(reply).toMatchObject({ signals: ["duplicate", "duplicate", "duplicate"] });
        for (const handle of [store, yield* again])
          expect((yield* logOf(handle)).map(({ at, signal }) => [at, signal.at])).toEqual([
            [noon, noon - 5],
            [noon, noon],
          ]);
      }),
    ));

  test("a signal that comes twice in one batch is stored once", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        const reply = yield* store.commit(
          writes({
            signals: [anEvent("a"), anEvent("a"), anEvent("a", { payload: 1 }), anEvent("b")],
          }),
        );
        expect(reply).toEqual({
          _tag: "Committed",
          signals: ["accepted", "duplicate", "differs", "accepted"],
        });
        expect((yield* logOf(store)).map(({ seq, id }) => [seq, id])).toEqual([
          [1, "a"],
          [2, "b"],
        ]);
      }),
    ));

  test("a run's move is stored once, with its outcome, whether or not its run is stored", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        yield* store.commit(writes({ runs: [aRun("known", { input: { path: "x" } })] }));
        for (const run of ["known", "unknown"]) {
          const moves = [
            aStatus(run, "running", { input: { path: "x" } }),
            aStatus(run, "succeeded", { input: { path: "x" }, result: { bytes: 1 } }),
            aStatus(run, "running", { input: { path: "other" }, token: 2, origin: null }),
            aStatus(run, "running", { token: 3, origin: "another" }),
          ];
          expect(yield* store.commit(writes({ signals: moves }))).toEqual({
            _tag: "Committed",
            signals: moves.map(() => "accepted"),
          });
          expect(yield* store.commit(writes({ signals: moves }))).toEqual({
            _tag: "Committed",
            signals: moves.map(() => "duplicate"),
          });
          const other = aStatus(run, "succeeded", { input: { path: "x" }, result: { bytes: 2 } });
          expect(yield* store.commit(writes({ signals: [other] }))).toEqual({
            _tag: "Committed",
            signals: ["differs"],
          });
          const stored = (yield* store.list("signal", {
            limit: 10,
            order: "oldest",
            where: { ids: moves.map(({ id }) => id) },
          })).rows;
          expect(stored.map(({ seq: _, ...signal }) => signal)).toEqual(
            moves.map((move) => ({ ...move, at: noon, signal: { ...move.signal, at: noon } })),
          );
        }
      }),
    ));

  test("an event can't take the id of a run's move, nor the other way round", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        const status = aStatus("known", "running");
        yield* store.commit(
          writes({
            runs: [aRun("known"), aRun("other")],
            signals: [status, anEvent("status:other:1:running")],
          }),
        );
        const reply = yield* store.commit(
          writes({ signals: [anEvent(status.id), aStatus("other", "running")] }),
        );
        expect(reply).toEqual({ _tag: "Committed", signals: ["differs", "differs"] });
      }),
    ));

  test("read gives the signals after the watermark, at most `limit`, and says whether more follow", () =>
    onStore(subject, ({ store, clock }) =>
      Effect.gen(function* () {
        yield* store.commit(
          writes({ signals: ["a", "b", "c", "d", "e"].map((id) => anEvent(id)) }),
        );
        yield* store.commit(writes({ watermark: { seq: 2, at: noon } }));
        clock.now += 3;
        const pages = [];
        for (const limit of [0, 2, 3, 10]) {
          const { signals, more, now, watermark } = yield* store.read({ revision: null, limit });
          expect({ now, watermark }).toEqual({
            now: noon + 3,
            watermark: { revision: 1, seq: 2, at: noon },
          });
          pages.push([signals.map(({ id }) => id).join(""), more]);
        }
        expect(pages).toEqual([
          ["", true],
          ["cd", true],
          ["cde", false],
          ["cde", false],
        ]);
      }),
    ));
};
