// Goal: a wrong input is a compile error. Method: `tsc -b` checks this file; each expectation of an error fails there if the error is gone.
import { expect, test } from "vitest";
import {
  absent,
  all,
  any,
  cron,
  defineEvent,
  event,
  failure,
  result,
  task,
  trigger,
} from "../../src/index.ts";

const resize = task({
  id: "resize",
  run: (input: { path: string }) => ({ bytes: input.path.length }),
});
const report = task({ id: "report", run: (input: { bytes: number } | null) => input });
const uploaded = defineEvent<{ path: string; kind: string }>("uploaded", {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) => ({ value: value as { path: string; kind: string } }),
  },
});

test("inputs are typed by the task that takes them and the signals that make them", () => {
  const triggers = [
    trigger("good", {
      when: event(uploaded, { kind: "png" }),
      run: resize,
      input: (f) => ({ path: f.event.payload.path }),
    }),
    trigger("chained", {
      when: result(resize),
      run: report,
      input: (f) => ({ bytes: f.result.result.bytes }),
    }),
    trigger("no-input", { when: cron("* * * * *"), run: report }),
    trigger("joined", {
      when: all([result(resize), event(uploaded)]),
      run: resize,
      input: (f) => ({ path: f.event.payload.path + f.result.input.path }),
    }),
    trigger("correlated", {
      when: all([result(resize), event(uploaded)]),
      by: (signal) => (signal._tag === "Event" ? signal.payload.path : signal.input.path),
      run: resize,
      input: (f) => f.result.input,
    }),
    trigger("wrong-key", {
      when: all([result(resize), event(uploaded)]),
      // @ts-expect-error an event has no input
      by: (signal) => signal.input.path,
      run: resize,
      input: (f) => f.result.input,
    }),
    trigger("either", {
      when: any([result(resize), failure(resize)]),
      run: resize,
      input: (f) => ({ path: f.result?.input.path ?? f.failure?.error.name ?? "" }),
    }),
    trigger("wrong-type", {
      when: event(uploaded),
      run: resize,
      // @ts-expect-error the payload's path is text, and resize takes no number
      input: (f) => ({ path: f.event.payload.path.length }),
    }),
    // @ts-expect-error resize needs an input
    trigger("missing", { when: event(uploaded), run: resize }),
    // @ts-expect-error a value of the wrong type
    trigger("wrong-value", { when: event(uploaded), run: resize, input: { path: 1 } }),
    trigger("silent", {
      when: absent(event(uploaded), { within: "1 h", after: result(resize) }),
      by: (signal) => (signal._tag === "Event" ? signal.payload.path : signal.input.path),
      run: resize,
      input: (f) => f.absence.after.input,
    }),
    trigger("dead-man", {
      when: absent(event(uploaded), { within: "1 h" }),
      run: resize,
      // @ts-expect-error before the first event there is none
      input: (f) => ({ path: f.absence.after.payload.path }),
    }),
    trigger("never-answered", {
      // @ts-expect-error a schedule is never absent
      when: absent(cron("* * * * *"), { within: "1 h" }),
      run: report,
    }),
    trigger("two-events", {
      when: all([event(uploaded), event(uploaded)]),
      run: resize,
      // @ts-expect-error there are two events, so there is no `event`
      input: (f) => ({ path: f.event.payload.path }),
    }),
    trigger("wrong-filter", {
      // @ts-expect-error the payload has no such field
      when: event(uploaded, { size: 1 }),
      run: resize,
      input: { path: "" },
    }),
    trigger("batched", {
      when: event(uploaded),
      run: resize,
      batch: { size: 10, within: "5 s" },
      input: (f) => ({ path: f.matches.map(({ signal }) => signal.payload.path).join() }),
    }),
    trigger("batched-event", {
      when: event(uploaded),
      run: resize,
      batch: { size: 10, within: "5 s" },
      // @ts-expect-error a batch may have several events, so there may be no `event`
      input: (f) => ({ path: f.event.payload.path }),
    }),
    trigger("debounced", {
      when: event(uploaded),
      run: resize,
      debounce: { wait: "1 s", max: "5 s" },
      input: (f) => ({ path: f.event.payload.path }),
    }),
  ];
  expect(triggers.map(({ id }) => id)).toHaveLength(18);
});
