// A store with something in every table, for the rules on lists and counts.
import * as Effect from "effect/Effect";

import { runStates } from "../../core/run.ts";
import type { ListRequest, StorePort, Tables } from "../../core/store.ts";
import {
  aCursor,
  aDelay,
  aRun,
  aSkip,
  aStatus,
  aWaiting,
  aWithin,
  anAttempt,
  anEvent,
  entered,
  noon,
  writes,
} from "./subject.ts";

export const all = <Table extends keyof Tables>(
  store: StorePort,
  table: Table,
  request: Partial<ListRequest> = {},
) => Effect.map(store.list(table, { limit: 1_000, ...request }), ({ rows }) => rows);

/** A dozen rows and more in each table. */
export const filled = (store: StorePort) =>
  Effect.gen(function* () {
    yield* entered(store);
    const numbers = Array.from({ length: 12 }, (_, index) => index);
    yield* store.commit(
      writes({
        signals: numbers.map((n) => anEvent(`e${n}`, { name: n % 2 === 0 ? "even" : "odd" })),
        runs: numbers.map((n) =>
          aRun(`r${n}`, {
            state: runStates[n % runStates.length]!,
            task: n < 6 ? "resize" : "publish",
            trigger: n % 3 === 0 ? "third" : "other",
          }),
        ),
        attempts: numbers.flatMap((n) => [
          anAttempt(`r${n}`, 2),
          anAttempt(`r${n}`, 1, { owner: "first" }),
        ]),
        skips: numbers.map((n) => aSkip(`s${n}`, { trigger: n % 2 === 0 ? "even" : "odd" })),
        waiting: {
          put: numbers.map((n) =>
            aWaiting(n, { trigger: n % 2 === 0 ? "even" : "odd", at: noon - n }),
          ),
          remove: [],
        },
        cursors: {
          put: numbers.map((n) => aCursor(n % 2 === 0 ? "even" : "odd", { leaf: `leaf-${n}` })),
          remove: [],
        },
        deadlines: {
          put: numbers.map((n) =>
            n % 2 === 0 ? aDelay(`d${n}`, noon + (n % 5)) : aWithin(`d${n}`, noon + (n % 5)),
          ),
          remove: [],
        },
      }),
    );
    yield* store.commit(
      writes({
        signals: [
          aStatus("r1", "running"),
          aStatus("r1", "failed"),
          anEvent("emitted", { origin: "r1", name: "even" }),
        ],
      }),
    );
  });

export const tables: readonly (keyof Tables)[] = [
  "run",
  "attempt",
  "signal",
  "skip",
  "waiting",
  "cursor",
  "deadline",
  "owner",
];
