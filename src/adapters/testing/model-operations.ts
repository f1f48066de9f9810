// Random operations on a store. Few ids and small numbers, so that they meet.
import * as fc from "fast-check";
import type { Subject as PauseSubject } from "../../core/command.ts";
import type { Json } from "../../core/json.ts";
import { runStates, type Run, type RunState } from "../../core/run.ts";
import type { Batch, Check, ListRequest, Tables } from "../../core/store.ts";
import {
  aCursor,
  aDelay,
  aGeneration,
  aPause,
  aRun,
  aSkip,
  aStatus,
  aWaiting,
  aWithin,
  anAttempt,
  anEvent,
  anOpen,
  noon,
} from "./subject.ts";
import { tables } from "./filling.ts";

export type Operation =
  | { readonly kind: "commit"; readonly batch: Batch }
  | {
      readonly kind: "claim";
      readonly owner: string;
      readonly tasks: readonly string[];
      readonly limit: number;
      readonly limits: { readonly [task: string]: number };
    }
  | { readonly kind: "expiry"; readonly tasks: readonly string[]; readonly limit: number }
  | { readonly kind: "read"; readonly behind: number | null; readonly limit: number }
  | { readonly kind: "list"; readonly table: keyof Tables; readonly request: ListRequest }
  | { readonly kind: "summary" }
  | { readonly kind: "enter"; readonly owner: string }
  | { readonly kind: "leave"; readonly owner: string }
  | {
      readonly kind: "owed";
      readonly runs: readonly string[];
      readonly triggers: readonly string[];
    }
  | {
      readonly kind: "purge";
      readonly before: number;
      readonly keep: number;
      readonly limit: number;
    }
  | { readonly kind: "pass"; readonly millis: number };

const oneOf = <const T>(...values: readonly T[]) => fc.constantFrom(...values);
const small = fc.integer({ min: 0, max: 3 });
const id = fc.nat(9).map((n) => `r${n}`);
const owner = oneOf("one", "two");
const task = oneOf("resize", "publish");
const instant = fc.integer({ min: noon - 3, max: noon + 8 });
const state = oneOf(...runStates);
const states = fc.subarray([...runStates], { minLength: 1 });
const expiry = fc.option(instant, { freq: 2 });
const key = fc.option(oneOf("", "k", "other"));
const value = oneOf<Json>(null, 1, "text", { path: "x" }, [1, { a: null }]);
const few = <T>(arbitrary: fc.Arbitrary<T>) => fc.array(arbitrary, { maxLength: 3 });

const check: fc.Arbitrary<Check> = fc.oneof(
  fc.record({ _tag: fc.constant("Revision"), revision: fc.nat(6) }),
  fc.record({
    _tag: fc.constant("Held"),
    run: id,
    owner,
    token: small,
    states: fc.constant<RunState[]>(["claimed", "running"]),
  }),
  fc.record({
    _tag: fc.constant("Held"),
    run: id,
    owner,
    token: small,
    states: fc.constant<RunState[]>(["claimed", "running"]),
    cancelRequested: fc.boolean(),
  }),
  fc.record({ _tag: fc.constant("InState"), run: id, token: fc.nat(1), states }),
  fc.record({ _tag: fc.constant("OwnerOpen"), owner }),
);

const signal = fc.oneof(
  fc
    .record({
      id: fc.nat(30).map((n) => `e${n}`),
      name: oneOf("even", "odd"),
      payload: value,
      dueAt: fc.option(instant),
      origin: fc.option(id),
      past: fc.option(instant),
    })
    .map(({ id: event, past, ...fields }) =>
      anEvent(event, { ...fields, ...(past !== null && { at: past }) }),
    ),
  fc
    .record({
      run: id,
      state: oneOf("running", "succeeded", "failed"),
      token: small,
      input: value,
      result: value,
      self: fc.boolean(),
    })
    .map(({ run, state: to, self, ...fields }) =>
      aStatus(run, to, { ...fields, origin: self ? run : null }),
    ),
  id.map((run) => anEvent(`status:${run}:1:running`)),
);

const run = fc
  .record({
    id,
    task,
    priority: small,
    concurrencyKey: key,
    expiresAt: expiry,
    dueAt: instant,
    state: fc.oneof(
      { weight: 4, arbitrary: fc.constant<RunState>("pending") },
      { weight: 1, arbitrary: state },
    ),
    input: value,
  })
  .map(({ id: run, ...fields }) => aRun(run, fields));

const patch: fc.Arbitrary<Partial<Run>> = fc.record(
  {
    state,
    priority: small,
    concurrencyKey: key,
    expiresAt: expiry,
    dueAt: instant,
    owner: fc.option(owner),
    nonce: fc.option(fc.constant("n")),
    token: small,
    crashes: small,
    task,
    cancelRequested: fc.boolean(),
    outcome: fc.option(value.map((result) => ({ result }))),
    startedAt: fc.option(instant),
    settledAt: fc.option(instant),
    input: value,
    idempotencyKey: id,
  },
  { requiredKeys: [] },
);

const waiting = fc
  .record({
    trigger: oneOf("a", "b"),
    leaf: oneOf("x", "y"),
    order: small,
    at: instant,
    key: oneOf("", "k"),
  })
  .map(({ order, ...fields }) => aWaiting(order, fields));
const deadline = fc
  .tuple(oneOf("d1", "d2", "d3", "d4"), instant, fc.boolean())
  .map(([name, at, acts]) => (acts ? aDelay(name, at) : aWithin(name, at)));
const pause = fc
  .tuple(oneOf<PauseSubject>({ task: "resize" }, { task: "publish" }, { trigger: "a" }), instant)
  .map(([of, at]) => aPause(of, at));
const deadlineId = oneOf("d1", "d2", "d3", "d4", "paused/task/resize", "paused/task/publish");
const cursor = fc
  .record({
    trigger: oneOf("a", "b"),
    leaf: oneOf("x", "y"),
    at: instant,
    input: fc.option(value),
  })
  .map(({ trigger, input, ...fields }) =>
    aCursor(trigger, { ...fields, ...(input !== null && { made: { task: "resize", input } }) }),
  );
const open = fc
  .record({ scope: oneOf("settled:r1", "overlap:t"), run: id })
  .map(({ scope, run: of }) => anOpen(scope, of));

const batch: fc.Arbitrary<Batch> = fc.record(
  {
    checks: fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      { weight: 3, arbitrary: fc.array(check, { minLength: 1, maxLength: 2 }) },
    ),
    signals: few(signal),
    runs: few(run),
    patches: few(fc.record({ run: id, patch })),
    attempts: few(fc.tuple(id, small).map(([of, token]) => anAttempt(of, token))),
    skips: few(fc.nat(9).map((n) => aSkip(`s${n}`))),
    waiting: fc.record({ put: few(waiting), remove: few(waiting) }),
    cursors: fc.record({ put: few(cursor), remove: few(cursor) }),
    deadlines: fc.record({
      put: few(fc.oneof({ weight: 4, arbitrary: deadline }, { weight: 1, arbitrary: pause })),
      remove: few(deadlineId),
    }),
    open: fc.record({ put: few(open), remove: few(open) }),
    close: fc.record({ owner, at: instant }),
    generation: fc.nat(2).map((n) => aGeneration(n)),
    watermark: fc.record({ seq: fc.nat(3), at: instant }),
  },
  { requiredKeys: ["checks"] },
);

const where = fc.record(
  {
    ids: few(id),
    states,
    task,
    trigger: oneOf("a", "thumbnail"),
    owner,
    run: id,
    name: oneOf("even", "odd"),
  },
  { requiredKeys: [] },
);

export const listed = [...tables, "tombstone"] as const;

export const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("commit"), batch }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("claim"),
      owner,
      tasks: fc.subarray(["resize", "publish"]),
      limit: small,
      limits: fc.record(
        { resize: fc.integer({ min: 1, max: 2 }), publish: fc.integer({ min: 1, max: 2 }) },
        { requiredKeys: [] },
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("read"),
      behind: fc.option(fc.nat(1)),
      limit: fc.nat(5),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("list"),
      table: oneOf(...listed, "tombstone", "tombstone"),
      request: fc.record(
        {
          where: fc.oneof(fc.constant({}), where),
          limit: fc.integer({ min: 1, max: 5 }),
          order: oneOf("newest", "oldest"),
        },
        { requiredKeys: ["limit"] },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("summary") }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("expiry"),
      tasks: fc.subarray(["resize", "publish"]),
      limit: small,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("owed"),
      runs: few(id),
      triggers: fc.subarray(["thumbnail", "none"]),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("purge"),
      before: fc.integer({ min: noon - 2, max: noon + 30 }),
      keep: fc.nat(40),
      limit: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("enter"), owner }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("leave"), owner }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("pass"), millis: fc.integer({ min: -4, max: 6 }) }),
  },
);
