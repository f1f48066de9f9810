// Decides without a store: a log is made by hand, and state is what `advance` makes of the decisions.
import { definitionsOf } from "../../src/core/definitions.ts";
import { detent, type AppDefinition } from "../../src/core/app.ts";
import type { Run } from "../../src/core/run.ts";
import { statusIdOf, type StoredSignal, type StoredStatus } from "../../src/core/signal.ts";
import { advance, batchOf, stateOf, type State } from "../../src/core/state.ts";
import { step, type Decision, type Piece } from "../../src/core/step.ts";
import type { Cursor, Skip, StoredState } from "../../src/core/store.ts";
import { firstWatches } from "../../src/core/watch.ts";

export const hour = 3_600_000;

/** A log in the making: each call stores one more signal, one second after the one before unless said otherwise. */
export class Log {
  readonly signals: StoredSignal[] = [];
  #at: number;

  constructor(at = 0) {
    this.#at = at;
  }

  event(
    name: string,
    payload: unknown = null,
    more: { at?: number; id?: string; origin?: string; dueAt?: number } = {},
  ): StoredSignal {
    const seq = this.signals.length + 1;
    const at = (this.#at = more.at ?? this.#at + 1_000);
    const id = more.id ?? `${name}-${seq}`;
    const stored: StoredSignal = {
      seq,
      at,
      id,
      signal: { _tag: "Event", id, name, payload: payload as never, at },
      origin: more.origin ?? null,
      dueAt: more.dueAt ?? null,
    };
    this.signals.push(stored);
    return stored;
  }

  status(
    run: Run,
    state: StoredStatus["state"],
    more: { result?: unknown; error?: { name: string; message: string }; at?: number } = {},
  ): StoredSignal {
    // Each retry is another claim; and a store keeps one signal an id.
    const retries = this.signals.filter(
      ({ signal }) =>
        signal._tag === "Status" && signal.run === run.id && signal.state === "retrying",
    ).length;
    const token = retries + 1;
    const id = statusIdOf(run.id, token, state);
    const known = this.signals.find((stored) => stored.id === id);
    if (known !== undefined) return known;
    const seq = this.signals.length + 1;
    const at = (this.#at = more.at ?? this.#at + 1_000);
    const { result, error } = more;
    const signal: StoredStatus = {
      _tag: "Status",
      task: run.task,
      run: run.id,
      attempt: token,
      state,
      input: run.input,
      token,
      at,
      ...(result === undefined ? {} : { result: result as never }),
      ...(error === undefined ? {} : { error }),
    };
    const stored: StoredSignal = {
      seq,
      at,
      id,
      signal,
      origin: run.id,
      dueAt: null,
    };
    this.signals.push(stored);
    return stored;
  }
}

/** A router alone with its state. */
export class Router {
  readonly runs: Run[] = [];
  readonly skips: Skip[] = [];
  readonly decisions: Decision[] = [];
  state: State;
  readonly #definitions;
  readonly #cursors = new Map<string, Cursor>();

  constructor(app: AppDefinition, from = 0) {
    this.#definitions = definitionsOf(detent(app));
    const cursors: Cursor[] = this.#definitions.schedules.map((leaf) => ({
      trigger: leaf.trigger.id,
      leaf: leaf.key,
      at: from,
    }));
    for (const cursor of cursors) this.#cursors.set(`${cursor.trigger} ${cursor.leaf}`, cursor);
    this.state = stateOf(
      this.#definitions,
      { revision: 0, seq: 0, at: from },
      {
        cursors,
        waiting: [],
        deadlines: firstWatches(
          [...this.#definitions.triggers.values()].flatMap(({ leaves }) => leaves),
          from,
        ),
        open: [],
      },
    );
  }

  route(piece: Partial<Piece>): Decision {
    const signals = piece.signals ?? [];
    const until = piece.until ?? signals.at(-1)?.at ?? this.state.watermark.at;
    const whole = { ...piece, signals, until, now: piece.now ?? until };
    let decision = step(this.#definitions, this.state, whole);
    const known = new Set(this.runs.map(({ id }) => id));
    if (decision.again.some((id) => known.has(id)))
      decision = step(this.#definitions, this.state, { ...whole, known });
    this.state = advance(this.state, decision);
    this.runs.push(...decision.runs);
    this.skips.push(...decision.skips);
    this.decisions.push(decision);
    const { put, remove } = batchOf(decision, 0).cursors!;
    for (const cursor of put) this.#cursors.set(`${cursor.trigger} ${cursor.leaf}`, cursor);
    for (const { trigger, leaf } of remove) this.#cursors.delete(`${trigger} ${leaf}`);
    return decision;
  }

  /** Goes on from a state read back from the rows that it would have in a store, which keeps them in no order. */
  reread(): void {
    const { waiting, deadlines, open, watermark } = this.state;
    const stored: StoredState = {
      cursors: [...this.#cursors.values()].reverse(),
      waiting: [...waiting.values()].flat(2).reverse(),
      deadlines: deadlines.values().toReversed(),
      open: [...open.values()].flatMap((rows) => [...rows.values()]).reverse(),
    };
    const read = JSON.parse(JSON.stringify(stored)) as StoredState;
    this.state = stateOf(this.#definitions, watermark, read);
  }
}
