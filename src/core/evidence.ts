// Reads from a store what "why" and "why not" are answered from. The port has no index of causes, so that deciding pays nothing for one; what follows from ids (the run of
// a trigger of one leaf, a skip) is looked up by id, and what does not (a join, flow control) is looked for among the rows since the signal, as far as `pagesMax`.
import * as Effect from "effect/Effect";
import { rowIdOf, storedIdOf, whyOf, type Why } from "./cause.ts";
import type { CompiledTrigger, Definitions } from "./definitions.ts";
import type { StoreError } from "./errors.ts";
import { dueIn, hearingOf, isSkipOf, type Records } from "./explain.ts";
import { runIdOf } from "./run-id.ts";
import type { Run } from "./run.ts";
import { heardOf, type StoredSignal } from "./signal.ts";
import { stateOf } from "./state.ts";
import { skipReasons } from "./skip-reason.ts";
import type { Generation, Skip, StorePort, StoredState, Tables, Where } from "./store.ts";
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

/** Where ids don't lead to rows, one answer looks through so many pages of so many. */
const pagesMax = 20;
const pageMax = 1_000;
const idsMax = 10_000;
/** Of so many triggers that nobody named, runs and skips are looked up by id. */
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
    let wanted: readonly string[] = [id];
    while (wanted.length > 0) {
      const found = yield* byIds(store, "run", wanted.slice(0, runsMax - runs.size));
      for (const run of found) runs.set(run.id, run);
      const causes = new Set(
        found.flatMap(({ cause }) => cause.flatMap((one) => rowIdOf(one) ?? [])),
      );
      const unread = [...causes].filter((one) => !signals.has(one));
      const told = yield* byIds(store, "signal", unread);
      for (const stored of told) signals.set(stored.id, stored);
      // The origin of a status is the run that it tells of.
      const behind = new Set(told.flatMap(({ origin }) => origin ?? []));
      wanted = [...behind].filter((one) => !runs.has(one));
    }
    const run = runs.get(id);
    return run && { run, why: whyOf(id, { runs, signals }), signals };
  });

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
    const { watermark, generation, rows, now } = yield* headOf(store);
    const { triggers } = definitions;
    const found = yield* recordsOf(store, stored, { triggers, generation, trigger });
    const state = stateOf(definitions, watermark, rows);
    return whyNotOf(definitions, stored, { ...found, state, generation, now }, trigger);
  });

/** What a store tells of a signal to those who don't have the definitions. */
export const whatBecameOf = (
  store: StorePort,
  stored: StoredSignal,
  trigger?: string,
): Reading<readonly Recorded[]> =>
  Effect.gen(function* () {
    const { generation } = yield* headOf(store);
    const triggers = new Map<string, CompiledTrigger>();
    return recordedOf(yield* recordsOf(store, stored, { triggers, generation, trigger }));
  });

const headOf = (store: StorePort) =>
  Effect.map(store.read({ revision: null, limit: 1 }), ({ state, ...head }) => ({
    ...head,
    // To who knows no revision the state is always told.
    rows: state as StoredState,
  }));

interface Asked {
  /** Those that are defined. */
  readonly triggers: ReadonlyMap<string, CompiledTrigger>;
  /** The active one, whose triggers may be others. */
  readonly generation: Generation | null;
  /** The one that is asked for; undefined: all. */
  readonly trigger: string | undefined;
}

interface Found {
  readonly records: Records;
  readonly waiting: readonly Tables["waiting"][];
}

/** The rows of a signal. */
const recordsOf = (
  store: StorePort,
  stored: StoredSignal,
  { triggers, generation, trigger }: Asked,
): Reading<Found> =>
  Effect.gen(function* () {
    const ids = heardOf(stored).map(({ id }) => id);
    const where: Where = trigger === undefined ? {} : { trigger };
    const hearing = hearingOf({ triggers }, heardOf(stored));
    const heard = trigger === undefined ? hearing : hearing.filter(({ id }) => id === trigger);
    const names =
      trigger === undefined
        ? new Set([...heard.map(({ id }) => id), ...namesOf(generation), ...namesIn(stored)])
        : [trigger];
    const runs = [...(yield* byIds(store, "run", pairs(names, ids, runOfOne)))];
    const skips = [...(yield* byIds(store, "skip", pairs(names, ids, skipIdsOf)))];
    const { rows: waiting } = yield* store.list("waiting", {
      where: { ids, ...where },
      limit: pageMax,
    });
    const told = (): readonly { readonly trigger: string }[] => [...runs, ...skips, ...waiting];
    for (const each of heard)
      if (!isAlone(each) && !told().some((row) => row.trigger === each.id))
        runs.push(...(yield* since(store, "run", stored.at, causedBy(ids), { trigger: each.id })));
    // Nobody whom we asked has heard it: somebody else may have, who is not defined any more.
    if (told().length === 0) {
      const isNamed = ({ signal }: Skip): boolean => new Set<string | null>(ids).has(signal);
      skips.push(...(yield* since(store, "skip", stored.at, isNamed, where)));
      runs.push(...(yield* since(store, "run", stored.at, causedBy(ids), where)));
    }
    return { records: { runs, skips }, waiting };
  });

const namesOf = (generation: Generation | null): readonly string[] => {
  const names = Object.keys(generation?.triggers ?? {});
  return names.length <= triggersMax ? names : [];
};

/** Of a command that was refused the router's own skip bears the name. */
const namesIn = ({ signal }: StoredSignal): readonly string[] =>
  signal._tag === "Event" ? [signal.name] : [];

/** Its runs come of one signal, so that their ids follow from it. */
const isAlone = ({ leaves, flow }: CompiledTrigger): boolean =>
  leaves.length === 1 && flow === null;

/** What became of an instant: in the schedules of one trigger, or of all; undefined for a trigger that is not there. Those that were made at run time are asked, too. */
export const whyNotDue = (
  store: StorePort,
  definitions: Definitions,
  dueAt: number,
  trigger?: string,
): Reading<WhyNotDue | undefined> =>
  Effect.gen(function* () {
    const { watermark, generation, rows, now } = yield* headOf(store);
    const made = rows.cursors.flatMap((row) => triggerOfRow(row) ?? []);
    const all = [
      ...definitions.triggers.values(),
      ...made.filter(({ id }) => !definitions.triggers.has(id)),
    ];
    const asked = all.filter(({ id }) => trigger === undefined || id === trigger);
    if (asked.length === 0 && trigger !== undefined) return undefined;
    const runs: Run[] = [];
    const skips: Skip[] = [];
    for (const each of asked) {
      const due = dueIn(each, dueAt).map(({ heard }) => heard);
      if (due.length === 0) continue;
      const ids = due.map(({ id }) => id);
      const where = { trigger: each.id };
      const direct = yield* byIds(store, "run", pairs([each.id], ids, runOfOne));
      runs.push(...direct);
      if (direct.length > 0) continue;
      if (!isAlone(each)) runs.push(...(yield* since(store, "run", dueAt, causedBy(ids), where)));
      const isSkip = (skip: Skip): boolean => due.some((heard) => isSkipOf(each, skip, heard));
      skips.push(...(yield* since(store, "skip", dueAt, isSkip, where)));
    }
    const state = stateOf(definitions, watermark, rows);
    return whyNotDueOf(asked, dueAt, { state, generation, records: { runs, skips }, now });
  });

const causedBy =
  (ids: readonly string[]) =>
  ({ cause }: Run): boolean =>
    cause.some((id) => ids.includes(id));

const runOfOne = (trigger: string, signal: string): readonly string[] => [
  runIdOf(trigger, [signal]),
];

const skipIdsOf = (trigger: string, signal: string): readonly string[] =>
  skipReasons.map((reason) => `${trigger}/${signal}/${reason}`);

const pairs = (
  names: Iterable<string>,
  ids: readonly string[],
  idsOf: (name: string, id: string) => readonly string[],
): readonly string[] => [...names].flatMap((name) => ids.flatMap((id) => idsOf(name, id)));

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

/** The rows that are meant of the first page that has any, newest first, among those that were made at the instant or later. */
const since = <Table extends "run" | "skip">(
  store: StorePort,
  table: Table,
  at: number,
  isMeant: (row: Tables[Table]) => boolean,
  where: Where,
): Reading<readonly Tables[Table][]> =>
  Effect.gen(function* () {
    let after: string | undefined;
    for (let page = 0; page < pagesMax; page++) {
      const { rows, next } = yield* store.list(table, {
        where,
        limit: pageMax,
        order: "newest",
        after,
      });
      const late = rows.filter((row) => madeAt(row) >= at);
      const meant = late.filter(isMeant);
      if (meant.length > 0 || late.length < rows.length || next === null) return meant;
      after = next;
    }
    return [];
  });

const madeAt = (row: Run | Skip): number => ("createdAt" in row ? row.createdAt : row.at);
