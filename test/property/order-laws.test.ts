// Goal: L2 and L3, what the order of the log may and may not decide. Method: one log is told twice, in two orders that the law calls equal.
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  all,
  any,
  event,
  failure,
  result,
  status,
  task,
  trigger,
  type AppDefinition,
  type Condition,
  type Trigger,
} from "../../src/core/index.ts";
import { aRun } from "../../src/adapters/testing/subject.ts";
import { Log, Router } from "../support/deciding.ts";

const tasks = ["work", "next"].map((id) => task({ id, run: (input: unknown) => input }));

/** Something that may be told; `key` is what `by` will see, and `id` stays with it wherever it stands in the log. */
interface Telling {
  readonly id: string;
  readonly name: string;
  readonly key: number;
}

const told = (app: AppDefinition, tellings: readonly Telling[]): Router => {
  const router = new Router(app);
  const log = new Log();
  for (const { id, name, key } of tellings) {
    if (name === "succeeded" || name === "failed")
      log.status(aRun(id, { task: "work", input: key }), name, {
        ...(name === "failed" && { error: { name: "Error", message: String(key) } }),
      });
    else log.event(name, { key }, { id });
  }
  router.route({ signals: log.signals });
  return router;
};

/** Runs as a set: not when they were made, nor in which order. */
const runsOf = ({ runs }: Router): readonly unknown[] =>
  runs
    .map(({ id, cause, input }) => ({ id, cause, input }))
    .sort((one, other) => (one.id < other.id ? -1 : 1));

const tellings = (names: readonly string[]): fc.Arbitrary<readonly Telling[]> =>
  fc
    .array(fc.record({ name: fc.constantFrom(...names), key: fc.integer({ min: 0, max: 2 }) }), {
      maxLength: 15,
    })
    .map((list) => list.map((telling, index) => ({ ...telling, id: `s${index}` })));

const leaf: fc.Arbitrary<Condition> = fc.constantFrom<Condition>(
  event("a"),
  event("b"),
  event<{ key: number }>("a", { key: 1 }),
  event<{ key: number }>("b", ({ key }) => key > 0),
  event<{ key: number }>("a", ({ key }) => {
    if (key === 2) throw new Error("two");
    return true;
  }),
  result("work"),
  failure("work"),
  status("work", ["succeeded", "failed"]),
);

const aTrigger = (when: Condition, more: Partial<Trigger> = {}): Trigger =>
  trigger("t", {
    when,
    run: "next",
    ...more,
    input: (firing) => firing.matches.map(({ id, signal }) => [id, signal._tag]),
  });

test("L2: a trigger of one leaf, or of any at the root, makes of a set of signals the same runs in whatever order they come, and skips the same ones", () => {
  const when = fc.oneof(leaf, fc.array(leaf, { minLength: 1, maxLength: 3 }).map(any));
  const shuffled = tellings(["a", "b", "c", "succeeded", "failed"]).chain((list) =>
    fc.tuple(
      fc.constant(list),
      fc.shuffledSubarray([...list], { minLength: list.length, maxLength: list.length }),
    ),
  );
  const take = fc.constantFrom("oldest" as const, "latest" as const, "every" as const);
  const skipsOf = ({ skips }: Router): readonly string[] => skips.map(({ id }) => id).sort();
  fc.assert(
    fc.property(when, take, shuffled, (condition, taken, [one, other]) => {
      const app = { tasks, triggers: [aTrigger(condition, { take: taken })] };
      const [first, second] = [told(app, one), told(app, other)];
      expect(runsOf(second)).toEqual(runsOf(first));
      expect(skipsOf(second)).toEqual(skipsOf(first));
    }),
    { numRuns: 500 },
  );
});

/** Takes from the lanes in the order that `picks` says, and keeps the order within each. */
const merged = (
  lanes: readonly (readonly Telling[])[],
  picks: readonly number[],
): readonly Telling[] => {
  const left = lanes.map((lane) => [...lane]);
  const order: Telling[] = [];
  for (let index = 0; left.some((lane) => lane.length > 0); index++) {
    const open = left.filter((lane) => lane.length > 0);
    order.push(open[(picks[index] ?? 0) % open.length]!.shift()!);
  }
  return order;
};

test("L3: all over distinct leaves, taking the oldest, makes the same runs in whatever order the leaves' signals are merged, as long as each leaf and key keeps its own order", () => {
  const names = ["a", "b", "succeeded"];
  const when = all([event("a"), event("b"), result("work")]);
  const picks = fc.array(fc.nat(8), { maxLength: 15 });
  fc.assert(
    fc.property(tellings(names), fc.boolean(), picks, picks, (list, isKeyed, one, other) => {
      const laneOf = ({ name, key }: Telling): string => `${name} ${isKeyed ? key : ""}`;
      const lanes = [...new Set(list.map(laneOf))].map((lane) =>
        list.filter((telling) => laneOf(telling) === lane),
      );
      const by: Trigger["by"] = (signal) =>
        String(
          signal._tag === "Event"
            ? (signal.payload as { key: number }).key
            : (signal as { input: unknown }).input,
        );
      const app = { tasks, triggers: [aTrigger(when, isKeyed ? { by } : {})] };
      const [first, second] = [told(app, merged(lanes, one)), told(app, merged(lanes, other))];
      expect(runsOf(second)).toEqual(runsOf(first));
    }),
    { numRuns: 500 },
  );
});
