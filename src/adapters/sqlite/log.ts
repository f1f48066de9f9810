// The log: a signal gets its place, or is found to be there.
import { kept } from "../../core/kept.ts";
import { contentOf } from "../../core/purge.ts";
import { happenedAt, type NewSignal, type StoredSignal } from "../../core/signal.ts";
import type { SignalReply } from "../../core/store.ts";
import { textOf, type Row } from "../sql/cell.ts";
import {
  eventCells,
  isOwnStatus,
  moveOf,
  signalOf,
  signalSelection,
  signalSource,
  statusCells,
  type EventSignal,
  type StatusSignal,
} from "../sql/signal-row.ts";
import type { Tables } from "./tables.ts";
import { buriedReply } from "./tombstone-row.ts";
import { insertEvent, insertOwnStatus, insertStatus } from "./statement.ts";

/** `at`: the instant that signals get which are stored now. */
export const append = (tables: Tables, given: NewSignal, at: number): SignalReply => {
  const buried = buriedReply(tables, given);
  if (buried !== undefined) return buried;
  if (!insert(tables, given, at))
    return isSame(stored(tables, given.id), given) ? "duplicate" : "differs";
  return "accepted";
};

/** Puts the signal at the end of the log, unless its id is there. */
export const insert = (tables: Tables, given: NewSignal, at: number): boolean => {
  const seq = tables.ledger.meta.signals + 1;
  const head = [tables.ledger.base + seq, tables.app, seq, at] as const;
  const isNew =
    given.signal._tag === "Event"
      ? appendEvent(tables, given as EventSignal, head)
      : appendStatus(tables, given as StatusSignal, head);
  if (!isNew) return false;
  const meta = tables.ledger.change();
  meta.signals = seq;
  meta.newestAt = at;
  const { id, origin, dueAt } = given;
  const signal = kept({ ...given.signal, at: happenedAt(given.signal) ?? at });
  tables.recent.keepSignal(Object.freeze({ seq, at, id, signal, origin, dueAt }), lengthOf(given));
  return true;
};

type Head = readonly [place: number, app: string, seq: number, at: number];

const appendEvent = (tables: Tables, event: EventSignal, head: Head): boolean => {
  if (ownPlaceOf(tables, event.id) !== undefined) return false;
  const isNew = tables.database.run(insertEvent, [...head, ...eventCells(event)]) > 0;
  if (isNew) countStray(tables, event.id);
  return isNew;
};

const appendStatus = (tables: Tables, status: StatusSignal, head: Head): boolean => {
  const run = isOwnStatus(status) ? tables.runOf(status.signal.run) : undefined;
  if (run === undefined) return appendOtherStatus(tables, status, head);
  if (tables.ledger.meta.strays > 0 && otherPlaceOf(tables, status.id) !== undefined) return false;
  return (
    tables.database.run(insertOwnStatus, [...head, ...statusCells(status, run.run), run.place]) > 0
  );
};

/** A status that does not follow from a stored run: no engine writes any, but the port allows it. */
const appendOtherStatus = (tables: Tables, status: StatusSignal, head: Head): boolean => {
  if (ownPlaceOf(tables, status.id) !== undefined) return false;
  const isNew =
    tables.database.run(insertStatus, [
      ...head,
      ...statusCells(status, undefined),
      status.id,
      status.origin,
    ]) > 0;
  if (isNew) countStray(tables, status.id);
  return isNew;
};

/** Rows with an id of their own that a run's status could have: while there is none, a run's status needs no second look. */
const countStray = (tables: Tables, id: string): void => {
  if (moveOf(id) !== undefined) tables.ledger.change().strays++;
};

const stored = (tables: Tables, id: string): StoredSignal => {
  const place = placeOf(tables, id);
  return signalOf(
    tables.database.get(
      `SELECT ${signalSelection} FROM ${signalSource} WHERE signal.place = ?`,
      place as number,
    ) as Row,
  );
};

/** Where the signal with this id is stored, if it is. */
export const placeOf = (tables: Tables, id: string): number | undefined =>
  ownPlaceOf(tables, id) ?? otherPlaceOf(tables, id);

const otherPlaceOf = ({ database, app }: Tables, id: string): number | undefined =>
  database.get("SELECT place FROM signal WHERE id = ? AND app = ?", id, app)?.[0] as
    | number
    | undefined;

/** Of the status that a stored run has under this id. */
const ownPlaceOf = (tables: Tables, id: string): number | undefined => {
  const move = id.startsWith("status:") ? moveOf(id) : undefined;
  const run = move && tables.runOf(move.run);
  if (move === undefined || run === undefined) return undefined;
  return tables.database.get(
    "SELECT place FROM signal WHERE run_place = ? AND token = ? AND state = ?",
    run.place,
    move.token,
    move.state,
  )?.[0] as number | undefined;
};

const isSame = (known: StoredSignal, given: NewSignal): boolean =>
  contentOf(known.signal) === contentOf(given.signal);

const lengthOf = ({ signal }: NewSignal): number =>
  signal._tag === "Event"
    ? textOf(signal.payload).length
    : textOf(signal.result ?? null).length +
      (signal.error === undefined ? 0 : textOf(signal.error).length);
