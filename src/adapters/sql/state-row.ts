// The rows that come and go: waiting matches, cursors, deadlines, runs that are open in a scope. And those that stay: skips, owners, generations, tombstones.
import type { Tombstone } from "../../core/purge.ts";
import { triggerOfDeadline } from "../../core/store-order.ts";
import type { Cursor, Deadline, Generation, Open, Owner, Skip, Waiting } from "../../core/store.ts";
import { json, jsonOrNull, textOf, textOrNull, type Cell, type Row } from "./cell.ts";

export const matchSelection = "trigger, leaf, number, key, at, heard, scopes";

export const matchCells = (
  { trigger, leaf, order, key, at, heard, scopes }: Waiting,
  app: string,
): readonly Cell[] => [app, trigger, leaf, order, key, at, textOf(heard), textOf(scopes)];

export const waitingOf = (row: Row): Waiting => {
  const [trigger, leaf, order, key, at, heard, scopes] = row;
  return Object.freeze({
    trigger,
    leaf,
    key,
    order,
    at,
    heard: json(heard),
    scopes: json(scopes),
  }) as Waiting;
};

export const cursorSelection = "trigger, leaf, at, made";

export const cursorOf = (row: Row): Cursor => {
  const [trigger, leaf, at, made] = row;
  const cursor = { trigger, leaf, at, ...(made !== null && { made: json(made) }) };
  return Object.freeze(cursor) as Cursor;
};

export const deadlineSelection = "id, at, due";

export const deadlineCells = ({ id, at, due }: Deadline, app: string): readonly Cell[] => [
  app,
  id,
  at,
  due._tag,
  triggerOfDeadline(due),
  textOf(due),
];

export const deadlineOf = (row: Row): Deadline => {
  const [id, at, due] = row;
  return Object.freeze({ id, at, due: json(due) }) as Deadline;
};

export const openSelection = "scope, run, ended";

export const openCells = ({ scope, run, ended }: Open, app: string): readonly Cell[] => [
  app,
  scope,
  run,
  textOrNull(ended),
];

export const openOf = (row: Row): Open => {
  const [scope, run, ended] = row;
  return Object.freeze({ scope, run, ended: jsonOrNull(ended) }) as Open;
};

export const skipSelection = "id, trigger, signal, from_at, to_at, count, reason, detail, at";

export const skipCells = (
  { id, trigger, signal, from, to, count, reason, detail, at }: Skip,
  place: number,
  app: string,
): readonly Cell[] => [place, app, id, trigger, signal, from, to, count, reason, detail, at];

export const skipOf = (row: Row): Skip => {
  const [id, trigger, signal, from, to, count, reason, detail, at] = row;
  return Object.freeze({ id, trigger, signal, from, to, count, reason, detail, at }) as Skip;
};

export const ownerSelection = "id, entered_at, closed_at, host, process";

export const ownerOf = (row: Row): Owner => {
  const [id, enteredAt, closedAt, host, process] = row;
  return Object.freeze({ id, enteredAt, closedAt, host, process }) as Owner;
};

export const selectGeneration =
  "SELECT number, fingerprint, activated_at, triggers, zones FROM generation WHERE app = ? AND number = ?";

export const generationCells = (
  { number, fingerprint, activatedAt, triggers, zones }: Generation,
  app: string,
): readonly Cell[] => [app, number, fingerprint, activatedAt, textOf(triggers), zones];

export const generationOf = (row: Row): Generation => {
  const [number, fingerprint, activatedAt, triggers, zones] = row;
  return Object.freeze({
    number,
    fingerprint,
    activatedAt,
    triggers: json(triggers),
    zones,
  }) as Generation;
};

export const tombstoneSelection = "kind, id, at, digest, trigger";

export const tombstoneOf = (row: Row): Tombstone => {
  const [kind, id, at, digest, trigger] = row;
  return Object.freeze({ kind, id, at, digest, trigger }) as Tombstone;
};
