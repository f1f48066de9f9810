// Run by test/property/determinism.test.ts as a process of its own: an app lives through three days that contain a change of the clocks, in a world with three engines and
// faults, and all that happened and all its rows are printed.
import * as Effect from "effect/Effect";
import {
  all,
  cron,
  detent,
  event,
  failure,
  result,
  settled,
  task,
  trigger,
} from "../../src/core/index.ts";
import { world } from "../../src/core/simulation/world.ts";
import { dump } from "../../src/core/store-dump.ts";

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

const crunch = task({
  id: "crunch",
  retry: { attempts: 3 },
  run: (input: unknown, context) => {
    if ((input as number) % 7 === 3) throw new Error(`attempt ${context.attempt}`);
    context.emit("approved", input as number);
    return input;
  },
});
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

const w = world(app, { from: "2026-03-28T00:00Z", seed: 9, engines: 3, faults: "chaos" });
for (let count = 0; count < 12; count++) {
  w.run(crunch, count, { id: `m${count}` });
  w.advance("6 h");
}
for (const line of w.timeline()) process.stdout.write(`${line}\n`);
for (const [table, list] of Object.entries(Effect.runSync(dump(w.store.memory)))) {
  for (const row of Array.isArray(list) ? list : [list])
    process.stdout.write(`${table} ${JSON.stringify(row)}\n`);
}
process.stdout.write(`${w.traceHash()}\n`);
