// The statements that write what an overlay holds: one for each table, with its rows in the order of their keys.
import { type Cell, textOf } from "../sql/cell.ts";
import { metaCells, metaFields } from "../sql/meta-row.ts";
import { attemptCells, cellOf, runColumns, runFields, type RunField } from "../sql/run-row.ts";
import { eventCells, statusCells, type EventSignal, type StatusSignal } from "../sql/signal-row.ts";
import {
  deadlineCells,
  generationCells,
  matchCells,
  openCells,
  skipCells,
} from "../sql/state-row.ts";
import type { Tombstone } from "../../core/purge.ts";
import type { Run } from "../../core/run.ts";
import type { NewRow, Overlay } from "./overlay.ts";
import { integer } from "./parameter.ts";
import type { Statement } from "./session.ts";
import { columnsOf, type Writer, insertion, replacement, removal, written } from "./writer.ts";

// Runs

const texts = new Set<RunField>([
  "trigger",
  "task",
  "state",
  "concurrencyKey",
  "owner",
  "nonce",
  "input",
  "cause",
  "outcome",
  "idempotencyKey",
]);
const columnOf = (field: RunField): string => `${runColumns[field]}${texts.has(field) ? "" : "*"}`;

const insertRuns = insertion("run", `place* id ${runFields.map(columnOf).join(" ")}`);

const updateOf = (fields: readonly RunField[]): Writer => {
  const columns = columnsOf(`place* ${fields.map(columnOf).join(" ")}`);
  const set = columns.names.slice(1).map((name) => `${name} = now.${name}`);
  return {
    columns,
    sql: `UPDATE run SET ${set.join(", ")} FROM unnest(${columns.arrays}) AS now(${columns.list}) WHERE run.place = now.place AND $1::text IS NOT NULL`,
  };
};

/** What runs change on their way. */
const oftenFields: readonly RunField[] = [
  "state",
  "dueAt",
  "expiresAt",
  "startedAt",
  "settledAt",
  "token",
  "attempt",
  "losses",
  "crashes",
  "owner",
  "nonce",
  "cancelRequested",
  "outcome",
];
const updateRuns = updateOf(oftenFields);
const updateWholeRuns = updateOf(runFields);

const cellsOf = (run: Run, fields: readonly RunField[]): readonly Cell[] =>
  fields.map((field) => cellOf(run, field));

const runStatements = ({ app, created, changed }: Overlay): readonly Statement[] => {
  const rows = [...changed.values()].toSorted((a, b) => a.place - b.place);
  return [
    ...written(
      insertRuns,
      app,
      [...created.values()].map(({ place, run }) => [place, run.id, ...cellsOf(run, runFields)]),
    ),
    ...written(
      updateRuns,
      app,
      rows
        .filter(({ isWhole }) => !isWhole)
        .map(({ place, run }) => [place, ...cellsOf(run, oftenFields)]),
    ),
    ...written(
      updateWholeRuns,
      app,
      rows
        .filter(({ isWhole }) => isWhole)
        .map(({ place, run }) => [place, ...cellsOf(run, runFields)]),
    ),
  ];
};

// Signals

const insertEvents = insertion(
  "signal",
  "place* seq* at* kind id name payload origin due_at* happened_at*",
);
const insertStatuses = insertion(
  "signal",
  "place* seq* at* kind task run token* attempt* state input result error due_at* id origin run_place*",
);
const keepInputs: Writer = {
  columns: columnsOf("run_place* input"),
  sql: "UPDATE signal SET input = before.input FROM unnest($2::bigint[], $3::text[]) AS before(run_place, input) WHERE signal.run_place = before.run_place AND signal.input IS NULL AND $1::text IS NOT NULL",
};

const signalStatements = ({ app, base, signals, inputs }: Overlay): readonly Statement[] => {
  const isEvent = ({ given }: NewRow): boolean => given.signal._tag === "Event";
  const events = signals
    .filter(isEvent)
    .map(({ seq, at, given }) => [
      base + seq,
      seq,
      at,
      "event",
      ...eventCells(given as EventSignal),
    ]);
  const statuses = signals.filter((row) => !isEvent(row)).map((row) => statusRow(row, base));
  return [
    ...written(keepInputs, app, [...inputs]),
    ...written(insertEvents, app, events),
    ...written(insertStatuses, app, statuses),
  ];
};

/** Of a run's own status, what follows from the run is left out. */
const statusRow = ({ seq, at, given, own, hasRunInput }: NewRow, base: number): readonly Cell[] => [
  base + seq,
  seq,
  at,
  "status",
  ...statusCells(given as StatusSignal, hasRunInput ? own?.run : undefined),
  own === undefined ? given.id : null,
  own === undefined ? given.origin : null,
  own?.place ?? null,
];

// What comes and goes

const insertAttempts = insertion(
  "attempt",
  "run_place* run token* attempt* owner started_at* settled_at* outcome",
  "ON CONFLICT DO NOTHING",
);
const insertSkips = insertion(
  "skip",
  "place* id trigger signal from_at* to_at* count* reason detail at*",
);
const replaceMatches = replacement("match", "trigger leaf number* key at* heard scopes", 3);
const removeMatches = removal("match", "trigger leaf number*");
const replaceCursors = replacement("cursor", "trigger leaf at* made", 2);
const removeCursors = removal("cursor", "trigger leaf");
const replaceDeadlines = replacement("deadline", "id at* kind trigger due", 1);
const removeDeadlines = removal("deadline", "id");
const replaceOpens = replacement("open", "scope run ended", 2);
const removeOpens = removal("open", "scope run");
const replaceGeneration = replacement(
  "generation",
  "number* fingerprint activated_at* triggers zones",
  1,
);
const insertLines = insertion("line", "task priority*", "ON CONFLICT DO NOTHING");
const insertTombstones = insertion(
  "tombstone",
  "kind id at* digest trigger",
  "ON CONFLICT DO NOTHING RETURNING 1",
);
const closeOwners: Writer = {
  columns: columnsOf("id closed_at*"),
  sql: "UPDATE owner SET closed_at = gone.closed_at FROM unnest($2::text[], $3::bigint[]) AS gone(id, closed_at) WHERE owner.app = $1 AND owner.id = gone.id AND owner.closed_at IS NULL",
};

const condemnOwners: Writer = {
  columns: columnsOf("id condemned_at*"),
  sql: "UPDATE owner SET condemned_at = gone.condemned_at FROM unnest($2::text[], $3::bigint[]) AS gone(id, condemned_at) WHERE owner.app = $1 AND owner.id = gone.id",
};

/** Rows that are replaced or removed, in the order of their keys. */
const changes = <Key, Row>(
  app: string,
  rows: ReadonlyMap<string, { readonly key: Key; readonly row: Row | null }>,
  by: {
    readonly replace: Writer;
    readonly remove: Writer;
    readonly cells: (row: Row) => readonly Cell[];
    readonly keys: (key: Key) => readonly Cell[];
  },
): readonly Statement[] => {
  const sorted = [...rows].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
  return [
    ...written(
      by.remove,
      app,
      sorted.flatMap(({ key, row }) => (row === null ? [by.keys(key)] : [])),
    ),
    ...written(
      by.replace,
      app,
      sorted.flatMap(({ row }) => (row === null ? [] : [by.cells(row)])),
    ),
  ];
};

const stateStatements = ({
  app,
  waiting,
  cursors,
  deadlines,
  open,
}: Overlay): readonly Statement[] => [
  ...changes(app, waiting, {
    replace: replaceMatches,
    remove: removeMatches,
    cells: (row) => matchCells(row, app).slice(1),
    keys: ({ trigger, leaf, order }) => [trigger, leaf, order],
  }),
  ...changes(app, cursors, {
    replace: replaceCursors,
    remove: removeCursors,
    cells: ({ trigger, leaf, at, made }) => [
      trigger,
      leaf,
      at,
      made === undefined ? null : textOf(made),
    ],
    keys: ({ trigger, leaf }) => [trigger, leaf],
  }),
  ...changes(app, deadlines, {
    replace: replaceDeadlines,
    remove: removeDeadlines,
    cells: (row) => deadlineCells(row, app).slice(1),
    keys: ({ id }) => [id],
  }),
  ...changes(app, open, {
    replace: replaceOpens,
    remove: removeOpens,
    cells: (row) => openCells(row, app).slice(1),
    keys: ({ scope, run }) => [scope, run],
  }),
];

/** All that the overlay holds; the row of the app comes apart (`metaStatement`). */
export const rowStatements = (overlay: Overlay): readonly Statement[] => {
  const { app, base, attempts, skips, meta, generation, closed, condemned, lines } = overlay;
  const skipsBefore = meta.skips - skips.length;
  return [
    ...runStatements(overlay),
    ...written(
      insertLines,
      app,
      [...lines.values()].map(({ task, priority }) => [task, priority]),
    ),
    ...signalStatements(overlay),
    ...written(
      insertAttempts,
      app,
      attempts.map(({ place, attempt }) => {
        const [runPlace, , ...cells] = attemptCells(attempt, place, app);
        return [runPlace as Cell, ...cells];
      }),
    ),
    ...written(
      insertSkips,
      app,
      skips.map((skip, index) => {
        const [place, , ...cells] = skipCells(skip, base + skipsBefore + index + 1, app);
        return [place as Cell, ...cells];
      }),
    ),
    ...stateStatements(overlay),
    ...written(condemnOwners, app, [...condemned]),
    ...written(closeOwners, app, [...closed]),
    ...written(
      replaceGeneration,
      app,
      generation === undefined ? [] : [generationCells(generation, app).slice(1)],
    ),
  ];
};

/** Gives a row for each that is new. */
export const buryStatements = (
  app: string,
  tombstones: readonly Tombstone[],
): readonly Statement[] =>
  written(
    insertTombstones,
    app,
    tombstones.map(({ kind, id, at, digest, trigger }) => [kind, id, at, digest, trigger]),
  );

/** Counted by SQLite only. */
const uncounted = new Set(["strays", "matches"]);
const keptFields = metaFields.filter((field) => !uncounted.has(field));

/** What `metaOf` reads. */
export const metaSelection = metaFields
  .map((field) => (uncounted.has(field) ? "0::bigint" : `meta.${field}`))
  .join(", ");

const updateMeta = `UPDATE meta SET version = version + 1, ${keptFields.map((field, index) => `${field} = $${index + 2}`).join(", ")} WHERE number = $1`;

export const metaStatement = ({ meta, number }: Overlay): Statement => {
  const cells = metaCells(meta);
  return {
    sql: updateMeta,
    parameters: [
      integer(number),
      ...metaFields.flatMap((field, index) =>
        uncounted.has(field) ? [] : [integer(cells[index] as number | null)],
      ),
    ],
  };
};
