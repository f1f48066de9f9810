// Finding occurrences: one schedule asked again and again, and many schedules of which a minute brings some due. Peers are measured in
// the same rounds, so that a noisy moment hits all of them; figures are medians over the rounds. Alone: `node bench/cron.ts`.
import { CronExpressionParser } from "cron-parser";
import { Cron } from "croner";
import { CronosExpression } from "cronosjs";
import { createTask } from "node-cron";
import { DueHeap } from "../src/core/due-heap.ts";
import { compileSchedule, cron, nextOccurrence, type CronSchedule } from "../src/core/schedule.ts";
import { median, tableOf, type Row } from "./row.ts";

const start = Date.UTC(2026, 0, 5, 14, 59, 30);

export const benchCron = async (): Promise<Row[]> => [
  nextRow(
    "*/5 9-17 * * 1-5",
    "America/New_York",
    "target ≤ 0.5 µs warm and ≥ 40x the fastest peer",
  ),
  nextRow("0 0 29 2 *", "UTC"),
  minuteRow(),
  compileRow(),
];

/** Microseconds of `work`, which finds `count` occurrences, for each of them. */
const microsEach = (count: number, work: (count: number) => void): number => {
  const before = performance.now();
  work(count);
  return ((performance.now() - before) * 1_000) / count;
};

/** Each finds the next occurrences, one after the other, as its users would. */
const nextRow = (expression: string, timeZone: string, note?: string): Row => {
  const schedule = cron(expression, { timeZone });
  const croner = new Cron(expression, { timezone: timeZone, paused: true });
  const cronos = CronosExpression.parse(expression, { timezone: timeZone });
  const nodeCron = createTask(expression, () => {}, { timezone: timeZone });
  const finders: {
    readonly [name: string]: { readonly count: number; readonly work: (count: number) => void };
  } = {
    detent: {
      count: 20_000,
      work: (count) => {
        let at: number | undefined = start;
        for (let found = 0; found < count && at !== undefined; found++)
          at = nextOccurrence(schedule, at);
      },
    },
    "cron-parser": {
      count: 100,
      work: (count) => {
        const dates = CronExpressionParser.parse(expression, {
          tz: timeZone,
          currentDate: start,
          hashSeed: "bench",
        });
        for (let found = 0; found < count; found++) dates.next();
      },
    },
    croner: { count: 100, work: (count) => void croner.nextRuns(count, new Date(start)) },
    cronosjs: { count: 100, work: (count) => void cronos.nextNDates(new Date(start), count) },
    // It can be asked from now on only.
    "node-cron": { count: 100, work: (count) => void nodeCron.getNextRuns(count) },
  };
  const micros = roundsOf(finders);
  const own = micros.get("detent") ?? [];
  const peers = [...micros].filter(([name]) => name !== "detent");
  return {
    what: `next occurrence, \`${expression}\` in ${timeZone}`,
    detent: `${median(own).toFixed(3)} µs`,
    peers: Object.fromEntries(
      peers.map(([name, each]) => [
        name,
        `${median(each).toFixed(1)} µs (${median(each.map((it, round) => it / own[round]!)).toFixed(0)}x)`,
      ]),
    ),
    ...(note === undefined ? {} : { note }),
  };
};

const rounds = 9;

/** Microseconds an occurrence, of each finder in each round. The first rounds warm up and don't count. */
const roundsOf = (finders: {
  readonly [name: string]: { readonly count: number; readonly work: (count: number) => void };
}): Map<string, number[]> => {
  const micros = new Map<string, number[]>(Object.keys(finders).map((name) => [name, []]));
  for (let round = -3; round < rounds; round++) {
    for (const [name, { count, work }] of Object.entries(finders)) {
      const each = microsEach(count, work);
      if (round >= 0) micros.get(name)?.push(each);
    }
  }
  return micros;
};

const zones = ["UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata"];

/** A mix in which a minute on the hour brings some 8,400 of 100,000 due. */
const mixed = (index: number): CronSchedule => {
  const timeZone = zones[index % zones.length]!;
  const share = index % 100;
  const spread = Math.floor(index / 100);
  if (share < 1) return cron("* * * * *", { timeZone });
  if (share < 6) return cron("*/5 * * * *", { timeZone });
  if (share < 8) return cron("*/15 * * * 1-5", { timeZone });
  if (share < 34) return cron(`${spread % 60} * * * *`, { timeZone });
  if (share < 80) return cron(`${spread % 60} ${share % 24} * * *`, { timeZone });
  return cron(`${spread % 60} ${share % 24} ${1 + (spread % 28)} * *`, { timeZone });
};

/** One minute of 100,000 schedules in a heap: take what is due, find when it is due again, put it back. */
const minuteRow = (): Row => {
  const schedules = Array.from({ length: 100_000 }, (_, index) => mixed(index));
  const own: number[] = [];
  const instants: number[] = [];
  const peer: number[] = [];
  let due = 0;
  for (let round = -2; round < 7; round++) {
    const nexts = schedules.map((schedule) => compileSchedule(schedule).next);
    const mine = minuteMillis(nexts);
    const theirs = minuteMillis(
      schedules.map((schedule) => cronParserNext(schedule)),
      mine.firstAt,
    );
    if (round < 0) continue;
    due = mine.due;
    own.push(mine.millis);
    instants.push(instantsMillis(nexts, mine.firstAt));
    peer.push(theirs.millis);
  }
  const ratio = median(peer.map((it, round) => it / own[round]!)).toFixed(0);
  return {
    what: `100,000 schedules, one minute, ${due.toLocaleString("en")} due`,
    detent: `${median(instants).toFixed(1)} ms for the instants, ${median(own).toFixed(1)} ms with the heap`,
    peers: { "cron-parser in the same heap": `${median(peer).toFixed(0)} ms (${ratio}x)` },
    note: "target ≤ 10 ms for the instants",
  };
};

/** The same minute without the heap. */
const instantsMillis = (nexts: readonly Next[], firstAt: readonly number[]): number => {
  const until = start + 60_000;
  const due = nexts.filter((_, index) => firstAt[index]! <= until);
  const before = performance.now();
  for (const next of due) next(start + 30_000);
  return performance.now() - before;
};

type Next = (after: number) => number | undefined;

const cronParserNext = ({ expression, timeZone = "UTC" }: CronSchedule): Next => {
  let dates: ReturnType<typeof CronExpressionParser.parse> | undefined;
  return (after) => {
    dates ??= CronExpressionParser.parse(expression, {
      tz: timeZone,
      currentDate: after,
      hashSeed: "bench",
    });
    return dates.next().getTime();
  };
};

/** `firstAt` are the instants at which the schedules are due at first, where they are known. */
const minuteMillis = (
  nexts: readonly Next[],
  firstAt?: readonly number[],
): { millis: number; due: number; firstAt: readonly number[] } => {
  const first = firstAt ?? nexts.map((next) => next(start) ?? Infinity);
  const until = start + 60_000;
  const heap = new DueHeap<{ key: string; next: Next }>();
  nexts.forEach((next, index) => {
    const key = String(index);
    heap.set(key, first[index]!, { key, next });
    // A peer reads its expression when it is first asked, which is not what is measured.
    if (firstAt !== undefined && first[index]! <= until) next(start);
  });
  let due = 0;
  const before = performance.now();
  for (let at = heap.nextAt; at !== undefined && at <= until; at = heap.nextAt) {
    for (const timed of heap.upTo(at)) {
      heap.set(timed.key, timed.next(at) ?? Infinity, timed);
      due++;
    }
  }
  return { millis: performance.now() - before, due, firstAt: first };
};

/** Reading 100,000 definitions. */
const compileRow = (): Row => {
  const seconds = Array.from({ length: 5 }, () => {
    const schedules = Array.from({ length: 100_000 }, (_, index) => mixed(index));
    const before = performance.now();
    for (const schedule of schedules) compileSchedule(schedule);
    return (performance.now() - before) / 1_000;
  });
  return {
    what: "100,000 mixed schedules compiled",
    detent: `${median(seconds).toFixed(2)} s`,
    peers: {},
  };
};

if (import.meta.main) console.log(tableOf(await benchCron()));
