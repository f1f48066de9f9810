// Counts for people.
import * as Effect from "effect/Effect";
import { expect, test } from "./rule.ts";

import type { Summary } from "../../core/store.ts";
import {
  aDelay,
  aGate,
  aPause,
  aRelease,
  aRun,
  aSkip,
  aWaiting,
  aWithin,
  anEvent,
  anOwner,
  claimAs,
  noon,
  onStore,
  writes,
  type Subject,
} from "./subject.ts";

import { filled } from "./filling.ts";

export const countRules = (subject: Subject): void => {
  const empty: Summary = {
    runs: {
      pending: 0,
      claimed: 0,
      running: 0,
      succeeded: 0,
      failed: 0,
      cancelled: 0,
      expired: 0,
      lost: 0,
    },
    unrouted: 0,
    deadlines: 0,
    signals: 0,
    skips: 0,
    waiting: 0,
  };

  test("the summary counts runs by state, the log, skips, waiting matches and what will act by itself", () =>
    onStore(subject, ({ store, clock }) =>
      Effect.gen(function* () {
        expect(yield* store.summary).toEqual(empty);
        yield* filled(store);
        const runs = {
          ...empty.runs,
          pending: 2,
          claimed: 2,
          running: 2,
          succeeded: 2,
          failed: 1,
          cancelled: 1,
          expired: 1,
          lost: 1,
        };
        const full = { runs, unrouted: 15, deadlines: 6, signals: 15, skips: 12, waiting: 12 };
        expect(yield* store.summary).toEqual(full);
        yield* store.commit(
          writes({
            signals: [anEvent("e1"), anEvent("late", { dueAt: noon + 2 })],
            skips: [aSkip("s1")],
            runs: [aRun("r1")],
          }),
        );
        expect(yield* store.summary).toEqual({ ...full, unrouted: 16, signals: 16, deadlines: 7 });
        clock.now += 2;
        expect(yield* store.summary).toEqual({ ...full, unrouted: 16, signals: 16 });
        yield* claimAs(store, { tasks: ["resize", "publish"] });
        yield* store.commit(
          writes({
            patches: [
              { run: "r3", patch: { state: "lost" } },
              { run: "r3", patch: { state: "failed" } },
              { run: "none", patch: { state: "lost" } },
            ],
          }),
        );
        yield* store.commit(
          writes({
            watermark: { seq: 14, at: noon },
            waiting: {
              put: [aWaiting(0, { trigger: "even" }), aWaiting(50)],
              remove: [
                aWaiting(1, { trigger: "odd" }),
                aWaiting(1, { trigger: "odd" }),
                aWaiting(77),
              ],
            },
            deadlines: {
              put: [
                aWithin("d0", noon),
                aDelay("d1", noon),
                aPause({ task: "resize" }),
                aPause({ trigger: "even" }, noon + 5),
                aRelease("kept-back", noon + 5),
                aGate("gate", noon + 5),
              ],
              remove: ["d2", "d3", "none"],
            },
          }),
        );
        expect(yield* store.summary).toEqual({
          runs: { ...runs, pending: 0, claimed: 4, succeeded: 1, failed: 2 },
          unrouted: 2,
          deadlines: 6,
          signals: 16,
          skips: 12,
          waiting: 12,
        });
      }),
    ));

  test("owners are counted nowhere", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        yield* store.enter(anOwner("engine"));
        expect(yield* store.summary).toEqual(empty);
      }),
    ));
};
