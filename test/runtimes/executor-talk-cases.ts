// Rows of bodies that heed what they are told, that talk while they run, and that are refused before they begin.
import { deepEqual, equal, match, ok } from "node:assert/strict";
import {
  failsWith,
  isCancelled,
  linesOf,
  outcomeIs,
  succeedsWith,
  timesOut,
  type Case,
  type Seen,
} from "./executor-case.ts";

export const heeding: readonly Case[] = [
  {
    name: "heeds its signal when cancelled",
    body: "heeds-signal",
    cancelled: true,
    grace: "long",
    expect: (seen) => (isCancelled(seen), equal(causeOf(seen), undefined)),
  },
  {
    name: "heeds its signal when its time is over",
    body: "heeds-signal",
    order: { timeoutMillis: 30 },
    grace: "long",
    expect: timesOut,
  },
  {
    name: "asks for its signal only after it was cancelled",
    body: "heeds-signal-late",
    cancelled: true,
    grace: "long",
    expect: isCancelled,
  },
  {
    name: "finishes its work although it was cancelled",
    body: "heeds-signal-and-returns",
    cancelled: true,
    grace: "long",
    expect: succeedsWith("unharmed"),
  },
  {
    name: "returns after its time is over",
    body: "heeds-signal-and-returns",
    order: { timeoutMillis: 30 },
    grace: "long",
    expect: timesOut,
  },
  {
    name: "sees in a loop that it was cancelled",
    body: "heeds-cancelled",
    cancelled: true,
    grace: "long",
    needs: ["kill"],
    expect: (seen) => (isCancelled(seen), equal(causeOf(seen), "stopped in the middle")),
  },
  {
    name: "sees in a loop that its time is over",
    body: "heeds-cancelled-and-returns",
    order: { timeoutMillis: 30 },
    grace: "long",
    needs: ["kill"],
    expect: timesOut,
  },
];
const causeOf = ({ outcome }: Seen): string | undefined =>
  "error" in outcome ? outcome.error?.cause?.message : undefined;

export const talking: readonly Case[] = [
  {
    name: "knows who it is",
    body: "tells-context",
    order: { run: "the-run", token: 4, attempt: 2, idempotencyKey: "the-key" },
    expect: succeedsWith({
      runId: "the-run",
      attempt: 2,
      token: 4,
      idempotencyKey: "the-key",
      cancelled: false,
      aborted: false,
    }),
  },
  {
    name: "logs through the console from a loop that never yields",
    body: "logs-in-loop",
    needs: ["thread"],
    expect: ({ events }) =>
      deepEqual(linesOf(events), [
        "info line 0",
        "info line 1",
        "info line 2",
        "info line 3",
        "info line 4",
        "warn careful { a: 1 }",
        "error bad",
      ]),
  },
  {
    name: "logs at a level that there is not",
    body: "logs-at-no-level",
    expect: failsWith(
      "TypeError",
      /^ctx\.log: the level is "notice"; give debug, info, warn or error$/,
    ),
  },
  {
    name: "logs more than it may",
    body: "logs-too-much",
    expect: ({ events }) => {
      const lines = linesOf(events);
      ok(lines.length >= 201 && lines.length <= 601, `${lines.length} lines`);
      match(lines.at(-1) ?? "", /more lines: a task may log 200 lines a second/);
    },
  },
  {
    name: "reports progress more often than it may",
    body: "reports-progress",
    expect: ({ events }) => {
      const progress = events.filter((event) => event._tag === "Progress");
      ok(progress.length >= 2 && progress.length <= 20, `${progress.length} reports`);
      deepEqual(progress.at(-1)?.fraction, 1);
    },
  },
  {
    name: "emits",
    body: "emits",
    order: { run: "emitter" },
    expect: ({ ended, events }) => {
      deepEqual(ended.emitted, [
        { id: "emitter/0", name: "first", payload: { n: 1 } },
        { id: "my-id", name: "named", payload: [1, 2] },
        { id: "emitter/3", name: "last", payload: null },
      ]);
      deepEqual(
        events.flatMap((event) => (event._tag === "Emitted" ? [event.event] : [])),
        [{ id: "emitter/1", name: "now", payload: null }],
      );
    },
  },
  {
    name: "emits and then throws: only what was emitted at once is kept",
    body: "emits-then-throws",
    expect: (seen) => {
      failsWith("Error", /^after emitting$/)(seen);
      deepEqual(seen.ended.emitted, []);
      equal(seen.events.filter((event) => event._tag === "Emitted").length, 1);
    },
  },
  {
    name: "emits what can't be stored",
    body: "emits-badly",
    expect: failsWith("InputError", /emit\("bad"\): payload\.when is a Date/),
  },
];

export const refusing: readonly Case[] = [
  {
    name: "names a task that no module has",
    body: "",
    order: { task: "nowhere" },
    expect: outcomeIs("Released", (error) => equal(error.name, "UnknownTaskError")),
  },
  {
    name: "has an input that can't be sent",
    body: "returns-input",
    order: { input: { body: "returns-input", input: () => {} } as never },
    needs: ["thread"],
    expect: (seen) => {
      outcomeIs("Released", (error) => equal(error.name, "DataCloneError"))(seen);
      ok(!seen.events.some((event) => event._tag === "Started"));
    },
  },
];
