// The reference: whatever is asked of a store, in whatever order, it answers as the memory store does and keeps what that keeps.
// Few ids and small numbers, so that operations meet. The test goes on until each kind of operation and check has both succeeded and been refused.
import * as Effect from "effect/Effect";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Subject as PauseSubject } from "../../src/core/command.ts";
import type { Json } from "../../src/core/json.ts";
import { memoryStore } from "../../src/core/memory-store.ts";
import type { OwedReply } from "../../src/core/purge.ts";
import { runStates, type Run, type RunState } from "../../src/core/run.ts";
import { dump } from "../../src/core/store-dump.ts";
import type { Batch, Check, ListRequest, StorePort, Tables } from "../../src/core/store.ts";
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
  anOwner,
  noon,
  onStore,
  type Subject,
} from "./subject.ts";

type Operation =
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

const listed = [
  "run",
  "attempt",
  "signal",
  "skip",
  "waiting",
  "cursor",
  "deadline",
  "owner",
  "tombstone",
] as const;

const operation: fc.Arbitrary<Operation> = fc.oneof(
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

/** Does an operation and gives its answer. Watermarks stay within the log, pages are followed to their end. */
const perform = (store: StorePort, each: Operation, clock: { now: number }) =>
  Effect.gen(function* () {
    switch (each.kind) {
      case "commit": {
        const { signals } = yield* store.summary;
        const { watermark } = each.batch;
        return yield* store.commit(
          watermark === undefined
            ? each.batch
            : { ...each.batch, watermark: { ...watermark, seq: Math.min(watermark.seq, signals) } },
        );
      }
      case "claim":
        return yield* store.claim({ ...each, nonce: "nonce" });
      case "read": {
        const { watermark } = yield* store.read({ revision: null, limit: 0 });
        return yield* store.read({
          revision: each.behind === null ? null : watermark.revision - each.behind,
          limit: each.limit,
        });
      }
      case "list": {
        const pages: unknown[] = [];
        for (let after: string | undefined; ;) {
          const page = yield* store.list(each.table, { ...each.request, after });
          pages.push(page.rows);
          if (page.next === null) return pages;
          after = page.next;
        }
      }
      case "expiry":
        return yield* store.expiry(each);
      case "owed":
        return yield* store.owed(each);
      case "purge": {
        const { before, keep, limit } = each;
        const request = { before, tombstonesBefore: before - keep, limit };
        const gone = { signals: 0, runs: 0, skips: 0, tombstones: 0 };
        for (let more = true; more;) {
          const reply = yield* store.purge(request);
          gone.signals += reply.signals;
          gone.runs += reply.runs;
          gone.skips += reply.skips;
          gone.tombstones += reply.tombstones;
          more = reply.more;
        }
        return gone;
      }
      case "summary":
        return yield* store.summary;
      case "enter":
        return yield* store.enter(anOwner(each.owner));
      case "leave":
        return yield* store.leave(each.owner);
      case "pass":
        clock.now += each.millis;
        return undefined;
    }
  });

/** What an operation has shown: `<operation> yes` when it had an effect or a row to tell, `<operation> no` when it was refused or empty. */
const shownBy = (each: Operation, answer: unknown): readonly string[] => {
  const seen = (what: string, yes: boolean): string => `${what} ${yes ? "yes" : "no"}`;
  if (each.kind === "commit") {
    const reply = answer as { _tag: string; check?: Check };
    const failed = each.batch.checks.find(
      (one) => one === reply.check || JSON.stringify(one) === JSON.stringify(reply.check),
    );
    return [
      seen("commit", reply._tag === "Committed"),
      ...each.batch.checks.map((one) => seen(`check ${one._tag}`, one !== failed)),
    ];
  }
  if (each.kind === "claim")
    return [seen("claim", (answer as { runs: unknown[] }).runs.length > 0)];
  if (each.kind === "expiry")
    return [seen("expiry", (answer as { runs: unknown[] }).runs.length > 0)];
  if (each.kind === "owed") {
    const { runs, forgotten } = answer as OwedReply;
    return [seen("owed", runs.length > 0), seen("forgotten", Object.keys(forgotten).length > 0)];
  }
  if (each.kind === "purge")
    return Object.entries(answer as object)
      .map(([what, count]) => seen(`purge ${what}`, count > 0))
      .concat(
        seen(
          "purge",
          Object.values(answer as object).some((count) => count > 0),
        ),
      );
  if (each.kind === "list")
    return [seen(`list ${each.table}`, (answer as unknown[][])[0]!.length > 0)];
  if (each.kind === "read")
    return [
      seen("read state", (answer as { state: unknown }).state !== null),
      seen("read signals", (answer as { signals: unknown[] }).signals.length > 0),
    ];
  return [];
};

const wanted = [
  "commit",
  "expiry",
  "claim",
  "check Revision",
  "check Held",
  "check InState",
  "check OwnerOpen",
  "read state",
  "read signals",
  "owed",
  "forgotten",
  "purge",
  "purge signals",
  "purge runs",
  "purge skips",
  "purge tombstones",
  ...listed.map((table) => `list ${table}`),
].flatMap((what) => [`${what} yes`, `${what} no`]);

export const modelRules = (subject: Subject): void => {
  test(
    "any operations get the answers of the memory store and leave what it would leave",
    { timeout: 120_000 },
    async () => {
      const shown = new Set<string>();
      const law = fc.asyncProperty(
        fc.array(operation, { minLength: 10, maxLength: 60 }),
        fc.boolean(),
        (operations, hasOther) =>
          onStore(subject, ({ store, again, clock }) =>
            Effect.gen(function* () {
              const model = memoryStore();
              const modelClock = { now: clock.now };
              const other = yield* again;
              for (const [index, each] of operations.entries()) {
                // Owners enter and leave through one handle; all else comes through either, in half of the cases.
                const handle =
                  hasOther && index % 3 === 2 && each.kind !== "enter" && each.kind !== "leave"
                    ? other
                    : store;
                const expected = yield* perform(model, each, modelClock);
                clock.now = modelClock.now;
                expect(yield* perform(handle, each, { now: 0 })).toEqual(expected);
                for (const what of shownBy(each, expected)) shown.add(what);
              }
              expect(yield* dump(store)).toEqual(yield* dump(model));
              expect(yield* other.summary).toEqual(yield* model.summary);
            }),
          ),
      );
      for (let rounds = 0; wanted.some((what) => !shown.has(what)) || rounds < 2; rounds++) {
        expect(
          rounds,
          `never seen: ${wanted.filter((what) => !shown.has(what)).join(", ")}`,
        ).toBeLessThan(20);
        await fc.assert(law, { numRuns: 40 });
      }
    },
  );
};
