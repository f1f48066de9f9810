// Run by test/property/determinism.test.ts as a process of its own: an app lives through three days that contain a change of the clocks, and all its rows are printed.
import * as Effect from "effect/Effect";
import {
  all,
  cron,
  definitionsOf,
  detent,
  event,
  Executor,
  failure,
  memoryStore,
  openEngine,
  result,
  settled,
  Store,
  task,
  trigger,
} from "../../src/core/index.ts";
import { dump } from "../../src/core/store-dump.ts";
import { pretendingExecutor } from "./pretending.ts";
import { VirtualTime } from "./virtual.ts";

const start = Date.UTC(2026, 2, 28);
const day = 86_400_000;

const refuse = (what: string) => (): never => {
  throw new Error(`${what} was asked`);
};
Date.now = refuse("Date.now");
Math.random = refuse("Math.random");
globalThis.Date = new Proxy(Date, {
  // With an argument it only converts: cron-parser's dates do.
  construct: (target, given) =>
    given.length === 0 ? refuse("new Date()")() : Reflect.construct(target, given),
  apply: refuse("Date()"),
});
for (const timer of ["setTimeout", "setInterval", "setImmediate", "queueMicrotask"] as const)
  globalThis[timer] = refuse(timer) as never;
performance.now = refuse("performance.now");
process.hrtime.bigint = refuse("hrtime");

const crunch = task({ id: "crunch", retry: { attempts: 3 }, run: (input: unknown) => input });
const app = detent({
  tasks: [crunch, task({ id: "note", run: (input: unknown) => input })],
  triggers: [
    trigger("daily", {
      when: cron("30 2 * * *", { timeZone: "Europe/Paris" }),
      run: crunch,
      input: (f) => f.occurrence.dueAt,
    }),
    trigger("quarter", {
      when: cron("H/15 1-3 * * *", { timeZone: "Europe/Paris" }),
      run: "note",
      input: (f) => f.occurrence.dueAt,
    }),
    trigger("join", {
      when: all([result(crunch), event("approved")]),
      run: "note",
      within: "1 d",
      input: (f) => f.event.payload,
    }),
    trigger("on-failure", {
      when: failure(crunch),
      run: "note",
      input: (f) => f.failure.error.message,
    }),
    trigger("done", { when: settled(crunch), run: "note", input: (f) => f.status.run }),
  ],
});

const time = new VirtualTime(start);
const store = memoryStore();
const executor = pretendingExecutor(time, 2, ({ input, attempt }) =>
  (input as number) % 7 === 3
    ? {
        takesMillis: 700,
        outcome: { _tag: "Failed", error: { name: "Error", message: `attempt ${attempt}` } },
      }
    : {
        takesMillis: 300,
        outcome: { _tag: "Succeeded", result: input },
        emitted: [{ id: `e/${input as number}/${attempt}`, name: "approved", payload: input }],
      },
);
const engine = openEngine({
  definitions: definitionsOf(app),
  owner: { id: "engine-0", host: "h", process: 1 },
}).pipe(Effect.provideService(Store, store), Effect.provideService(Executor, executor));
time.fork(Effect.flatMap(engine, ({ loop }) => loop));
for (let count = 0; count < 12; count++) {
  time.runUntil(start + count * (day / 4));
  time.fork(
    store.commit({
      checks: [],
      signals: [
        {
          id: `m${count}`,
          signal: { _tag: "Event", id: `m${count}`, name: "@crunch", payload: count },
          origin: null,
          dueAt: null,
        },
      ],
    }),
  );
}
time.runUntil(start + 3 * day);
const rows = time.fork(dump(store));
time.runUntil(start + 3 * day);
for (const [table, list] of Object.entries(rows.result() ?? {})) {
  for (const row of Array.isArray(list) ? list : [list])
    process.stdout.write(`${table} ${JSON.stringify(row)}\n`);
}
