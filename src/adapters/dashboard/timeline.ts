// The timeline: attempts as bars, in lanes. An engine runs several at a time; a lane holds what did not overlap, so that there are as many as were busy at once.
import * as Effect from "effect/Effect";
import type { StoreError } from "../../core/errors.ts";
import type { Attempt } from "../../core/run.ts";
import { keyOfPage, pageOf } from "../../core/store-order.ts";
import type { StorePort } from "../../core/store.ts";
import { demandCount, refuse, type Failure } from "./failure.ts";
import type { Notes } from "./notes.ts";
import { tagText } from "../../core/tag.ts";
import type { Subject } from "./subject.ts";
import type { Bar, Timeline } from "./view.ts";

const minuteMillis = 60_000;
/** How many attempts are looked at and shown. */
const lookedAtMax = 1_500;
const barsMax = 1_000;

export interface TimelineQuery {
  readonly minutes?: string;
  readonly until?: string;
}

export const timeline = (
  subject: Subject,
  notes: Notes,
  query: TimelineQuery,
): Effect.Effect<Timeline, Failure> =>
  Effect.gen(function* () {
    const { store } = subject;
    const bounds = { least: 1, most: 7 * 24 * 60, otherwise: 10 };
    const minutes = yield* demandCount("minutes", query.minutes, bounds);
    const now = yield* store.now;
    const to = (query.until ?? "") === "" ? now : Date.parse(query.until ?? "");
    if (Number.isNaN(to))
      return yield* refuse(`until is ${JSON.stringify(query.until)}; give an ISO instant`);
    const from = to - minutes * minuteMillis;
    const { rows, next } = yield* store.list("attempt", {
      limit: lookedAtMax,
      order: "newest",
      after: to >= now ? undefined : yield* placeAt(store, to),
    });
    const ended = rows.flatMap((attempt) => endedBar(attempt, from, to));
    const held = yield* store.list("run", {
      where: { states: ["claimed", "running"] },
      limit: 200,
    });
    const going = held.rows.flatMap((run): readonly Unplaced[] => {
      const startedAt = run.startedAt ?? notes.startedAtOf(run.id);
      if (startedAt === undefined || startedAt > to) return [];
      const { id, task, attempt, owner } = run;
      return [
        { run: id, task, attempt, from: startedAt, to: null, kind: "running", engine: owner ?? "" },
      ];
    });
    const tasks = yield* tasksOf(subject, ended);
    const bars = [
      ...going,
      ...ended.map((bar) => ({ ...bar, task: tasks.get(triggerOf(bar.run)) ?? "" })),
    ];
    const shown = bars.toSorted((one, other) => other.from - one.from).slice(0, barsMax);
    const oldest = rows.at(-1)?.settledAt ?? 0;
    return {
      from,
      to,
      ...inLanes(shown),
      isCut: bars.length > shown.length || (next !== null && oldest > from),
    };
  });

/**
 * Where in the list of attempts those begin, newest first, whose runs were created up to an instant: runs lie in the order of their creation, so it is found by halving.
 * Undefined where there are none later.
 */
const placeAt = (store: StorePort, to: number): Effect.Effect<string | undefined, StoreError> =>
  Effect.gen(function* () {
    const newest = yield* store.list("run", { limit: 1 });
    if (newest.next === null) return undefined;
    let [low, high] = [0, ordinalOf(newest.next) + 1];
    while (low + 1 < high) {
      const middle = Math.floor((low + high) / 2);
      const [run] = (yield* store.list("run", { limit: 1, after: pageOf([middle]) })).rows;
      if (run === undefined || run.createdAt <= to) low = middle;
      else high = middle;
    }
    return pageOf([high, 0]);
  });

/** The place that the key of a page's last run says. */
const ordinalOf = (page: string): number => Number(keyOfPage("run", page)?.[0] ?? 0);

type Unplaced = Omit<Bar, "lane"> & { readonly engine: string };

/** A run's id begins with that of its trigger. */
const triggerOf = (run: string): string => run.slice(0, run.lastIndexOf("~"));

/** By trigger, which runs one task: a run of each tells. */
const tasksOf = (
  { store }: Subject,
  bars: readonly Unplaced[],
): Effect.Effect<ReadonlyMap<string, string>, StoreError> =>
  Effect.gen(function* () {
    const ids = [...new Map(bars.map(({ run }) => [triggerOf(run), run])).values()];
    if (ids.length === 0) return new Map();
    const { rows } = yield* store.list("run", { where: { ids }, limit: ids.length });
    return new Map(rows.map(({ trigger, task }) => [trigger, task]));
  });

const endedBar = (
  { run, attempt, owner, startedAt, settledAt, outcome }: Attempt,
  from: number,
  to: number,
): readonly Unplaced[] =>
  startedAt === null || settledAt < from || startedAt > to
    ? []
    : [
        {
          run,
          task: "",
          attempt,
          from: startedAt,
          to: settledAt,
          kind: tagText(outcome._tag),
          engine: owner,
        },
      ];

/** Each bar in the first lane of its engine that is free when it begins. */
const inLanes = (bars: readonly Unplaced[]): Pick<Timeline, "lanes" | "bars"> => {
  const lanes: { readonly engine: string; readonly lane: number }[] = [];
  const placed: Bar[] = [];
  const byEngine = Map.groupBy(bars, ({ engine }) => engine);
  for (const [engine, own] of byEngine) {
    const first = lanes.length;
    const freeAt: number[] = [];
    for (const { engine: _, ...bar } of own.toSorted((one, other) => one.from - other.from)) {
      const free = freeAt.findIndex((at) => at <= bar.from);
      const index = free === -1 ? freeAt.length : free;
      freeAt[index] = bar.to ?? Number.POSITIVE_INFINITY;
      placed.push({ ...bar, lane: first + index });
    }
    lanes.push(...freeAt.map((_, index) => ({ engine, lane: first + index })));
  }
  return { lanes, bars: placed };
};
