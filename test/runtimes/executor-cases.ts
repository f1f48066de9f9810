// What becomes of a run whose body ends in some way: one row for each way, the same for every executor and every runtime unless the row says otherwise.
// Under vitest, test/unit/executor-outcomes.test.ts runs them; under any other runtime, run-executor-cases.ts does.
import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { ErrorData } from "../../src/core/errors.ts";
import type { ExecutorEvent, Order } from "../../src/core/executor.ts";
import type { Outcome } from "../../src/core/run.ts";
import type { Ended, Stage } from "./executor-stage.ts";

export interface Case {
  readonly name: string;
  readonly body: string;
  readonly with?: unknown;
  readonly order?: Partial<Order>;
  /** Cancelled once the body has begun. */
  readonly cancelled?: true;
  readonly expect: (seen: Seen) => void;
  /** What it needs: threads or processes that can be ended ("kill"), a heap that can be looked at ("heap"), attribution of stray errors ("stray"). */
  readonly needs?: readonly Need[];
  /** The grace of the executor; "long": a body that heeds its signal is meant to end by itself. */
  readonly grace?: "short" | "long";
}

export type Need = "kill" | "heap" | "stray" | "thread";

interface Seen {
  readonly ended: Ended;
  readonly outcome: Outcome;
  readonly events: readonly ExecutorEvent[];
}

type Tag = Outcome["_tag"];

const outcomeIs =
  (tag: Tag, check: (error: ErrorData) => void = () => {}) =>
  ({ outcome }: Seen): void => {
    equal(outcome._tag, tag, `got ${JSON.stringify(outcome)}`);
    if ("error" in outcome && outcome.error !== null) check(outcome.error);
  };
const failsWith = (name: string, message: RegExp, check: (error: ErrorData) => void = () => {}) =>
  outcomeIs("Failed", (error) => {
    equal(error.name, name);
    match(error.message, message);
    check(error);
  });
const succeedsWith =
  (result: unknown) =>
  ({ outcome }: Seen): void =>
    deepEqual(outcome, { _tag: "Succeeded", result });
const crashesWith = (message: RegExp, check: (error: ErrorData) => void = () => {}) =>
  outcomeIs("Crashed", (error) => {
    equal(error.name, "CrashError");
    match(error.message, message);
    check(error);
  });
const isCancelled = outcomeIs("Cancelled", (error) => equal(error.name, "CancelledError"));
const timesOut = outcomeIs("TimedOut", (error) => equal(error.name, "TimeoutError"));
const resultFault = (message: RegExp) => failsWith("ResultError", message);
const linesOf = (events: readonly ExecutorEvent[]): string[] =>
  events.flatMap((event) => (event._tag === "Logged" ? [`${event.level} ${event.message}`] : []));

const returning: readonly Case[] = [
  {
    name: "returns its input",
    body: "returns-input",
    with: { a: [1, "ü", null, { b: true }] },
    expect: succeedsWith({ a: [1, "ü", null, { b: true }] }),
  },
  { name: "returns nothing", body: "returns-undefined", expect: succeedsWith(null) },
  {
    name: "returns a field that is undefined",
    body: "returns-undefined-field",
    expect: succeedsWith({ a: 1 }),
  },
  { name: "returns a proxy of plain data", body: "returns-proxy", expect: succeedsWith({ a: 1 }) },
  {
    name: "returns a function",
    body: "returns-function",
    expect: resultFault(/result is a function/),
  },
  { name: "returns a symbol", body: "returns-symbol", expect: resultFault(/result is a symbol/) },
  {
    name: "returns a bigint inside",
    body: "returns-bigint",
    expect: resultFault(/result\.size is a bigint/),
  },
  {
    name: "returns a WeakMap",
    body: "returns-weak-map",
    expect: resultFault(/result is a WeakMap/),
  },
  {
    name: "returns a promise inside",
    body: "returns-promise-inside",
    expect: resultFault(/result\.p is a Promise/),
  },
  {
    name: "returns a class instance",
    body: "returns-instance",
    expect: resultFault(/result is a Point/),
  },
  { name: "returns a cycle", body: "returns-cycle", expect: resultFault(/contains itself/) },
  {
    name: "returns a getter that throws",
    body: "returns-throwing-getter",
    expect: resultFault(/can't be read/),
  },
  {
    name: "returns too much",
    body: "returns-much",
    expect: resultFault(/more than 1048576 characters of JSON/),
  },
];

const throwing: readonly Case[] = [
  {
    name: "throws an error with a name, own properties and causes",
    body: "throws-error",
    expect: failsWith("CodedError", /^coded$/, (error) => {
      deepEqual({ ...error.data }, { code: "E_CODED", extra: { tries: 3 } });
      match(error.stack ?? "", /executor-tasks/);
      equal(error.cause?.name, "RangeError");
      equal(error.cause?.cause?.message, "threw its own cause");
    }),
  },
  {
    name: "throws a subclass of TypeError",
    body: "throws-type-error-subclass",
    expect: failsWith("Special", /^special$/),
  },
  {
    name: "throws an AggregateError",
    body: "throws-aggregate",
    expect: failsWith("AggregateError", /^both$/, (error) =>
      deepEqual(
        error.errors?.map((it) => `${it.name}: ${it.message}`),
        ["Error: one", "RangeError: two"],
      ),
    ),
  },
  {
    name: "throws an error of the system",
    body: "throws-system-error",
    expect: failsWith("Error", /no such file/i, (error) => equal(error.data?.["code"], "ENOENT")),
  },
  {
    name: "throws a DOMException",
    body: "throws-dom-exception",
    expect: failsWith("NotAllowedError", /^not allowed$/),
  },
  { name: "throws text", body: "throws-string", expect: failsWith("Error", /^threw text$/) },
  { name: "throws null", body: "throws-null", expect: failsWith("Error", /^threw null$/) },
  {
    name: "throws undefined",
    body: "throws-undefined",
    expect: failsWith("Error", /^threw undefined$/),
  },
  {
    name: "throws an object",
    body: "throws-object",
    expect: failsWith("Error", /^threw \{"code":7\}$/, (error) =>
      deepEqual({ ...error.data }, { code: 7 }),
    ),
  },
  {
    name: "throws an object with a function",
    body: "throws-object-with-function",
    expect: failsWith("Error", /^threw /),
  },
  {
    name: "throws an error whose cause is a function",
    body: "throws-error-with-function-cause",
    expect: failsWith("Error", /^odd cause$/),
  },
  {
    name: "throws an error with a function among its properties",
    body: "throws-error-with-function-property",
    expect: failsWith("Error", /^odd property$/, (error) =>
      deepEqual({ ...error.data }, { kept: 1 }),
    ),
  },
  {
    name: "throws an object that can't be read",
    body: "throws-hostile",
    expect: failsWith("Error", /can't be read/),
  },
  {
    name: "overflows the stack",
    body: "overflows-stack",
    expect: outcomeIs("Failed", (error) => equal(error.name, "RangeError")),
  },
  {
    name: "calls what workers must not call",
    body: "calls-abort",
    needs: ["thread", "kill"],
    expect: outcomeIs("Failed", (error) => match(error.message, /not supported in workers/)),
  },
];

const dying: readonly Case[] = [
  {
    name: "calls process.exit(0)",
    body: "exits",
    with: 0,
    needs: ["kill"],
    expect: crashesWith(/process\.exit\(0\)/, (error) =>
      match(error.cause?.stack ?? "", /executor-tasks/),
    ),
  },
  {
    name: "calls process.exit(7)",
    body: "exits",
    with: 7,
    needs: ["kill"],
    expect: crashesWith(/process\.exit\(7\)/),
  },
  {
    name: "emits at once, then exits",
    body: "exits-after-emitting",
    needs: ["kill"],
    expect: (seen) => {
      crashesWith(/process\.exit\(7\)/)(seen);
      deepEqual(
        seen.events.map((event) => event._tag),
        ["Started", "Emitted", "Ended"],
      );
    },
  },
  {
    name: "exits past every trap",
    body: "exits-for-real",
    needs: ["kill"],
    expect: crashesWith(/ended with code 5/),
  },
  {
    name: "throws in a timer while it runs",
    body: "throws-in-timer",
    needs: ["stray"],
    expect: crashesWith(/outside the task's promise: in a timer/, (error) =>
      deepEqual([error.cause?.name, error.cause?.data?.["code"]], ["CodedError", "E_CODED"]),
    ),
  },
  {
    name: "leaves a rejection unheard while it runs",
    body: "rejects-unheard",
    needs: ["stray"],
    expect: crashesWith(/outside the task's promise: unheard/),
  },
  {
    name: "fills its heap by pushing, with a limit",
    body: "fills-heap-by-push",
    order: { memoryBytes: 100_000_000 },
    needs: ["heap"],
    expect: crashesWith(/out of memory/),
  },
  {
    name: "fills its heap by a map, with a limit",
    body: "fills-heap-by-map",
    order: { memoryBytes: 100_000_000 },
    needs: ["heap"],
    expect: crashesWith(/out of memory/),
  },
  {
    name: "holds buffers, which are no heap",
    body: "fills-buffers",
    order: { memoryBytes: 64_000_000 },
    expect: succeedsWith(96),
  },
];

const hanging: readonly Case[] = [
  "never-resolves",
  "spins-bare",
  "spins-in-map",
  "spins-in-fill",
  "spins-in-regex",
  "waits-in-atomics",
  "runs-program",
  "hashes-natively",
  "hangs-in-finally",
].flatMap((body): Case[] => [
  {
    name: `${body}, and is cancelled`,
    body,
    cancelled: true,
    needs: ["kill"],
    expect: isCancelled,
  },
  {
    name: `${body}, and its time is over`,
    body,
    order: { timeoutMillis: 30 },
    needs: ["kill"],
    expect: timesOut,
  },
]);

const heeding: readonly Case[] = [
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

const talking: readonly Case[] = [
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

const refusing: readonly Case[] = [
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

/** What the envelope alone decides, wherever a body runs. */
const envelopeCases: readonly Case[] = [...returning, ...throwing];
/** What also depends on where a body runs. */
export const hostCases: readonly Case[] = [
  ...dying,
  ...hanging,
  ...heeding,
  ...talking,
  ...refusing,
];
export const cases: readonly Case[] = [...envelopeCases, ...hostCases];

/** Plays one row beside an innocent neighbour, which must come to no harm; afterwards all slots must be of use again. */
export const play = async (
  it: Case,
  stage: Stage,
  where: { readonly slots: number; readonly isolation: Order["isolation"] },
): Promise<void> => {
  const { slots, isolation } = where;
  await stage.free(slots);
  const neighbour = stage.start("waits-for-call");
  await stage.started(neighbour);
  const run = stage.start(it.body, {
    isolation,
    ...it.order,
    ...("with" in it && { with: it.with }),
  });
  if (it.cancelled === true) {
    await stage.started(run);
    stage.cancel(run);
  }
  const ended = await stage.ended(run);
  stage.call(neighbour);
  const unharmed = { _tag: "Succeeded", result: "unharmed" };
  deepEqual((await stage.ended(neighbour)).outcome, unharmed, "the neighbour was harmed");
  it.expect({ ended, outcome: ended.outcome, events: stage.of(run) });
  equal(stage.of(run).at(-1), ended, "something was told after the end");
  await stage.free(slots);
  const fine = { _tag: "Succeeded", result: "fine" };
  const after = Array.from({ length: slots }, () => stage.start("returns-input", { with: "fine" }));
  for (const next of after)
    deepEqual((await stage.ended(next)).outcome, fine, "a slot is of no use");
};
