// Forgetting: what is old goes, what anybody still needs does not, and tombstones say what was there.
import * as Effect from "effect/Effect";
import { expect, test } from "./rule.ts";
import type { PurgeRequest } from "../../core/purge.ts";
import { dump } from "../../core/store-dump.ts";
import type { StorePort } from "../../core/store.ts";
import {
  aDelay,
  aRun,
  aSkip,
  aStatus,
  aWaiting,
  anAttempt,
  anEvent,
  anOpen,
  claimAs,
  entered,
  noon,
  onStore,
  writes,
  type Subject,
} from "./subject.ts";

const later = noon + 1_000;

/** What is before `later` goes; no tombstone does unless it is asked for. */
const purged = (store: StorePort, request: Partial<PurgeRequest> = {}) =>
  store.purge({ before: later, tombstonesBefore: 0, limit: 1_000, ...request });

/** A run that is over, from its event to the last of its moves, all of it routed. */
const lived = (store: StorePort, id: string) =>
  Effect.gen(function* () {
    yield* store.commit(writes({ signals: [anEvent(`event-of-${id}`)], runs: [aRun(id)] }));
    yield* store.commit(
      writes({
        signals: [aStatus(id, "running"), aStatus(id, "succeeded", { result: { bytes: 7 } })],
        patches: [{ run: id, patch: { state: "succeeded", settledAt: noon, token: 1 } }],
        attempts: [anAttempt(id)],
        skips: [aSkip(`skip-of-${id}`)],
      }),
    );
    yield* routed(store);
  });

/** Everything that is stored is routed. */
const routed = (store: StorePort) =>
  Effect.gen(function* () {
    const { rows } = yield* store.list("signal", { limit: 1 });
    yield* store.commit(writes({ watermark: { seq: rows[0]?.seq ?? 0, at: noon } }));
  });

export const purgeRules = (subject: Subject): void => {
  whatGoes(subject);
  whatStays(subject);
  tombstones(subject);
};

const whatGoes = (subject: Subject): void => {
  test("runs that are over, their attempts, routed signals and skips go when they are older than the instant, and are told", () =>
    onStore(subject, ({ store, again }) =>
      Effect.gen(function* () {
        yield* lived(store, "a");
        yield* lived(store, "b");
        expect(yield* purged(store, { before: noon })).toEqual({
          signals: 0,
          runs: 0,
          skips: 0,
          tombstones: 0,
          more: false,
        });
        expect(yield* purged(store)).toEqual({
          signals: 6,
          runs: 2,
          skips: 2,
          tombstones: 0,
          more: false,
        });
        const { runs, attempts, signals, skips } = yield* dump(yield* again);
        expect([runs, attempts, signals, skips]).toEqual([[], [], [], []]);
        expect(yield* store.summary).toMatchObject({
          runs: { succeeded: 0, pending: 0 },
          signals: 0,
          skips: 0,
          unrouted: 0,
        });
      }),
    ));

  test("no more than the limit of each kind goes at once, the oldest first, until there is no more", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        for (const id of ["a", "b", "c"]) yield* lived(store, id);
        const replies = [];
        for (let more = true; more;) {
          const reply = yield* purged(store, { limit: 2 });
          replies.push([reply.signals, reply.runs, reply.skips]);
          more = reply.more;
        }
        expect(replies).toEqual([
          [2, 0, 2],
          [2, 1, 1],
          [2, 1, 0],
          [2, 0, 0],
          [1, 1, 0],
        ]);
      }),
    ));

  test("the log goes on where it was: seq and `at` count what is forgotten", () =>
    onStore(subject, ({ store, clock }) =>
      Effect.gen(function* () {
        yield* lived(store, "a");
        yield* purged(store);
        clock.now -= 500;
        yield* store.commit(writes({ signals: [anEvent("next")], skips: [aSkip("s")] }));
        yield* store.commit(writes({ runs: [aRun("b")] }));
        const { signals, more } = yield* store.read({ revision: null, limit: 10 });
        expect([signals.map(({ seq, id, at }) => [seq, id, at]), more]).toEqual([
          [[4, "next", noon]],
          false,
        ]);
        expect(yield* store.summary).toMatchObject({ unrouted: 1, signals: 1, skips: 1 });
      }),
    ));

  test("owners that were closed go; those that are open stay", () =>
    onStore(subject, ({ store, clock }) =>
      Effect.gen(function* () {
        yield* entered(store);
        yield* store.enter({ id: "gone", host: "here", process: 8 });
        clock.now += 5;
        yield* store.leave("gone");
        yield* purged(store, { before: clock.now });
        expect((yield* store.list("owner", { limit: 9 })).rows).toHaveLength(2);
        yield* purged(store, { before: clock.now + 1 });
        expect((yield* store.list("owner", { limit: 9 })).rows.map(({ id }) => id)).toEqual([
          "engine",
        ]);
      }),
    ));
};

const whatStays = (subject: Subject): void => {
  test("nothing goes that anybody still needs: runs that are not over, what is not routed, what waits", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        yield* entered(store);
        yield* store.commit(writes({ runs: [aRun("held"), aRun("waits", { dueAt: later + 5 })] }));
        yield* claimAs(store);
        yield* store.commit(
          writes({
            signals: [anEvent("routed"), anEvent("unrouted"), aStatus("held", "running")],
            waiting: { put: [aWaiting(1)], remove: [] },
            deadlines: { put: [aDelay("d", noon)], remove: [] },
            open: { put: [anOpen("settled:held", "held")], remove: [] },
            watermark: { seq: 1, at: noon },
          }),
        );
        const before = yield* dump(store);
        const reply = yield* purged(store, { before: later + 1_000_000 });
        expect(reply).toMatchObject({ signals: 1, runs: 0, skips: 0 });
        const after = yield* dump(store);
        expect({ ...after, signals: before.signals, tombstones: [] }).toEqual(before);
        expect(after.signals.map(({ id }) => id)).toEqual(["unrouted", "status:held:1:running"]);
        expect(after.watermark).toEqual(before.watermark);
      }),
    ));

  test("a run stays while one of its moves is in the log, with all that the move tells", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        const settled = { state: "failed", settledAt: noon, token: 1 } as const;
        yield* store.commit(writes({ runs: [aRun("r", { input: { path: "x" } })] }));
        yield* store.commit(
          writes({
            signals: [aStatus("r", "failed", { input: { path: "x" } })],
            patches: [{ run: "r", patch: settled }],
          }),
        );
        expect(yield* purged(store)).toMatchObject({ signals: 0, runs: 0 });
        const { signals } = yield* store.read({ revision: null, limit: 5 });
        expect(signals[0]).toMatchObject({
          id: "status:r:1:failed",
          origin: "r",
          signal: { input: { path: "x" } },
        });
        yield* routed(store);
        expect(yield* purged(store)).toMatchObject({ signals: 1, runs: 1 });
      }),
    ));

  test("a run that is gone can't be patched, held or found; what is written of it writes nothing", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        yield* lived(store, "a");
        yield* purged(store);
        const before = yield* dump(store);
        const reply = yield* store.commit({
          checks: [{ _tag: "InState", run: "a", token: 1, states: ["succeeded"] }],
        });
        expect(reply._tag).toBe("Conflict");
        yield* store.commit(
          writes({
            patches: [{ run: "a", patch: { state: "pending" } }],
            attempts: [anAttempt("a", 2)],
          }),
        );
        expect(yield* dump(store)).toEqual(before);
      }),
    ));
};

const tombstones = (subject: Subject): void => {
  test("an event that is forgotten is a duplicate, or differs, through any handle, until its tombstone goes", () =>
    onStore(subject, ({ store, again }) =>
      Effect.gen(function* () {
        const event = (n: number) => anEvent("e", { payload: { n } });
        yield* store.commit(writes({ signals: [event(1)], watermark: { seq: 1, at: noon } }));
        yield* purged(store);
        for (const handle of [store, yield* again]) {
          const reply = yield* handle.commit(writes({ signals: [event(1), event(2)] }));
          expect(reply).toEqual({ _tag: "Committed", signals: ["duplicate", "differs"] });
        }
        expect(yield* purged(store, { tombstonesBefore: noon })).toMatchObject({ tombstones: 0 });
        expect(yield* purged(store, { tombstonesBefore: later })).toMatchObject({ tombstones: 1 });
        const reply = yield* store.commit(writes({ signals: [event(2), event(2)] }));
        expect(reply).toEqual({ _tag: "Committed", signals: ["accepted", "duplicate"] });
      }),
    ));

  test("a run that is forgotten is not created again, through any handle, until its tombstone goes", () =>
    onStore(subject, ({ store, again }) =>
      Effect.gen(function* () {
        yield* lived(store, "a");
        yield* purged(store);
        const asked = { runs: ["a", "b"], triggers: ["thumbnail"] };
        for (const handle of [store, yield* again]) {
          yield* handle.commit(writes({ runs: [aRun("a")] }));
          expect((yield* handle.list("run", { limit: 5 })).rows).toEqual([]);
          expect(yield* handle.owed(asked)).toEqual({ runs: ["a"], forgotten: {} });
        }
        yield* purged(store, { tombstonesBefore: later });
        expect(yield* store.owed(asked)).toEqual({ runs: [], forgotten: { thumbnail: noon } });
        yield* store.commit(writes({ runs: [aRun("a")] }));
        expect((yield* store.list("run", { limit: 5 })).rows).toEqual([aRun("a")]);
        expect(yield* store.owed(asked)).toMatchObject({ runs: ["a"] });
      }),
    ));

  test("a run's tombstone outlives those of the events that caused it, and a delayed event's counts from when it is heard", () =>
    onStore(subject, ({ store, clock }) =>
      Effect.gen(function* () {
        yield* store.commit(
          writes({ signals: [anEvent("early"), anEvent("late", { dueAt: noon + 50 })] }),
        );
        clock.now += 10;
        yield* lived(store, "a");
        yield* store.commit(
          writes({ patches: [{ run: "a", patch: { settledAt: clock.now + 5 } }] }),
        );
        yield* purged(store);
        const ids = () =>
          Effect.map(store.list("tombstone", { limit: 9 }), ({ rows }) =>
            rows.map(({ kind, id }) => `${kind} ${id}`),
          );
        expect(yield* ids()).toEqual(["event early", "event event-of-a", "event late", "run a"]);
        yield* purged(store, { tombstonesBefore: noon + 11 });
        expect(yield* ids()).toEqual(["event late", "run a"]);
        yield* purged(store, { tombstonesBefore: noon + 16 });
        expect(yield* ids()).toEqual(["event late", "trigger thumbnail"]);
        yield* purged(store, { tombstonesBefore: noon + 51 });
        expect(yield* ids()).toEqual(["trigger thumbnail"]);
      }),
    ));

  test("a trigger keeps the latest instant up to which its runs are forgotten, however much is purged", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        for (const [id, settledAt] of [
          ["a", noon + 7],
          ["b", noon + 3],
        ] as const)
          yield* store.commit(writes({ runs: [aRun(id, { state: "cancelled", settledAt })] }));
        for (let rounds = 0; rounds < 6; rounds++)
          yield* purged(store, { tombstonesBefore: later, limit: 1 });
        expect(yield* store.owed({ runs: ["a", "b"], triggers: ["thumbnail", "other"] })).toEqual({
          runs: [],
          forgotten: { thumbnail: noon + 7 },
        });
      }),
    ));

  test("an event under an id that a run's move could have is remembered as any other", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        yield* store.commit(
          writes({
            signals: [anEvent("status:r:1:running")],
            watermark: { seq: 1, at: noon },
          }),
        );
        yield* purged(store);
        yield* store.commit(writes({ runs: [aRun("r")] }));
        const move = () => store.commit(writes({ signals: [aStatus("r", "running")] }));
        expect(yield* move()).toEqual({ _tag: "Committed", signals: ["differs"] });
        yield* purged(store, { tombstonesBefore: later });
        expect(yield* move()).toEqual({ _tag: "Committed", signals: ["accepted"] });
      }),
    ));
};
