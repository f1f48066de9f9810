// Plays plans where nobody can read a clock, chance or a timer, and prints what came of each: one line of JSON. Run by each runtime on its own.
import { playPlans } from "./plans.ts";

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

forbid();
const hashes = playPlans();
allow();
console.log(JSON.stringify({ hashes, zone: Intl.DateTimeFormat().resolvedOptions().timeZone }));
