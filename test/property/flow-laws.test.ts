// Goal: flow control keeps its promises whatever comes when, and however the log is cut. Method: events of two keys at random instants, routed in random pieces, some of them from
// rows read back; what comes of it is compared with reference models that look at one key's instants alone, and with the laws themselves.
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  definitionsOf,
  detent,
  event,
  task,
  trigger,
  type FlowOptions,
} from "../../src/core/index.ts";
import { isHeldFiring } from "../../src/core/state.ts";
import { arbitraryApp, arbitraryHappenings } from "../support/arbitrary-app.ts";
import { Log, Router } from "../support/deciding.ts";
import { live } from "../support/living.ts";

interface Came {
  readonly id: string;
  readonly at: number;
}

/** Which signals run together, and when. */
interface Ran {
  readonly cause: readonly string[];
  readonly at: number;
}

const arrivals = fc.array(
  fc.record({
    after: fc.constantFrom(0, 1, 400, 999, 1_000, 1_001, 2_500, 6_000),
    key: fc.constantFrom("x", "y"),
    cut: fc.boolean(),
    reread: fc.boolean(),
  }),
  { maxLength: 30 },
);
type Arrivals = typeof arrivals extends fc.Arbitrary<infer Value> ? Value : never;

/** Everything that comes of the arrivals under the options, some time after the last of them. */
const routed = (options: FlowOptions, came: Arrivals, restMillis: number) => {
  const work = task({ id: "work", run: (input: unknown) => input });
  const router = new Router({
    tasks: [work],
    triggers: [
      trigger("t", {
        when: event<string>("e"),
        by: (signal) => signal.payload,
        run: work,
        input: (f) => f.matches.map(({ id }) => id),
        ...options,
      }),
    ],
  });
  const log = new Log();
  let at = 0;
  for (const { after, key, cut, reread } of came) {
    log.event("e", key, { at: (at += after) });
    if (cut) router.route({ signals: log.signals.slice(router.state.watermark.seq) });
    if (reread) router.reread();
  }
  const until = at + restMillis;
  router.route({ signals: log.signals.slice(router.state.watermark.seq), until });
  const of = (wanted: string): Came[] =>
    log.signals.flatMap(({ id, at: cameAt, signal }) =>
      signal._tag === "Event" && signal.payload === wanted ? [{ id, at: cameAt }] : [],
    );
  return { router, until, keys: [of("x"), of("y")] };
};

const ranOf = ({ runs }: Router): readonly Ran[] =>
  runs.map(({ cause, createdAt }) => ({ cause, at: createdAt })).sort(inTime);

const inTime = (one: Ran, other: Ran): number =>
  one.at - other.at || (String(one.cause) < String(other.cause) ? -1 : 1);

const expectModel = (
  options: FlowOptions,
  model: (came: readonly Came[], until: number) => readonly Ran[],
): void =>
  fc.assert(
    fc.property(arrivals, fc.constantFrom(0, 500, 1_000, 20_000), (came, rest) => {
      const { router, until, keys } = routed(options, came, rest);
      expect(ranOf(router)).toEqual(keys.flatMap((key) => model(key, until)).sort(inTime));
    }),
    { numRuns: 400 },
  );

const debounced =
  (wait: number, max: number) =>
  (came: readonly Came[], until: number): readonly Ran[] => {
    const ran: Ran[] = [];
    for (let first = 0, last = 0; first < came.length; first = last) {
      const dueAt = (): number =>
        Math.min((came[last - 1] as Came).at + wait, (came[first] as Came).at + max);
      for (last = first + 1; last < came.length && (came[last] as Came).at < dueAt();) last++;
      if (dueAt() <= until) ran.push({ cause: [(came[last - 1] as Came).id], at: dueAt() });
    }
    return ran;
  };

test.each([
  ["wait", { debounce: 1_000 }, 1_000, Infinity],
  ["wait and max", { debounce: { wait: "1 s", max: "2500 ms" } }, 1_000, 2_500],
] as const)(
  "for any arrivals and pieces, a debounced firing is the newest of those that came within the time of one another: %s",
  (_, options, wait, max) => expectModel(options, debounced(wait, max)),
);

test("for any arrivals and pieces, no two debounced runs of a key are nearer than the wait, without a max", () => {
  fc.assert(
    fc.property(arrivals, (came) => {
      const { router, keys } = routed({ debounce: 1_000 }, came, 20_000);
      expectSpaced(router, keys, 1_000);
    }),
  );
});

const expectSpaced = (router: Router, keys: readonly Came[][], millis: number): void => {
  for (const key of keys) {
    const ids = new Set(key.map(({ id }) => id));
    const instants = ranOf(router).flatMap(({ cause, at }) =>
      ids.has(cause[0] ?? "") ? [at] : [],
    );
    instants.reduce((before, at) => {
      expect(at - before).toBeGreaterThanOrEqual(millis);
      return at;
    }, -Infinity);
  }
};

test("for any arrivals and pieces, two throttled runs of a key are never nearer than the interval, and none waits longer than it", () => {
  fc.assert(
    fc.property(arrivals, (came) => {
      const { router, keys } = routed({ throttle: "2500 ms" }, came, 20_000);
      expectSpaced(router, keys, 2_500);
      const cameAt = new Map(keys.flat().map(({ id, at }) => [id, at]));
      for (const { cause, at } of ranOf(router))
        expect(at - (cameAt.get(cause[0] ?? "") ?? NaN)).toBeLessThanOrEqual(2_500);
    }),
  );
});

test("for any arrivals and pieces, a throttled key runs at once while its gate is open, and its newest when the gate opens", () =>
  expectModel({ throttle: 1_000 }, (came, until) => {
    const ran: Ran[] = [];
    let openAt = -Infinity;
    let held: Came | undefined;
    const run = ({ id }: Came, at: number): void => {
      ran.push({ cause: [id], at });
      openAt = at + 1_000;
      held = undefined;
    };
    for (const one of [...came, { id: "end", at: until }]) {
      if (held !== undefined && openAt <= one.at) run(held, openAt);
      if (one.id === "end") break;
      if (openAt <= one.at) run(one, one.at);
      else held = one;
    }
    return ran;
  }));

test("for any arrivals and pieces, a batch is what came until it was full or its time was over, each signal in one of them, in order", () =>
  expectModel({ batch: { size: 3, within: "1 s" } }, (came, until) => {
    const ran: Ran[] = [];
    for (let rest = came; rest.length > 0;) {
      const dueAt = (rest[0] as Came).at + 1_000;
      const inTimeCount = rest.filter(({ at }) => at < dueAt).length;
      const taken = rest.slice(0, Math.min(3, inTimeCount));
      rest = rest.slice(taken.length);
      const at = taken.length === 3 ? (taken[2] as Came).at : dueAt;
      if (at <= until) ran.push({ cause: taken.map(({ id }) => id), at });
    }
    return ran;
  }));

test("whatever happens to whatever app, a signal that satisfied a leaf ends as a run's cause, in a skip, waiting or kept back, and in one of them only", () => {
  fc.assert(
    fc.property(arbitraryApp, arbitraryHappenings, (app, happenings) => {
      const { router, log } = live(app, happenings);
      const places = new Map<string, Set<string>>();
      const put = (trigger_: string, signal: string | null, place: string): void => {
        const use = `${trigger_} ${signal}`;
        places.set(use, (places.get(use) ?? new Set()).add(place));
      };
      for (const { trigger: id, cause } of router.runs)
        for (const signal of cause) put(id, signal, "run");
      for (const { trigger: id, signal } of router.skips) put(id, signal, "skip");
      for (const row of [...router.state.waiting.values()].flat(2))
        put(row.trigger, row.heard.id, "waiting");
      for (const { due } of router.state.deadlines.values())
        if (due._tag === "Release" || due._tag === "Turn")
          for (const { id } of due.matches) put(due.trigger, id, "held");
      for (const [use, { size }] of places) expect([use, size]).toEqual([use, 1]);
      // Leaves that hear every event of a name tell what must have come somewhere.
      const through = router.state.watermark;
      for (const { id, leaves } of definitionsOf(detent(app)).triggers.values())
        for (const { condition } of leaves) {
          if (condition._tag !== "Event" || condition.where !== undefined) continue;
          for (const { seq, id: signal, signal: heard, dueAt } of log.signals)
            if (
              heard._tag === "Event" &&
              heard.name === condition.name &&
              seq <= through.seq &&
              (dueAt ?? 0) <= through.at
            )
              expect([id, signal, places.get(`${id} ${signal}`)?.size]).toEqual([id, signal, 1]);
        }
      // The index of what is kept back is what the rows say.
      const indexed = [...router.state.firings.values()].flat().map(({ id }) => id);
      const rows = router.state.deadlines.values().filter(isHeldFiring);
      expect(indexed.sort()).toEqual(rows.map(({ id }) => id).sort());
    }),
    { numRuns: 500 },
  );
});
