// What two ways of deciding one log differ in: what was recorded and what a replay makes of it, or the replays of two sets of definitions.
import { canonical } from "./json.ts";
import { storedIdOf } from "./cause.ts";
import type { Journal, OwedRun } from "./journal.ts";
import { redactOf, type Redact } from "./redact.ts";
import type { Replayed } from "./replay.ts";
import type { Skip } from "./store.ts";

/** `added`: the replay makes it and it is not recorded; `missing`: the other way round; `changed`: these fields are others. */
export type Difference =
  | {
      readonly kind: "run-added" | "run-missing" | "skip-added" | "skip-missing";
      readonly id: string;
      readonly trigger: string;
      readonly at: number;
    }
  | {
      readonly kind: "run-changed" | "skip-changed";
      readonly id: string;
      readonly trigger: string;
      readonly at: number;
      readonly fields: readonly string[];
    };

const runFields = ["trigger", "task", "input", "idempotencyKey", "cause", "createdAt"] as const;
const skipFields = ["trigger", "signal", "from", "to", "count", "reason"] as const;

/** What a journal recorded and the replay of it differ in, in time order. Skips that activations made are no decisions of a step, and left out. */
export const differencesOf = (
  { head, runs, skips }: Journal,
  { runs: made, skips: madeSkips, since }: Pick<Replayed, "runs" | "skips" | "since">,
): readonly Difference[] => {
  const redact = redactOf(head.redacted);
  const compared = <Row extends { readonly at: number }>(rows: readonly Row[]): readonly Row[] =>
    rows.filter(({ at }) => at >= since);
  const isStep = ({ reason }: Skip): boolean => reason !== "retired";
  const runDifferences = differing(
    compared(runs.map((run) => ({ at: run.createdAt, row: shownOf(run, redact) }))),
    compared(made.map((run) => ({ at: run.createdAt, row: shownOf(run, redact) }))),
    { noun: "run", fields: runFields },
  );
  const skipDifferences = differing(
    compared(skips.filter(isStep).map((skip) => ({ at: skip.at, row: skip }))),
    compared(madeSkips.filter(isStep).map((skip) => ({ at: skip.at, row: skip }))),
    { noun: "skip", fields: skipFields },
  );
  return [...runDifferences, ...skipDifferences].sort((one, other) => one.at - other.at);
};

/** A run as the journal shows it. */
const shownOf = (run: OwedRun, redact: Redact): OwedRun => ({
  ...run,
  input: redact("input", run.input),
});

interface Placed<Row> {
  readonly at: number;
  readonly row: Row;
}

const differing = <Row extends { readonly id: string; readonly trigger: string }>(
  recorded: readonly Placed<Row>[],
  made: readonly Placed<Row>[],
  { noun, fields }: { readonly noun: "run" | "skip"; readonly fields: readonly (keyof Row)[] },
): readonly Difference[] => {
  const rest = new Map(made.map((placed) => [placed.row.id, placed]));
  const differences: Difference[] = [];
  for (const { at, row } of recorded) {
    const { id, trigger } = row;
    const other = rest.get(id);
    rest.delete(id);
    if (other === undefined) {
      differences.push({ kind: `${noun}-missing`, id, trigger, at });
      continue;
    }
    const changed = fields.filter((field) => canonical(row[field]) !== canonical(other.row[field]));
    if (changed.length > 0)
      differences.push({ kind: `${noun}-changed`, id, trigger, at, fields: changed.map(String) });
  }
  for (const { at, row } of rest.values())
    differences.push({ kind: `${noun}-added`, id: row.id, trigger: row.trigger, at });
  return differences;
};

/** A run under one set of definitions and under another. */
export type Shift =
  | { readonly kind: "appears" | "vanishes"; readonly run: OwedRun }
  /** It is owed at another instant, or is another run of the same signals. */
  | { readonly kind: "moves"; readonly from: OwedRun; readonly to: OwedRun }
  /** It is owed at the same instant, with another task or input. */
  | { readonly kind: "changes"; readonly from: OwedRun; readonly to: OwedRun };

/** A run caused by occurrences alone counts as moved where the nearest new one of its trigger is not further away. */
const movedMillisMax = 24 * 3_600_000;

/** What becomes of runs when a log is decided by other definitions, in time order. */
export const shiftsOf = (
  before: readonly OwedRun[],
  after: readonly OwedRun[],
): readonly Shift[] => {
  const rest = new Map(after.map((run) => [run.id, run]));
  const shifts: Shift[] = [];
  const lost: OwedRun[] = [];
  for (const from of before) {
    const to = rest.get(from.id);
    rest.delete(from.id);
    if (to === undefined) lost.push(from);
    else if (from.createdAt !== to.createdAt) shifts.push({ kind: "moves", from, to });
    else if (canonical([from.task, from.input]) !== canonical([to.task, to.input]))
      shifts.push({ kind: "changes", from, to });
  }
  const candidates = new Candidates(rest.values());
  for (const from of lost) {
    const to = candidates.take(from);
    if (to === undefined) shifts.push({ kind: "vanishes", run: from });
    else {
      rest.delete(to.id);
      shifts.push({ kind: "moves", from, to });
    }
  }
  for (const run of rest.values()) shifts.push({ kind: "appears", run });
  return shifts.sort((one, other) => atOf(one) - atOf(other));
};

const atOf = (shift: Shift): number =>
  "run" in shift ? shift.run.createdAt : shift.from.createdAt;

/** The runs that may have taken the place of one that is lost, each taken once. */
class Candidates {
  /** By trigger and signal. */
  private readonly byCause = new Map<string, OwedRun[]>();
  /** By trigger, in time order: those of schedules alone. */
  private readonly timed: ReadonlyMap<string, readonly OwedRun[]>;
  private readonly taken = new Set<OwedRun>();

  constructor(runs: Iterable<OwedRun>) {
    const all = [...runs].sort((one, other) => one.createdAt - other.createdAt);
    for (const run of all)
      for (const cause of run.cause) {
        const key = `${run.trigger} ${cause}`;
        this.byCause.set(key, [...(this.byCause.get(key) ?? []), run]);
      }
    this.timed = Map.groupBy(all.filter(isTimed), ({ trigger }) => trigger);
  }

  /** One that took one of its signals; for a run of schedules the nearest in time. */
  take(from: OwedRun): OwedRun | undefined {
    const found =
      from.cause
        .flatMap((cause) => this.byCause.get(`${from.trigger} ${cause}`) ?? [])
        .find((run) => !this.taken.has(run)) ?? (isTimed(from) ? this.nearest(from) : undefined);
    if (found !== undefined) this.taken.add(found);
    return found;
  }

  private nearest({ trigger, createdAt }: OwedRun): OwedRun | undefined {
    const runs = this.timed.get(trigger) ?? [];
    const free = (run: OwedRun | undefined): run is OwedRun =>
      run !== undefined && !this.taken.has(run);
    let after = firstFrom(runs, createdAt);
    let before = after - 1;
    while (after < runs.length && !free(runs[after])) after++;
    while (before >= 0 && !free(runs[before])) before--;
    const sides = [runs[before], runs[after]].filter((run) => run !== undefined);
    const distanceOf = (run: OwedRun): number => Math.abs(run.createdAt - createdAt);
    const [nearest] = sides.sort((one, other) => distanceOf(one) - distanceOf(other));
    return nearest !== undefined && distanceOf(nearest) <= movedMillisMax ? nearest : undefined;
  }
}

/** Caused by occurrences alone. */
const isTimed = ({ cause }: OwedRun): boolean => cause.every((id) => storedIdOf(id) === undefined);

/** The index of the first run that was created at the instant or later. */
const firstFrom = (runs: readonly OwedRun[], at: number): number => {
  let low = 0;
  let high = runs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((runs[middle] as OwedRun).createdAt < at) low = middle + 1;
    else high = middle;
  }
  return low;
};
