// Expiry: what a claim never grants, and who is told of it.
import * as Effect from "effect/Effect";
import { expect, test } from "./rule.ts";
import type { StorePort } from "../../core/store.ts";
import { aRun, claimAs, entered, noon, onStore, writes, type Subject } from "./subject.ts";

const expiryOf = (store: StorePort, limit = 10, tasks: readonly string[] = ["resize"]) =>
  Effect.map(store.expiry({ tasks, limit }), ({ runs, nextAt }) => [
    runs.map(({ id }) => id).join(" "),
    nextAt,
  ]);

const claimed = (store: StorePort, limit = 10) =>
  Effect.map(claimAs(store, { limit, limits: { resize: 3 } }), ({ runs, nextDueAt }) => [
    runs.map(({ id }) => id).join(" "),
    nextDueAt,
  ]);

export const expiryRules = (subject: Subject): void => {
  test("a run is claimed until its `expiresAt` has come, and never then; a clock that is set back brings it back", () =>
    onStore(subject, ({ store, clock }) =>
      Effect.gen(function* () {
        yield* entered(store);
        yield* store.commit(
          writes({ runs: ["a", "b", "c"].map((id) => aRun(id, { expiresAt: noon + 5 })) }),
        );
        clock.now = noon + 4;
        expect(yield* claimed(store, 1)).toEqual(["a", noon]);
        clock.now = noon + 5;
        expect(yield* claimed(store)).toEqual(["", null]);
        expect(yield* expiryOf(store)).toEqual(["b c", null]);
        clock.now = noon + 4;
        expect(yield* expiryOf(store)).toEqual(["", noon + 5]);
        expect(yield* claimed(store)).toEqual(["b c", null]);
      }),
    ));

  test("those that have expired are told in the order in which they did, of the given tasks only, and when the next one does", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        yield* store.commit(
          writes({
            runs: [
              aRun("second", { expiresAt: noon - 3 }),
              aRun("first", { expiresAt: noon - 7 }),
              aRun("third", { expiresAt: noon - 3 }),
              aRun("other", { expiresAt: noon - 5, task: "publish" }),
              aRun("now", { expiresAt: noon }),
              aRun("next", { expiresAt: noon + 1 }),
              aRun("never"),
              aRun("running", { expiresAt: noon - 9, state: "running" }),
              aRun("over", { expiresAt: noon - 9, state: "failed" }),
            ],
          }),
        );
        expect(yield* expiryOf(store)).toEqual(["first second third now", noon + 1]);
        expect(yield* expiryOf(store, 2)).toEqual(["first second", noon - 3]);
        expect(yield* expiryOf(store, 2, ["publish", "resize"])).toEqual(["first other", noon - 3]);
        expect(yield* expiryOf(store, 2, [])).toEqual(["", null]);
        yield* store.commit(
          writes({
            patches: [
              { run: "first", patch: { state: "expired" } },
              { run: "second", patch: { expiresAt: null } },
              { run: "third", patch: { task: "publish" } },
              { run: "never", patch: { expiresAt: noon - 1 } },
              { run: "running", patch: { state: "pending" } },
            ],
          }),
        );
        expect(yield* expiryOf(store)).toEqual(["running never now", noon + 1]);
      }),
    ));

  test("runs that have expired hide no others, be they first in the line of their priority or of their key, and however many", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        yield* entered(store);
        const stale = Array.from({ length: 300 }, (_, index) =>
          aRun(`stale${index}`, {
            dueAt: noon - 100,
            priority: index % 2,
            expiresAt: noon - 1,
            concurrencyKey: index % 3 === 0 ? null : `k${index % 200}`,
          }),
        );
        yield* store.commit(
          writes({
            runs: [
              ...stale,
              aRun("keyless"),
              aRun("behind", { concurrencyKey: "k1", dueAt: noon - 50 }),
              aRun("free", { concurrencyKey: "free", dueAt: noon - 60 }),
              aRun("later", { dueAt: noon + 7, expiresAt: noon + 9 }),
            ],
          }),
        );
        expect(yield* claimed(store, 1)).toEqual(["free", noon - 50]);
        expect(yield* claimed(store, 2)).toEqual(["behind keyless", noon + 7]);
        expect(yield* claimed(store)).toEqual(["", noon + 7]);
        expect(((yield* expiryOf(store, 1_000))[0] as string).split(" ").length).toBe(300);
      }),
    ));
};
