// The decisions are plain functions: ask them without a store, a clock or a thread.
import {
  cron,
  definitionsOf,
  detent,
  event,
  occurrencesBetween,
  runIdOf,
  satisfies,
  stateOf,
  step,
  task,
  trigger,
} from "detent/core";

const nightly = cron("30 2 * * *", { timeZone: "Europe/Madrid" });
const { occurrences } = occurrencesBetween(nightly, { after: "2026-03-27T12:00Z", limit: 3 });
for (const dueAt of occurrences) console.log(new Date(dueAt).toISOString());

const uploaded = {
  _tag: "Event",
  id: "u1",
  name: "uploaded",
  payload: { kind: "png" },
  at: 0,
} as const;
console.log(satisfies(event("uploaded", { kind: "jpg" }), uploaded));

const work = task({ id: "work", run: () => null });
const definitions = definitionsOf(
  detent({
    tasks: [work],
    triggers: [trigger("png", { when: event("uploaded", { kind: "png" }), run: work })],
  }),
);
const empty = { cursors: [], waiting: [], deadlines: [], open: [] };
const decision = step(definitions, stateOf(definitions, { revision: 0, seq: 0, at: 0 }, empty), {
  signals: [{ seq: 1, at: 0, id: "u1", signal: uploaded, origin: null, dueAt: null }],
  until: 0,
  now: 0,
});
console.log(decision.runs.map(({ id, state }) => [id, state]));
console.log(decision.runs[0]?.id === runIdOf("png", ["u1"]));

// Output:
// 2026-03-28T01:30:00.000Z
// 2026-03-29T01:00:00.000Z
// 2026-03-30T00:30:00.000Z
// false
// [ [ 'png~6DDJA8F64GG7RRGVVJ9NTZDGDA', 'pending' ] ]
// true
