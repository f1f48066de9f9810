// One generator per noun: apps, and what an environment does to them. Small alphabets, so that things meet.
import fc from "fast-check";
import {
  absent,
  all,
  any,
  cron,
  event,
  every,
  failure,
  result,
  settled,
  status,
  task,
  trigger,
  type AppDefinition,
  type Condition,
  type FlowOptions,
  type Json,
  type Signal,
  type Trigger,
} from "../../src/core/index.ts";

const taskIds = ["work", "next"] as const;
const tasks = taskIds.map((id) => task({ id, run: (input: unknown) => input }));

const leaf: fc.Arbitrary<Condition> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("a", "b", "c").map((name) => event(name)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("a", "b").map((name) => event<{ n: number }>(name, { n: 1 })),
  },
  {
    weight: 1,
    arbitrary: fc.constant(
      event<{ n: number }>("a", (payload) => {
        if (payload.n === 3) throw new Error("three");
        return payload.n > 0;
      }),
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom(...taskIds).map((id) => result(id)) },
  { weight: 1, arbitrary: fc.constantFrom(...taskIds).map((id) => failure(id)) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(...taskIds)
      .map((id) => status(id, ["running", "cancelled", "retrying"])),
  },
  { weight: 1, arbitrary: fc.constantFrom(...taskIds).map((id) => settled(id)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      cron("*/10 * * * * *"),
      cron("*/10 * * * * *", { missed: "all" }),
      every("7 s"),
      every("15 s", { missed: "skip" }),
      every("4 s", { overlap: "skip" }),
      every("5 s", { overlap: "bufferOne" }),
      every("6 s", { overlap: "bufferAll", missed: "all" }),
      every("5 s", { overlap: "cancelOther" }),
    ),
  },
);

const answer = fc.constantFrom(
  event("b"),
  event<{ n: number }>("a", { n: 1 }),
  result("work"),
  any([failure("next"), event("c")]),
  settled("work"),
);

const watching = fc
  .record({
    answer,
    within: fc.constantFrom("500 ms", "2 s", "10 s"),
    after: fc.constantFrom(
      undefined,
      event("a"),
      status("work", "running"),
      every("7 s"),
      any([event("b"), any([result("work"), status("work", "succeeded")])]),
    ),
    by: fc.option(
      fc.constant((signal: { readonly _tag: string }) =>
        signal._tag === "Event" ? "x" : undefined,
      ),
      { nil: undefined },
    ),
  })
  .map(({ answer: condition, within, after, by: key }) =>
    absent(condition, { within, ...(after && { after }), ...(key && { by: key }) }),
  );

const condition: fc.Arbitrary<Condition> = fc.letrec<{ tree: Condition }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small" },
    { weight: 3, arbitrary: leaf },
    watching,
    fc.array(tie("tree"), { minLength: 1, maxLength: 3 }).map(all),
    fc.array(tie("tree"), { minLength: 1, maxLength: 3 }).map(any),
  ),
})).tree;

const by = (signal: Signal): string | undefined =>
  signal._tag === "Event" ? String((signal.payload as { n: number }).n % 2) : undefined;

/** Flow control of each kind, with times at, below and above those that happenings take. */
const flow: fc.Arbitrary<FlowOptions> = fc.constantFrom(
  { debounce: "1500 ms" },
  { debounce: "4 s" },
  { debounce: { wait: "3 s", max: "7 s" } },
  { throttle: "1500 ms" },
  { throttle: "10 s" },
  { batch: { size: 2, within: "5 s" } },
  { batch: { size: 1, within: "5 s" } },
  { batch: { size: 2, within: "500 ms" } },
);

const arbitraryTrigger = (id: string): fc.Arbitrary<Trigger> =>
  fc
    .record({
      when: condition,
      run: fc.constantFrom(...taskIds),
      take: fc.constantFrom("oldest" as const, "latest" as const, "every" as const),
      within: fc.option(fc.constantFrom("5 s", "20 s"), { nil: undefined }),
      waitingMax: fc.constantFrom(1, 2, 10_000),
      by: fc.option(fc.constant(by), { nil: undefined }),
      flow: fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, { weight: 4, arbitrary: flow }),
    })
    .map(({ when, run, take, within, waitingMax, by: key, flow: options }) =>
      trigger(id, {
        when,
        run,
        take,
        waitingMax: "batch" in options ? Math.max(waitingMax, 2) : waitingMax,
        ...options,
        ...(within && { within }),
        ...(key && { by: key }),
        input: (firing) => firing.matches.map((match) => match.id),
      }),
    );

export const arbitraryApp: fc.Arbitrary<AppDefinition> = fc
  .integer({ min: 1, max: 4 })
  .chain((count) =>
    fc.tuple(...Array.from({ length: count }, (_, index) => arbitraryTrigger(`t${index}`))),
  )
  .map((triggers) => ({ tasks, triggers }));

/** What happens next in the world: an event, or the oldest (or a later) run that is not over goes on. */
export type Happening =
  | {
      readonly _tag: "Event";
      readonly name: string;
      readonly n: number;
      readonly delayed: boolean;
      readonly fromRun: boolean;
    }
  | {
      readonly _tag: "Run";
      readonly pick: number;
      readonly state: "running" | "retrying" | "succeeded" | "failed" | "cancelled";
    }
  | { readonly _tag: "Command"; readonly name: string; readonly payload: (now: number) => Json }
  | { readonly _tag: "Wait"; readonly millis: number };

const subject = fc.oneof(
  fc.constantFrom("t0", "t1", "made").map((id) => ({ trigger: id })),
  fc.constantFrom(...taskIds).map((id) => ({ task: id })),
);

const command = fc.oneof(
  fc.tuple(subject, fc.constantFrom(null, 3_000, 20_000)).map(([of, millis]) => ({
    name: "@:pause",
    payload: (now: number): Json => ({ ...of, until: millis === null ? null : now + millis }),
  })),
  subject.map((of) => ({ name: "@:resume", payload: (): Json => of })),
  fc.tuple(fc.constantFrom("t0", "t1", "made"), fc.constantFrom(0, 10_000)).map(([id, back]) => ({
    name: "@:backfill",
    payload: (now: number): Json => ({ trigger: id, from: now - 20_000, to: now - back }),
  })),
  fc
    .record({
      id: fc.constantFrom("made", "t9"),
      when: fc.constantFrom(
        every("3 s"),
        every("3 s", { overlap: "bufferAll" }),
        every("7 s"),
        cron("*/10 * * * * *"),
      ),
      task: fc.constantFrom(...taskIds),
      input: fc.constantFrom(1, 2),
    })
    .map((made) => ({ name: "@:schedule", payload: (): Json => made as unknown as Json })),
  fc
    .constantFrom("made", "t9")
    .map((id) => ({ name: "@:unschedule", payload: (): Json => ({ id }) })),
  fc
    .constantFrom(0, 8_000)
    .map((back) => ({ name: "@:rewind", payload: (now: number): Json => ({ to: now - back }) })),
);

export const arbitraryHappenings: fc.Arbitrary<readonly Happening[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        _tag: fc.constant("Event" as const),
        name: fc.constantFrom("a", "b", "c"),
        n: fc.integer({ min: 0, max: 3 }),
        delayed: fc.boolean(),
        fromRun: fc.boolean(),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        _tag: fc.constant("Run" as const),
        pick: fc.nat(5),
        state: fc.constantFrom(
          "running" as const,
          "retrying" as const,
          "succeeded" as const,
          "failed" as const,
          "cancelled" as const,
        ),
      }),
    },
    {
      weight: 2,
      arbitrary: command.map((told) => ({ _tag: "Command" as const, ...told })),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        _tag: fc.constant("Wait" as const),
        millis: fc.constantFrom(0, 1_000, 4_000, 30_000),
      }),
    },
  ),
  { maxLength: 40 },
);
