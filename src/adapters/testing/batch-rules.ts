// Batches: all of it or nothing, and what each kind of write does.
import * as Effect from "effect/Effect";
import { expect, test } from "./rule.ts";
import { dump } from "../../core/store-dump.ts";
import type { Batch, Check, StorePort } from "../../core/store.ts";
import {
  aCursor,
  aDelay,
  aGeneration,
  aRun,
  aSkip,
  aStatus,
  aWaiting,
  anAttempt,
  anEvent,
  anOpen,
  anOwner,
  claimAs,
  entered,
  noon,
  onStore,
  writes,
  type Subject,
} from "./subject.ts";

/** Writes to every table. */
export const everything: Omit<Batch, "checks"> = {
  signals: [anEvent("new")],
  runs: [aRun("new")],
  patches: [{ run: "held", patch: { priority: 9 } }],
  attempts: [anAttempt("held")],
  skips: [aSkip("new")],
  waiting: { put: [aWaiting(1)], remove: [] },
  cursors: { put: [aCursor("nightly")], remove: [] },
  deadlines: { put: [aDelay("late", noon + 1)], remove: [] },
  open: { put: [anOpen("settled:new", "new")], remove: [] },
  close: { owner: "engine", at: noon },
  generation: aGeneration(1),
  watermark: { seq: 1, at: noon },
};

/** A store in which `engine` holds the run `held` with token 1, and `waits` is pending. */
export const withHeldRun = (store: StorePort) =>
  Effect.gen(function* () {
    yield* entered(store);
    yield* store.commit(writes({ runs: [aRun("held", { input: { path: "x" } })] }));
    yield* claimAs(store);
    yield* store.commit(writes({ runs: [aRun("waits")], watermark: { seq: 0, at: noon } }));
  });

const holding: readonly Check[] = [
  { _tag: "Revision", revision: 1 },
  { _tag: "Held", run: "held", owner: "engine", token: 1, states: ["claimed"] },
  { _tag: "Held", run: "held", owner: "engine", token: 1, states: ["running", "claimed"] },
  {
    _tag: "Held",
    run: "held",
    owner: "engine",
    token: 1,
    states: ["claimed"],
    cancelRequested: false,
  },
  { _tag: "InState", run: "held", token: 1, states: ["claimed", "running"] },
  { _tag: "InState", run: "waits", token: 0, states: ["pending"] },
  { _tag: "OwnerOpen", owner: "engine" },
];

const failing: readonly Check[] = [
  { _tag: "Revision", revision: 0 },
  { _tag: "Revision", revision: 2 },
  { _tag: "Held", run: "held", owner: "other", token: 1, states: ["claimed"] },
  { _tag: "Held", run: "held", owner: "engine", token: 2, states: ["claimed"] },
  {
    _tag: "Held",
    run: "held",
    owner: "engine",
    token: 1,
    states: ["claimed"],
    cancelRequested: true,
  },
  { _tag: "Held", run: "held", owner: "engine", token: 1, states: ["running"] },
  { _tag: "Held", run: "held", owner: "engine", token: 1, states: [] },
  { _tag: "Held", run: "none", owner: "engine", token: 1, states: ["claimed"] },
  { _tag: "InState", run: "held", token: 0, states: ["claimed"] },
  { _tag: "InState", run: "held", token: 1, states: ["pending", "succeeded"] },
  { _tag: "InState", run: "none", token: 0, states: ["pending"] },
  { _tag: "OwnerOpen", owner: "other" },
];

export const batchRules = (subject: Subject): void => {
  checkRules(subject);
  writeRules(subject);
};

const checkRules = (subject: Subject): void => {
  test("a batch is committed when all its checks hold", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        yield* withHeldRun(store);
        expect(yield* store.commit({ ...everything, checks: holding })).toEqual({
          _tag: "Committed",
          signals: ["accepted"],
        });
      }),
    ));

  test.each(failing.map((check) => ({ check, what: JSON.stringify(check) })))(
    "nothing at all is written when a check does not hold: $what",
    ({ check }) =>
      onStore(subject, ({ store }) =>
        Effect.gen(function* () {
          yield* withHeldRun(store);
          const before = { dump: yield* dump(store), summary: yield* store.summary };
          const reply = yield* store.commit({
            ...everything,
            checks: [...holding, check, { _tag: "OwnerOpen", owner: "nobody" }],
          });
          expect(reply).toEqual({ _tag: "Conflict", check });
          expect({ dump: yield* dump(store), summary: yield* store.summary }).toEqual(before);
        }),
      ),
  );

  test("batches that are in flight together stand or fall each by itself, in the order in which they were given", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        const replies = yield* Effect.all(
          [
            store.commit({
              checks: [{ _tag: "Revision", revision: 0 }],
              runs: [aRun("first")],
              watermark: { seq: 0, at: noon },
            }),
            store.commit({
              checks: [{ _tag: "Revision", revision: 0 }],
              runs: [aRun("second")],
              watermark: { seq: 0, at: noon },
            }),
            store.commit({
              checks: [{ _tag: "InState", run: "first", token: 0, states: ["pending"] }],
              patches: [{ run: "first", patch: { state: "cancelled", settledAt: noon } }],
            }),
            store.commit({
              checks: [{ _tag: "InState", run: "first", token: 0, states: ["pending"] }],
              runs: [aRun("third")],
            }),
            store.commit(writes({ runs: [aRun("fourth")] })),
          ],
          { concurrency: "unbounded" },
        );
        expect(replies.map(({ _tag }) => _tag)).toEqual([
          "Committed",
          "Conflict",
          "Committed",
          "Conflict",
          "Committed",
        ]);
        expect(
          (yield* store.list("run", { limit: 10 })).rows.map(({ id, state }) => [id, state]),
        ).toEqual([
          ["fourth", "pending"],
          ["first", "cancelled"],
        ]);
      }),
    ));

  test("of any number of routers that compare and set the same revision, through any handle, one wins", () =>
    onStore(subject, ({ store, again }) =>
      Effect.gen(function* () {
        const handles = [store, yield* again, yield* again, store];
        for (let revision = 0; revision < 20; revision++) {
          const attempts = handles.map((handle, index) =>
            handle.commit({
              checks: [{ _tag: "Revision", revision }],
              watermark: { seq: 0, at: noon },
              cursors: { put: [aCursor("race", { at: revision * 10 + index })], remove: [] },
            }),
          );
          const replies = yield* Effect.all(attempts, { concurrency: "unbounded" });
          const winners = replies.flatMap(({ _tag }, index) =>
            _tag === "Committed" ? [index] : [],
          );
          expect(winners).toHaveLength(1);
          for (const handle of handles) {
            const { watermark, state } = yield* handle.read({ revision: null, limit: 0 });
            expect([watermark.revision, state?.cursors[0]?.at]).toEqual([
              revision + 1,
              revision * 10 + (winners[0] as number),
            ]);
          }
        }
      }),
    ));
};

const writeRules = (subject: Subject): void => {
  test("runs, skips and attempts are created if absent; a second one with the same id changes nothing and is no conflict", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        yield* store.commit(
          writes({
            runs: [aRun("r"), aRun("r", { priority: 3 })],
            skips: [aSkip("s")],
            attempts: [anAttempt("r", 1), anAttempt("r", 2)],
          }),
        );
        const before = yield* dump(store);
        const reply = yield* store.commit(
          writes({
            runs: [aRun("r", { task: "other", state: "failed", input: 1 })],
            skips: [aSkip("s", { reason: "overlap" })],
            attempts: [anAttempt("r", 1, { owner: "other" })],
          }),
        );
        expect(reply).toEqual({ _tag: "Committed", signals: [] });
        expect(yield* dump(store)).toEqual(before);
        expect([before.runs, before.skips, before.attempts]).toEqual([
          [aRun("r")],
          [aSkip("s")],
          [anAttempt("r", 1), anAttempt("r", 2)],
        ]);
      }),
    ));

  test("a patch changes the fields it names and no others; patches and attempts of runs that are not stored write nothing", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        yield* store.commit(
          writes({ runs: [aRun("r", { input: { path: "x" } }), aRun("untouched")] }),
        );
        const patches = [
          {
            run: "r",
            patch: {
              state: "running",
              startedAt: noon + 1,
              owner: "o",
              nonce: "n",
              token: 4,
              attempt: 3,
              losses: 1,
            },
          },
          { run: "none", patch: { state: "failed" } },
          {
            run: "r",
            patch: {
              cancelRequested: true,
              outcome: { error: { name: "E", message: "m" } },
              cause: ["x", "y"],
              trigger: "t",
            },
          },
          { run: "r", patch: {} },
        ] as const;
        yield* store.commit(writes({ patches, attempts: [anAttempt("none")] }));
        const changed = aRun("r", {
          input: { path: "x" },
          ...patches[0].patch,
          ...patches[2].patch,
        });
        const { runs, attempts } = yield* dump(store);
        expect([runs, attempts]).toEqual([[changed, aRun("untouched")], []]);
        yield* store.commit(
          writes({
            patches: [
              {
                run: "r",
                patch: {
                  owner: null,
                  nonce: null,
                  outcome: null,
                  startedAt: null,
                  dueAt: noon - 5,
                  priority: -1,
                },
              },
            ],
          }),
        );
        expect((yield* dump(store)).runs[0]).toEqual({
          ...changed,
          owner: null,
          nonce: null,
          outcome: null,
          startedAt: null,
          dueAt: noon - 5,
          priority: -1,
        });
      }),
    ));

  test("a run's input may change; the moves that are in the log keep the one they had", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        yield* store.commit(writes({ runs: [aRun("r", { input: { path: "old" } })] }));
        yield* store.commit(
          writes({ signals: [aStatus("r", "running", { input: { path: "old" } })] }),
        );
        yield* store.commit(
          writes({
            patches: [{ run: "r", patch: { input: { path: "new" }, idempotencyKey: "k" } }],
          }),
        );
        const { signals, runs } = yield* dump(store);
        expect(signals[0]?.signal).toMatchObject({ input: { path: "old" } });
        expect(runs[0]).toMatchObject({ input: { path: "new" }, idempotencyKey: "k" });
      }),
    ));

  test("an owner is closed once; a closed one is not open any more", () =>
    onStore(subject, ({ store, clock }) =>
      Effect.gen(function* () {
        yield* entered(store);
        yield* store.commit(writes({ close: { owner: "engine", at: noon + 7 } }));
        yield* store.commit(writes({ close: { owner: "engine", at: noon + 9 } }));
        clock.now += 20;
        yield* store.leave("engine");
        const check: Check = { _tag: "OwnerOpen", owner: "engine" };
        expect(yield* store.commit({ checks: [check] })).toEqual({ _tag: "Conflict", check });
        expect((yield* store.list("owner", { limit: 5 })).rows).toEqual([
          { ...anOwner("engine"), enteredAt: noon, closedAt: noon + 7 },
        ]);
      }),
    ));
};
