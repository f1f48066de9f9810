// Claims: which runs are granted, in which order, to whom; and what is told of those that are not.
import * as Effect from "effect/Effect";
import { expect, test } from "./rule.ts";
import type { Run } from "../../core/run.ts";
import type { StorePort } from "../../core/store.ts";
import { aPause, aRun, claimAs, entered, noon, onStore, writes, type Subject } from "./subject.ts";

const idsOf = (runs: readonly Run[]): readonly string[] => runs.map(({ id }) => id);

const release = (store: StorePort, run: string, patch: Partial<Run> = {}) =>
  store.commit(
    writes({ patches: [{ run, patch: { state: "pending", owner: null, nonce: null, ...patch } }] }),
  );

export const claimRules = (subject: Subject): void => {
  orderRules(subject);
  grantRules(subject);
  raceRules(subject);
};

const orderRules = (subject: Subject): void => {
  test("runs are claimed by priority, higher first, then dueAt, then in the order of their creation", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        yield* entered(store);
        yield* store.commit(
          writes({
            runs: [
              aRun("z-later", { dueAt: noon - 1 }),
              aRun("low", { priority: -1, dueAt: 0 }),
              aRun("first-created", { dueAt: noon - 5, createdAt: noon + 3 }),
              aRun("a-second-created", { dueAt: noon - 5, createdAt: noon - 3 }),
              aRun("high", { priority: 10, task: "publish" }),
              aRun("early", { dueAt: 1 }),
            ],
          }),
        );
        const order = ["high", "early", "first-created", "a-second-created", "z-later", "low"];
        const claimed = [];
        for (const limit of [1, 2, 10])
          claimed.push(
            ...idsOf((yield* claimAs(store, { tasks: ["resize", "publish"], limit })).runs),
          );
        expect(claimed).toEqual(order);
      }),
    ));

  test("the order holds after a run has been given back, delayed or made more urgent", () =>
    onStore(subject, ({ store, clock }) =>
      Effect.gen(function* () {
        yield* entered(store);
        yield* store.commit(writes({ runs: ["a", "b", "c", "d"].map((id) => aRun(id)) }));
        yield* claimAs(store, { limit: 2 });
        yield* release(store, "a");
        yield* release(store, "b", { dueAt: noon + 50 });
        yield* store.commit(writes({ patches: [{ run: "d", patch: { priority: 1 } }] }));
        expect(yield* claimAs(store, { limit: 2 })).toMatchObject({
          runs: [{ id: "d" }, { id: "a", token: 2, attempt: 2 }],
          nextDueAt: noon,
        });
        yield* store.commit(writes({ patches: [{ run: "c", patch: { dueAt: noon + 60 } }] }));
        clock.now += 50;
        expect(yield* claimAs(store)).toMatchObject({ runs: [{ id: "b" }], nextDueAt: noon + 60 });
      }),
    ));

  test("urgent runs that are not due yet don't hide others that are", () =>
    onStore(subject, ({ store, clock }) =>
      Effect.gen(function* () {
        yield* entered(store);
        yield* store.commit(
          writes({
            runs: [
              aRun("urgent", { priority: 9, dueAt: noon + 10 }),
              aRun("due"),
              aRun("later", { dueAt: noon + 5 }),
            ],
          }),
        );
        expect(yield* claimAs(store)).toMatchObject({ runs: [{ id: "due" }], nextDueAt: noon + 5 });
        clock.now += 10;
        expect(yield* claimAs(store)).toMatchObject({
          runs: [{ id: "urgent" }, { id: "later" }],
          nextDueAt: null,
        });
      }),
    ));
};

const grantRules = (subject: Subject): void => {
  test("the runs of a paused task are not claimed, whichever handle has paused it, and are again when it no more is", () =>
    onStore(subject, ({ store, again }) =>
      Effect.gen(function* () {
        const other = yield* again;
        yield* entered(store);
        const tasks = ["resize", "publish"];
        yield* store.commit(
          writes({ runs: [aRun("a"), aRun("b", { task: "publish", dueAt: noon + 9 })] }),
        );
        yield* claimAs(store, { tasks, limit: 0 });
        const put = [aPause({ task: "resize" }), aPause({ trigger: "publish" })];
        const remove = put.map(({ id }) => id);
        for (const handle of [store, other]) {
          yield* handle.commit(writes({ deadlines: { put, remove: [] } }));
          expect(yield* claimAs(store, { tasks })).toEqual({ runs: [], nextDueAt: noon + 9 });
          yield* handle.commit(writes({ deadlines: { put: [], remove } }));
          expect(idsOf((yield* claimAs(store, { tasks })).runs)).toEqual(["a"]);
          yield* release(store, "a");
        }
      }),
    ));

  test("a claimed run has the claimer as its owner, its nonce, and token and attempt raised by one; nothing else changes", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        yield* entered(store);
        const run = aRun("r", {
          input: { path: "x" },
          token: 4,
          attempt: 2,
          losses: 1,
          outcome: { error: { name: "E", message: "m" } },
          cancelRequested: true,
        });
        yield* store.commit(writes({ runs: [run] }));
        const claimed = {
          ...run,
          state: "claimed",
          token: 5,
          attempt: 3,
          owner: "engine",
          nonce: "nonce",
        };
        const reply = yield* store.claim({
          owner: "engine",
          nonce: "nonce",
          tasks: ["resize"],
          limit: 1,
        });
        expect(reply).toEqual({ runs: [claimed], nextDueAt: null });
        expect((yield* store.list("run", { limit: 1 })).rows).toEqual([claimed]);
      }),
    ));

  test("only pending runs of the given tasks that are due are claimed, at most `limit`", () =>
    onStore(subject, ({ store, clock }) =>
      Effect.gen(function* () {
        yield* entered(store);
        yield* store.commit(
          writes({
            runs: [
              aRun("due"),
              aRun("due-now", { dueAt: noon }),
              aRun("not-due", { dueAt: noon + 1 }),
              aRun("other-task", { task: "publish" }),
              aRun("failed", { state: "failed" }),
              aRun("held", { state: "running", owner: "other" }),
            ],
          }),
        );
        expect(yield* claimAs(store, { tasks: [] })).toEqual({ runs: [], nextDueAt: null });
        expect(yield* claimAs(store, { tasks: ["nothing"] })).toEqual({
          runs: [],
          nextDueAt: null,
        });
        expect(yield* claimAs(store, { limit: 0 })).toEqual({ runs: [], nextDueAt: noon });
        expect(yield* claimAs(store, { limit: 1 })).toMatchObject({
          runs: [{ id: "due" }],
          nextDueAt: noon,
        });
        expect(yield* claimAs(store)).toMatchObject({
          runs: [{ id: "due-now" }],
          nextDueAt: noon + 1,
        });
        expect(yield* claimAs(store, { tasks: ["publish", "resize"], limit: 0 })).toEqual({
          runs: [],
          nextDueAt: noon,
        });
        clock.now = noon - 1;
        expect(yield* claimAs(store, { tasks: ["publish"] })).toEqual({
          runs: [],
          nextDueAt: noon,
        });
      }),
    ));

  test("a run that was cancelled or has expired while it waited is not claimed", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        yield* entered(store);
        yield* store.commit(writes({ runs: [aRun("cancelled"), aRun("expired"), aRun("left")] }));
        yield* store.commit(
          writes({
            patches: (["cancelled", "expired"] as const).map((state) => ({
              run: state,
              patch: { state, settledAt: noon },
            })),
          }),
        );
        expect(yield* claimAs(store)).toMatchObject({ runs: [{ id: "left" }], nextDueAt: null });
      }),
    ));

  test("a claim sees what a commit has stored that was given just before it", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        yield* entered(store);
        const [, first, , second] = yield* Effect.all(
          [
            store.commit(writes({ runs: [aRun("a")] })),
            claimAs(store),
            release(store, "a"),
            claimAs(store),
          ],
          { concurrency: "unbounded" },
        );
        expect([first, second]).toMatchObject([
          { runs: [{ id: "a", token: 1 }] },
          { runs: [{ id: "a", token: 2 }] },
        ]);
      }),
    ));

  test("a run that comes after claims that found nothing is claimed", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        yield* entered(store);
        for (const id of ["a", "b", "c"]) {
          yield* store.commit(writes({ runs: [aRun(id)] }));
          expect(yield* claimAs(store)).toMatchObject({ runs: [{ id }], nextDueAt: null });
          expect(yield* claimAs(store)).toEqual({ runs: [], nextDueAt: null });
        }
        yield* release(store, "a");
        expect(yield* claimAs(store)).toMatchObject({ runs: [{ id: "a" }] });
      }),
    ));

  test("an owner that has not entered, or is closed, claims nothing", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        yield* store.commit(writes({ runs: [aRun("a")] }));
        expect(yield* claimAs(store)).toEqual({ runs: [], nextDueAt: null });
        yield* entered(store);
        yield* store.commit(writes({ close: { owner: "engine", at: noon } }));
        expect(yield* claimAs(store)).toEqual({ runs: [], nextDueAt: null });
        expect((yield* store.list("run", { limit: 1 })).rows).toEqual([aRun("a")]);
      }),
    ));
};

const raceRules = (subject: Subject): void => {
  test("a run is granted to exactly one of many claims at once, through any handle", () =>
    onStore(subject, ({ store, again }) =>
      Effect.gen(function* () {
        yield* entered(store);
        yield* store.commit(
          writes({ runs: Array.from({ length: 200 }, (_, index) => aRun(`r${index}`)) }),
        );
        const handles = [store, yield* again, yield* again];
        const winners: string[] = [];
        for (let round = 0; winners.length < 200 && round < 50; round++) {
          const claims = handles.flatMap((handle) => [
            claimAs(handle, { limit: 3 }),
            claimAs(handle, { limit: 4 }),
          ]);
          const replies = yield* Effect.all(claims, { concurrency: "unbounded" });
          winners.push(...replies.flatMap(({ runs }) => idsOf(runs)));
        }
        expect(winners).toHaveLength(200);
        expect(new Set(winners).size).toBe(200);
        const { rows } = yield* store.list("run", { limit: 1_000 });
        expect(
          rows.every(
            ({ state, token, attempt, owner }) =>
              state === "claimed" && token === 1 && attempt === 1 && owner === "engine",
          ),
        ).toBe(true);
      }),
    ));

  test(
    "a hundred thousand runs: the first ones due are claimed in order, from among those that are not",
    { timeout: 120_000 },
    () =>
      onStore(subject, ({ store }) =>
        Effect.gen(function* () {
          yield* entered(store);
          for (let from = 0; from < 100_000; from += 10_000) {
            const runs = Array.from({ length: 10_000 }, (_, index) => {
              const number = from + index;
              return number % 1_000 === 0
                ? aRun(`r${number}`, { dueAt: noon - number })
                : aRun(`r${number}`, {
                    dueAt: noon + number,
                    task: number % 2 === 0 ? "resize" : "publish",
                  });
            });
            yield* store.commit(writes({ runs }));
          }
          const { runs, nextDueAt } = yield* claimAs(store, {
            tasks: ["publish", "resize"],
            limit: 99,
          });
          expect(idsOf(runs)).toEqual(
            Array.from({ length: 99 }, (_, index) => `r${(99 - index) * 1_000}`),
          );
          expect(nextDueAt).toBe(noon);
          expect((yield* store.summary).runs).toMatchObject({ pending: 99_901, claimed: 99 });
        }),
      ),
  );
};
