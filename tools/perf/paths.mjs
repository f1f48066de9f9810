// The hot paths of the core, each as a loop that `check-perf.mjs` counts the instructions of: `node paths.mjs NAME TIMES`. As it is built, without Effect and with nothing that is
// random. Each says what one turn of it is.
import { all, event } from "../../dist/core/condition.js";
import { cron, nextOccurrence } from "../../dist/core/schedule.js";
import { detent } from "../../dist/core/app.js";
import { definitionsOf } from "../../dist/core/definitions.js";
import { satisfies } from "../../dist/core/mismatch.js";
import { runIdOf } from "../../dist/core/run-id.js";
import { advance, stateOf } from "../../dist/core/state.js";
import { step } from "../../dist/core/step.js";
import { task } from "../../dist/core/task.js";
import { trigger } from "../../dist/core/trigger.js";

const work = task({ id: "work", run: () => null });
/** @returns {any} */
const eventOf = (name, index, payload) => ({
  seq: index,
  at: index,
  id: `${name}-${index}`,
  signal: { _tag: "Event", id: `${name}-${index}`, name, payload, at: index },
  origin: null,
  dueAt: null,
});
const began = (triggers) => {
  const definitions = definitionsOf(detent({ tasks: [work], triggers }));
  const empty = { cursors: [], waiting: [], deadlines: [], open: [] };
  const state = stateOf(definitions, { revision: 0, seq: 0, at: 0 }, empty);
  return { definitions, state };
};
/** Decides piece after piece of the log, each of so many signals. */
const decided = (triggers, signalOf, pieces) => {
  let { definitions, state } = began(triggers);
  let runs = 0;
  let seq = 0;
  for (let piece = 0; piece < pieces; piece++) {
    const signals = Array.from({ length: 10 }, () => signalOf(++seq));
    const decision = step(definitions, state, { signals, until: seq, now: seq });
    state = advance(state, decision);
    runs += decision.runs.length;
  }
  return runs;
};

/** @type {Record<string, (times: number) => unknown>} */
const paths = {
  /** One filter by value and one by a predicate, on one event. */
  matching: (times) => {
    const conditions = [
      event("came", { kind: "png", size: { width: 3 } }),
      event("came", (/** @type {any} */ payload) => payload.kind === "png"),
    ];
    const { signal } = eventOf("came", 1, { kind: "png", size: { width: 3, height: 2 }, n: 1 });
    let satisfied = 0;
    for (let turn = 0; turn < times; turn++)
      for (const condition of conditions) satisfied += satisfies(condition, signal) ? 1 : 0;
    return satisfied;
  },
  /** Ten events, five of which complete a join under keys of their own. */
  joins: (times) =>
    decided(
      [
        trigger("t", {
          when: all([event("a"), event("b")]),
          by: (signal) => String(signal.payload.key),
          run: work,
          input: null,
        }),
      ],
      (seq) => eventOf(seq % 2 === 1 ? "a" : "b", seq, { key: seq + (seq % 2) }),
      times,
    ),
  /** An occurrence of a schedule in a zone with summer time. */
  "next occurrence": (times) => {
    const schedule = cron("*/5 9-17 * * 1-5", { timeZone: "America/New_York" });
    let at = Date.UTC(2026, 0, 5);
    for (let turn = 0; turn < times; turn++) at = nextOccurrence(schedule, at) ?? 0;
    return at;
  },
  /** The id of a run that two signals caused. */
  "run id": (times) => {
    let last = "";
    for (let turn = 0; turn < times; turn++) last = runIdOf("thumbnail", [`a${turn}`, "b"]);
    return last;
  },
  /** Ten events that fire a trigger each, among a hundred triggers on other events. */
  step: (times) =>
    decided(
      Array.from({ length: 100 }, (_, index) =>
        trigger(`t${index}`, { when: event(`e${index}`), run: work, input: null }),
      ),
      (seq) => eventOf("e7", seq, { n: seq }),
      times,
    ),
};

const [, , name = "", times = "0"] = process.argv;
const path = paths[name];
if (path === undefined) console.log(JSON.stringify(Object.keys(paths)));
else path(Number(times));
