// Plays plans where nobody can read a clock, chance or a timer, and prints what came of each: one line of JSON. Run by each runtime on its own.
import { fake } from "../../src/core/simulation/fake.ts";
import { played } from "../../src/core/simulation/play.ts";
import { cron, detent, event, task, trigger } from "../../src/core/index.ts";
import { sabotageApp, sabotageOptions } from "../../src/simulation/sabotage-app.ts";
import { planOf } from "../../src/simulation/options.ts";

const forbidden = (name: string) => (): never => {
  throw new Error(`${name} was used`);
};
const loud = <A extends object>(target: A, name: string): A =>
  new Proxy(target, {
    apply: forbidden(name),
    construct: forbidden(`new ${name}`),
    get: (of, key) => (key === "now" ? forbidden(`${name}.now`) : Reflect.get(of, key)),
  });
const before = { Date, setTimeout, setInterval, setImmediate, queueMicrotask, random: Math.random };
const forbid = (): void => {
  globalThis.Date = loud(before.Date, "Date");
  Math.random = forbidden("Math.random");
  globalThis.setTimeout = loud(before.setTimeout, "setTimeout");
  globalThis.setInterval = loud(before.setInterval, "setInterval");
  globalThis.setImmediate = loud(before.setImmediate, "setImmediate");
  globalThis.queueMicrotask = forbidden("queueMicrotask");
};
const allow = (): void => {
  const { random, ...globals } = before;
  Object.assign(globalThis, globals);
  Math.random = random;
};

/** Days on which clocks change, in a zone that is not the machine's. */
const work = task({ id: "work", run: (input: unknown) => input });
const zoned = detent({
  tasks: [work],
  triggers: [
    trigger("night", { when: cron("30 1,2 * * *", { timeZone: "Europe/Madrid" }), run: work }),
    trigger("each", { when: event("e"), run: work, input: (f) => f.event.payload }),
  ],
});

const plans = [0, 1, 2].map((index) => ({
  play: {
    app: sabotageApp,
    ...(sabotageOptions.tasks && { tasks: sabotageOptions.tasks }),
    world: sabotageOptions.world,
  },
  plan: planOf({ ...sabotageOptions, for: "15 s" }, index),
}));
plans.push({
  play: {
    app: zoned,
    tasks: { work: fake({ takes: ["1 s", "9 min"] }) },
    world: (w) => w.every("20 min", (n) => w.emit("e", n)),
  },
  plan: planOf({ from: "2026-03-28T23:30:00Z", for: "3 h", faults: "chaos" }, 1),
});

forbid();
const hashes = plans.map(({ play, plan }) => {
  const { traceHash, violations, faults } = played(play, plan, {});
  return [traceHash, faults.length, violations.map(({ law }) => law)] as const;
});
allow();
console.log(JSON.stringify({ hashes, zone: Intl.DateTimeFormat().resolvedOptions().timeZone }));
