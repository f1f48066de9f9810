// Signals as rows. An event has its id, name and payload. A status is mostly the run's own: then `run_place` says of which run, and what follows from the run is left out:
// the id (kind, run, token, state), the origin (the run itself) and the input, if it is the one that the run's row has.
import type { Run } from "../../core/run.ts";
import {
  statusIdOf,
  type NewSignal,
  type StatusState,
  type StoredSignal,
} from "../../core/signal.ts";
import { json, textOf, textOrNull, type Cell, type Row } from "./cell.ts";

export type EventSignal = NewSignal & { readonly signal: { readonly _tag: "Event" } };
export type StatusSignal = NewSignal & { readonly signal: { readonly _tag: "Status" } };

/** What `signalOf` reads. */
export const signalSelection =
  "signal.seq, signal.at, signal.id, signal.name, signal.payload, signal.task, signal.run, signal.run_place, signal.token, signal.attempt, signal.state, signal.input, signal.result, signal.error, signal.origin, signal.due_at, run.input, signal.happened_at";

export const signalSource = "signal LEFT JOIN run ON run.place = signal.run_place";

export const signalOf = (row: Row): StoredSignal => {
  const [
    seq,
    at,
    id,
    name,
    payload,
    task,
    run,
    runPlace,
    token,
    attempt,
    state,
    input,
    result,
    error,
    origin,
    dueAt,
    runInput,
    happenedAt,
  ] = row;
  if (name !== null)
    return Object.freeze({
      seq,
      at,
      id,
      signal: Object.freeze({
        _tag: "Event",
        id,
        name,
        payload: json(payload),
        at: happenedAt ?? at,
      }),
      origin,
      dueAt,
    }) as StoredSignal;
  const outcome = {
    ...(result !== null && { result: json(result) }),
    ...(error !== null && { error: json(error) }),
  };
  const signal = Object.freeze({
    _tag: "Status",
    task,
    run,
    attempt,
    state,
    input: json(input ?? runInput),
    token,
    ...outcome,
    at,
  });
  const isOwn = runPlace !== null;
  return Object.freeze({
    seq,
    at,
    id: isOwn ? statusIdOf(run as string, token as number, state as StatusState) : id,
    signal,
    origin: isOwn ? run : origin,
    dueAt,
  }) as StoredSignal;
};

/** Behind place, app, seq and at. */
export const eventCells = ({ id, signal, origin, dueAt }: EventSignal): readonly Cell[] => [
  id,
  signal.name,
  textOf(signal.payload),
  origin,
  dueAt,
  signal.at ?? null,
];

/** Behind place, app, seq and at; before id and origin, or the run's place. */
export const statusCells = (
  { signal, dueAt }: StatusSignal,
  run: Run | undefined,
): readonly Cell[] => {
  const { task, token, attempt, state, input, result, error } = signal;
  const inputCell = run !== undefined && isSame(input, run.input) ? null : textOf(input);
  // JSON has no `undefined`: an absent result is no cell, a null one the text "null".
  return [
    task,
    signal.run,
    token,
    attempt,
    state,
    inputCell,
    result === undefined ? null : textOf(result),
    textOrNull(error),
    dueAt,
  ];
};

const isSame = (one: unknown, other: unknown): boolean =>
  one === other || textOf(one) === textOf(other);

/** Whether the row's id and origin follow from the run. */
export const isOwnStatus = ({ id, signal, origin }: StatusSignal): boolean =>
  origin === signal.run && id === statusIdOf(signal.run, signal.token, signal.state);

const statusId = /^status:(?<run>.+):(?<token>\d+):(?<state>[a-z]+)$/s;

/** The run's move that has this id, if it can be one's. */
export const moveOf = (
  id: string,
): { readonly run: string; readonly token: number; readonly state: string } | undefined => {
  const parts = statusId.exec(id)?.groups;
  return parts === undefined
    ? undefined
    : {
        run: parts["run"] as string,
        token: Number(parts["token"]),
        state: parts["state"] as string,
      };
};
