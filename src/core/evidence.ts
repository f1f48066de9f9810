// Reads from a store what "why" and "why not" are answered from. The port has no index of causes, so that deciding pays nothing for one; what follows from ids (the run of
// a trigger of one leaf, a skip) is looked up by id, and what does not (a join, flow control) is looked for among the rows since the signal, as far as `rowsMax`.
import * as Effect from "effect/Effect";
import { rowIdOf, storedIdOf, whyOf, type Why } from "./cause.ts";
import type { CompiledTrigger, Definitions } from "./definitions.ts";
import type { StoreError } from "./errors.ts";
import { hearingOf, schedulesOf, type Records } from "./explain.ts";
import { runIdOf } from "./run-id.ts";
import type { Run } from "./run.ts";
import { heardOf, occurrenceIdOf, type StoredSignal } from "./signal.ts";
import { stateOf } from "./state.ts";
import { skipReasons } from "./skip-reason.ts";
import type { Skip, StorePort, Tables, Where } from "./store.ts";
import { triggerOfRow } from "./made.ts";
import {
  recordedOf,
  whyNotDueOf,
  whyNotOf,
  type Recorded,
  type WhyNot,
  type WhyNotDue,
} from "./why-not.ts";

type Reading<A> = Effect.Effect<A, StoreError>;

/** So many rows one answer looks through where ids don't lead to them. */
const rowsMax = 20_000;
const pageMax = 1_000;
const idsMax = 10_000;
/** Of so many triggers that nobody named, skips are looked up by id. */
const triggersMax = 1_000;

export interface WhyRun {
  readonly run: Run;
  readonly why: Why;
  /** The signals of the chain that the log has, by id. */
  readonly signals: ReadonlyMap<string, StoredSignal>;
}

/** Why a run is there, as far back as `runsMax` runs (default 100) lead; undefined if there is no such run. What lies further back is unknown in the chain. */
export const whyRun = (
  store: StorePort,
  id: string,
  { runsMax = 100 }: { readonly runsMax?: number } = {},
): Reading<WhyRun | undefined> =>
  Effect.gen(function* () {
    const runs = new Map<string, Run>();
    const signals = new Map<string, StoredSignal>();
    for (let wanted: readonly string[] = [id]; wanted.length > 0 && runs.size < runsMax;) {
      const found = yield* byIds(store, "run", wanted.slice(0, runsMax - runs.size));
      for (const run of found) runs.set(run.id, run);
      const causes = found.flatMap(({ cause }) => cause.flatMap((one) => rowIdOf(one) ?? []));
      const told = yield* byIds(
        store,
        "signal",
        causes.filter((one) => !signals.has(one)),
      );
      for (const stored of told) signals.set(stored.id, stored);
      wanted = [...new Set(told.flatMap(({ origin, signal }) => runBehind(origin, signal)))].filter(
        (one) => !runs.has(one),
      );
    }
    const run = runs.get(id);
    return run && { run, why: whyOf(id, { runs, signals }), signals };
  });

const runBehind = (origin: string | null, signal: StoredSignal["signal"]): readonly string[] =>
  signal._tag === "Status" ? [signal.run] : origin === null ? [] : [origin];

/** A signal of the log, by any id under which it is heard. */
export const signalNamed = (store: StorePort, id: string): Reading<StoredSignal | undefined> =>
  Effect.map(byIds(store, "signal", [storedIdOf(id) ?? id]), ([stored]) => stored);

/** What became of a stored signal, trigger by trigger. */
export const whyNot = (
  store: StorePort,
  definitions: Definitions,
  stored: StoredSignal,
  trigger?: string,
): Reading<WhyNot> =>
  Effect.gen(function* () {
    const { watermark, generation, state, now } = yield* store.read({ revision: null, limit: 1 });
    const named = trigger === undefined ? undefined : definitions.triggers.get(trigger);
    const heard = named === undefined ? hearingOf(definitions, heardOf(stored)) : [named];
    const others = [...(trigger === undefined ? [] : [trigger]), ...namesOf(generation?.triggers)];
    const found = yield* recordsOf(store, stored, { heard, others });
    const rows = state ?? { cursors: [], waiting: [], deadlines: [], open: [] };
    const evidence = { ...found, state: stateOf(definitions, watermark, rows), generation, now };
    return whyNotOf(definitions, stored, evidence, trigger);
  });

/** What a store tells of a signal to those who don't have the definitions. */
export const whatBecameOf = (
  store: StorePort,
  stored: StoredSignal,
  trigger?: string,
): Reading<readonly Recorded[]> =>
  Effect.gen(function* () {
    const { generation } = yield* store.read({ revision: null, limit: 1 });
    const others = trigger === undefined ? namesOf(generation?.triggers) : [trigger];
    const { records, waiting } = yield* recordsOf(store, stored, { heard: [], others });
    const isAsked = (each: Recorded): boolean => trigger === undefined || each.trigger === trigger;
    return recordedOf(stored, records, waiting).filter(isAsked);
  });

const namesOf = (triggers: object | undefined): readonly string[] => {
  const names = Object.keys(triggers ?? {});
  return names.length <= triggersMax ? names : [];
};

interface Candidates {
  /** Triggers that may have heard it. */
  readonly heard: readonly CompiledTrigger[];
  /** Ids of triggers that may have, by former definitions. */
  readonly others: readonly string[];
}

interface Found {
  readonly records: Records;
  readonly waiting: readonly Tables["waiting"][];
}

const recordsOf = (
  store: StorePort,
  stored: StoredSignal,
  { heard, others }: Candidates,
): Reading<Found> =>
  Effect.gen(function* () {
    const ids = heardOf(stored).map(({ id }) => id);
    const isIt = (id: string | null): boolean => id !== null && ids.includes(id);
    const own = stored.signal._tag === "Event" ? [stored.signal.name] : [];
    const names = [...new Set([...heard.map(({ id }) => id), ...others, ...own])];
    const runs = [...(yield* byIds(store, "run", pairs(names, ids, runOfOne)))];
    const skips = [...(yield* byIds(store, "skip", pairs(names, ids, skipIdsOf)))];
    const { rows: waiting } = yield* store.list("waiting", { where: { ids }, limit: pageMax });
    const isTold = (trigger: string): boolean =>
      [...runs, ...skips, ...waiting].some((row) => row.trigger === trigger);
    const causedBy = ({ cause }: Run): boolean => cause.some(isIt);
    for (const { id, leaves, flow } of heard)
      if ((leaves.length > 1 || flow !== null) && !isTold(id))
        runs.push(...(yield* since(store, "run", stored.at, causedBy, { trigger: id })));
    // Nobody whom we asked has heard it: somebody else may have, who is not defined any more.
    if (runs.length + skips.length + waiting.length === 0) {
      skips.push(...(yield* since(store, "skip", stored.at, ({ signal }) => isIt(signal))));
      runs.push(...(yield* since(store, "run", stored.at, causedBy)));
    }
    return { records: { runs, skips }, waiting };
  });

/** What became of an instant: in the schedules of one trigger, or of all; undefined for a trigger that is not there. Those that were made at run time are asked, too. */
export const whyNotDue = (
  store: StorePort,
  definitions: Definitions,
  dueAt: number,
  trigger?: string,
): Reading<WhyNotDue | undefined> =>
  Effect.gen(function* () {
    const reading = yield* store.read({ revision: null, limit: 1 });
    const { watermark, generation, now } = reading;
    const rows = reading.state ?? { cursors: [], waiting: [], deadlines: [], open: [] };
    const made = rows.cursors.flatMap((row) => triggerOfRow(row) ?? []);
    const all = [
      ...definitions.triggers.values(),
      ...made.filter(({ id }) => !definitions.triggers.has(id)),
    ];
    const asked = all.filter(({ id }) => trigger === undefined || id === trigger);
    if (asked.length === 0 && trigger !== undefined) return undefined;
    const naming = asked.filter((each) => keysAt(each, dueAt).length > 0);
    const runs: Run[] = [];
    const skips: Skip[] = [];
    for (const each of naming) {
      const ids = keysAt(each, dueAt).map((key) => occurrenceIdOf(key, dueAt));
      const causedBy = ({ cause }: Run): boolean => cause.some((id) => ids.includes(id));
      const covers = ({ signal, from, to }: Skip): boolean =>
        signal === null ? (from ?? dueAt + 1) <= dueAt && dueAt <= (to ?? 0) : ids.includes(signal);
      const direct = yield* byIds(store, "run", pairs([each.id], ids, runOfOne));
      const isSimple = each.leaves.length === 1 && each.flow === null;
      const where = { trigger: each.id };
      runs.push(...direct);
      if (direct.length === 0 && !isSimple)
        runs.push(...(yield* since(store, "run", dueAt, causedBy, where)));
      if (direct.length === 0) skips.push(...(yield* since(store, "skip", dueAt, covers, where)));
    }
    const state = stateOf(definitions, watermark, rows);
    return whyNotDueOf(asked, dueAt, { state, generation, records: { runs, skips }, now });
  });

/** The keys of the trigger's schedules that name the instant. */
const keysAt = (trigger: CompiledTrigger, dueAt: number): readonly string[] =>
  schedulesOf(trigger)
    .filter(({ schedule }) => schedule?.next(dueAt - 1) === dueAt)
    .map(({ key }) => key);

const runOfOne = (trigger: string, signal: string): readonly string[] => [
  runIdOf(trigger, [signal]),
];

const skipIdsOf = (trigger: string, signal: string): readonly string[] =>
  skipReasons.map((reason) => `${trigger}/${signal}/${reason}`);

const pairs = (
  names: readonly string[],
  ids: readonly string[],
  idsOf: (name: string, id: string) => readonly string[],
): readonly string[] => names.flatMap((name) => ids.flatMap((id) => idsOf(name, id)));

const byIds = <Table extends "run" | "signal" | "skip">(
  store: StorePort,
  table: Table,
  ids: readonly string[],
): Reading<readonly Tables[Table][]> =>
  Effect.gen(function* () {
    const rows: Tables[Table][] = [];
    for (let from = 0; from < ids.length; from += idsMax) {
      const where = { ids: ids.slice(from, from + idsMax) };
      rows.push(...(yield* store.list(table, { where, limit: idsMax })).rows);
    }
    return rows;
  });

/** The first row that is meant, newest first, among those that were made at the instant or later. */
const since = <Table extends "run" | "skip">(
  store: StorePort,
  table: Table,
  at: number,
  isMeant: (row: Tables[Table]) => boolean,
  where: Where = {},
): Reading<readonly Tables[Table][]> =>
  Effect.gen(function* () {
    let after: string | undefined;
    for (let seen = 0; seen < rowsMax; seen += pageMax) {
      const page = yield* store.list(table, { where, limit: pageMax, order: "newest", after });
      const rows = page.rows.filter((row) => madeAt(row) >= at);
      const meant = rows.filter(isMeant);
      if (meant.length > 0 || rows.length < page.rows.length || page.next === null) return meant;
      after = page.next;
    }
    return [];
  });

const madeAt = (row: Run | Skip): number => ("createdAt" in row ? row.createdAt : row.at);
