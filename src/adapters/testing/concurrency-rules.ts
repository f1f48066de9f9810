// Limits: how many runs of one task and concurrency key are held at once, whoever holds them; and that those that must wait are in nobody's way.
import * as Effect from "effect/Effect";
import * as fc from "fast-check";
import { expect, test } from "./rule.ts";
import type { Run } from "../../core/run.ts";
import type { StorePort } from "../../core/store.ts";
import { aRun, anOwner, claimAs, entered, noon, onStore, writes, type Subject } from "./subject.ts";

const limits = { resize: 2 };

const change = (store: StorePort, run: string, patch: Partial<Run>) =>
  store.commit(writes({ patches: [{ run, patch }] }));

const claimed = (store: StorePort, fields: Parameters<typeof claimAs>[1] = {}) =>
  Effect.map(claimAs(store, { limits, ...fields }), ({ runs, nextDueAt }) => [
    runs.map(({ id }) => id).join(" "),
    nextDueAt,
  ]);

const keyed = (ids: string, concurrencyKey: string, fields: Partial<Run> = {}): Run[] =>
  ids.split(" ").map((id) => aRun(id, { concurrencyKey, ...fields }));

export const concurrencyRules = (subject: Subject): void => {
  limitRules(subject);
  waitingRules(subject);
};

const limitRules = (subject: Subject): void => {
  test("as many runs with one key are held as the limit says, claimed or running, whoever holds them; one that is over or given back makes room", () =>
    onStore(subject, ({ store, again }) =>
      Effect.gen(function* () {
        const other = yield* again;
        yield* entered(store);
        yield* store.enter(anOwner("second"));
        yield* store.commit(writes({ runs: keyed("a b c d e", "k") }));
        expect(yield* claimed(store, { limit: 1 })).toEqual(["a", noon]);
        expect(yield* claimed(other, { owner: "second" })).toEqual(["b", null]);
        expect(yield* claimed(store)).toEqual(["", null]);
        yield* change(store, "a", { state: "running" });
        expect(yield* claimed(other, { owner: "second" })).toEqual(["", null]);
        yield* change(other, "a", { state: "succeeded", owner: null });
        expect(yield* claimed(store)).toEqual(["c", null]);
        yield* change(store, "b", { state: "pending", owner: null, dueAt: noon + 1 });
        expect(yield* claimed(store)).toEqual(["d", null]);
        yield* change(store, "c", { state: "failed", owner: null });
        expect(yield* claimed(other, { owner: "second" })).toEqual(["e", null]);
      }),
    ));

  test("keys are told apart, and so are tasks; runs without a key and claims without a limit know none", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        yield* entered(store);
        yield* store.commit(
          writes({
            runs: [
              ...keyed("a b c", "k"),
              ...keyed("d e f", ""),
              ...keyed("g h i", "k", { task: "publish" }),
              aRun("j"),
              aRun("k"),
              aRun("l"),
            ],
          }),
        );
        const tasks = ["resize", "publish"];
        expect(yield* claimed(store, { tasks })).toEqual(["a b d e g h i j k l", null]);
        expect(yield* claimed(store, { tasks, limits: {} })).toEqual(["c f", null]);
      }),
    ));

  test("each claim brings its own limit: a lower one waits until fewer are held, a higher one brings back who waits", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        yield* entered(store);
        yield* store.commit(writes({ runs: keyed("a b c d e f", "k") }));
        expect(yield* claimed(store)).toEqual(["a b", null]);
        expect(yield* claimed(store, { limits: { resize: 3 } })).toEqual(["c", null]);
        expect(yield* claimed(store, { limits: { resize: 1 } })).toEqual(["", null]);
        yield* change(store, "a", { state: "succeeded", owner: null });
        expect(yield* claimed(store, { limits: { resize: 1 } })).toEqual(["", null]);
        expect(yield* claimed(store)).toEqual(["", null]);
        expect(yield* claimed(store, { limits: { resize: 3 } })).toEqual(["d", null]);
        expect(yield* claimed(store, { limits: {} })).toEqual(["e f", null]);
      }),
    ));

  test("the limit holds over priorities, and the more urgent go first", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        yield* entered(store);
        yield* store.commit(
          writes({
            runs: [
              ...keyed("low1 low2", "k"),
              ...keyed("high", "k", { priority: 5, dueAt: noon - 1 }),
              ...keyed("later", "k", { priority: 9, dueAt: noon + 7 }),
            ],
          }),
        );
        expect(yield* claimed(store, { limit: 1 })).toEqual(["high", noon]);
        expect(yield* claimed(store)).toEqual(["low1", null]);
      }),
    ));

  test("a held run that is given another key or task frees the old one and fills the new one", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        yield* entered(store);
        yield* store.commit(writes({ runs: [...keyed("a b c", "k"), ...keyed("d e f", "l")] }));
        expect(yield* claimed(store, { limit: 2 })).toEqual(["a b", noon]);
        yield* change(store, "a", { concurrencyKey: "l" });
        expect(yield* claimed(store)).toEqual(["c d", null]);
      }),
    ));
};

const waitingRules = (subject: Subject): void => {
  test(
    "a hundred thousand runs of a full key hide no others, be they of free keys, later, or less urgent",
    { timeout: 120_000 },
    () =>
      onStore(subject, ({ store }) =>
        Effect.gen(function* () {
          yield* entered(store);
          const full = (from: number) =>
            Array.from({ length: 10_000 }, (_, index) =>
              aRun(`full${from + index}`, {
                concurrencyKey: "full",
                priority: index % 2,
                dueAt: noon - 1_000,
              }),
            );
          for (let from = 0; from < 100_000; from += 10_000)
            yield* store.commit(writes({ runs: full(from) }));
          yield* store.commit(
            writes({
              runs: [
                ...keyed("late", "other", { dueAt: noon + 5 }),
                ...keyed("free low", "other", { priority: -1 }),
                aRun("keyless", { priority: -2 }),
              ],
            }),
          );
          expect(yield* claimed(store, { limit: 2 })).toEqual(["full1 full3", noon]);
          expect(yield* claimed(store, { limit: 3 })).toEqual(["free low keyless", null]);
          yield* change(store, "full1", { state: "succeeded", owner: null });
          expect(yield* claimed(store)).toEqual(["full5", null]);
        }),
      ),
  );

  test("never more than the limit, and never fewer than there is room and work for, whatever is asked in whatever order", async () => {
    const action = fc.oneof(
      fc.record({ claim: fc.integer({ min: 1, max: 4 }) }),
      fc.record({ end: fc.nat(20), to: fc.constantFrom("succeeded" as const, "pending" as const) }),
    );
    const run = fc.record({ key: fc.option(fc.constantFrom("", "a", "b")), priority: fc.nat(2) });
    const law = fc.asyncProperty(
      fc.array(run, { minLength: 5, maxLength: 25 }),
      fc.array(action, { maxLength: 30 }),
      (runs, actions) =>
        onStore(subject, ({ store }) =>
          Effect.gen(function* () {
            yield* entered(store);
            yield* store.commit(
              writes({
                runs: runs.map(({ key, priority }, index) =>
                  aRun(`r${index}`, { concurrencyKey: key, priority }),
                ),
              }),
            );
            for (const each of actions) {
              const { rows } = yield* store.list("run", { limit: 100 });
              const held = rows.filter(({ state }) => state === "claimed");
              if (!("claim" in each)) {
                const over = held[each.end % Math.max(1, held.length)];
                if (over !== undefined)
                  yield* change(store, over.id, { state: each.to, owner: null });
                continue;
              }
              const got = (yield* claimAs(store, { limits, limit: each.claim })).runs;
              expect(got.length).toBe(Math.min(each.claim, roomFor(rows)));
              for (const key of ["", "a", "b"])
                expect(
                  [...held, ...got].filter(({ concurrencyKey }) => concurrencyKey === key).length,
                ).toBeLessThanOrEqual(2);
            }
          }),
        ),
    );
    await fc.assert(law, { numRuns: 60 });
  });
};

/** How many of the pending runs the limit of 2 lets be claimed. */
const roomFor = (runs: readonly Run[]): number => {
  const count = (state: Run["state"], key: string | null): number =>
    runs.filter((run) => run.state === state && run.concurrencyKey === key).length;
  return ["", "a", "b"].reduce(
    (room, key) => room + Math.min(count("pending", key), 2 - count("claimed", key)),
    count("pending", null),
  );
};
