// Holdings: the runs that an engine has claimed and not yet settled, and what is still to be written of them. Whatever an executor tells is kept here until its commit
// has succeeded, so that a store that fails for a while loses no outcome; writing it twice does no harm, for each batch checks that the claim still holds.
import { optionsOf, type Definitions } from "./definitions.ts";
import type { ExecutorEvent } from "./executor.ts";
import { refusalOf } from "./refusal.ts";
import {
  eventOf,
  moves,
  reclaimed,
  settled,
  started,
  type Emitted,
  type Move,
  type Outcome,
  type Run,
} from "./run.ts";
import type { Batch } from "./store.ts";

export type Note =
  | { readonly _tag: "Started"; readonly run: Run }
  /** The attempt is over; `run` is as it is after its move: terminal, or pending again. */
  | { readonly _tag: "Ended"; readonly run: Run; readonly outcome: Outcome }
  | { readonly _tag: "Warning"; readonly message: string };

type Ended = Pick<ExecutorEvent & { _tag: "Ended" }, "outcome" | "emitted" | "isLost">;

interface Holding {
  run: Run;
  startedAt: number | null;
  emitted: readonly Emitted[];
  ended: Ended | null;
  cancelling: boolean;
  /** The engine stops and has asked the body to end; nobody has cancelled the run. */
  cutOff: boolean;
}

/** A batch with what to do when it is written, and when the store refuses it because the claim is lost. */
export interface Writing {
  readonly batch: Batch;
  readonly written: () => readonly Note[];
  readonly refused: () => readonly Note[];
}

export class Holdings {
  private readonly held = new Map<string, Holding>();
  private readonly changed = new Set<Holding>();
  private readonly definitions: Definitions;
  private readonly owner: string;

  constructor(definitions: Definitions, owner: string) {
    this.definitions = definitions;
    this.owner = owner;
  }

  get size(): number {
    return this.held.size;
  }

  get isUnwritten(): boolean {
    return this.changed.size > 0;
  }

  /** Whether an outcome waits to be written. */
  get hasEnded(): boolean {
    for (const { ended } of this.changed) if (ended !== null) return true;
    return false;
  }

  ids(): string[] {
    return [...this.held.keys()];
  }

  has(run: string, token: number): boolean {
    return this.held.get(run)?.run.token === token;
  }

  add(run: Run): void {
    this.held.set(run.id, {
      run,
      startedAt: null,
      emitted: [],
      ended: null,
      cancelling: false,
      cutOff: false,
    });
  }

  /** The run that the event is about, if it is held with that token. */
  hear(event: Exclude<ExecutorEvent, { _tag: "Capacity" }>): Run | undefined {
    const holding = this.held.get(event.run);
    if (holding === undefined || holding.run.token !== event.token) return undefined;
    if (event._tag === "Started") holding.startedAt = event.at;
    else if (event._tag === "Emitted") holding.emitted = [...holding.emitted, event.event];
    else if (event._tag === "Ended") holding.ended = event;
    else return holding.run;
    this.changed.add(holding);
    return holding.run;
  }

  /** Notes that a person asked for the run's end; false if that was known. */
  cancel(run: string, token: number): boolean {
    const holding = this.held.get(run);
    if (holding === undefined || holding.run.token !== token || holding.cancelling) return false;
    holding.cancelling = true;
    holding.run = { ...holding.run, cancelRequested: true };
    return true;
  }

  /** Marks all that is held as ended by the engine's own stop, and says what it is. */
  cutOff(): string[] {
    for (const holding of this.held.values()) if (holding.ended === null) holding.cutOff = true;
    return this.ids();
  }

  unwritten(now: number): readonly Writing[] {
    return [...this.changed].map((holding) => this.writingOf(holding, now));
  }

  private writingOf(holding: Holding, now: number): Writing {
    const { ended } = holding;
    const emitted = holding.emitted.map((event) => eventOf(holding.run, event));
    const made: Move[] = [];
    let run = holding.run;
    // A body that began and ended since the last time changes its row once.
    let patch: Partial<Run> = {};
    const make = (move: Move): void => {
      made.push(move);
      patch = made.length === 1 ? move.patch : { ...patch, ...move.patch };
      run = { ...run, ...move.patch };
    };
    if (holding.startedAt !== null && refusalOf(run, { move: "start" }) === undefined)
      make(started(run, holding.startedAt));
    if (ended !== null) make(this.endingOf(run, holding, ended, now));
    const batch: Batch = {
      checks: [
        {
          _tag: "Held",
          run: run.id,
          owner: this.owner,
          token: run.token,
          states: moves.settle.from,
          // Whoever asked for its end must not have to wait until it is tried again.
          ...(run.state === "pending" && { cancelRequested: run.cancelRequested }),
        },
      ],
      signals: [...emitted, ...made.flatMap(({ signals }) => signals)],
      patches: made.length === 0 ? [] : [{ run: run.id, patch }],
      attempts: made.flatMap(({ attempt }) => attempt ?? []),
    };
    const wasClaimed = holding.run.state === "claimed";
    return {
      batch,
      written: () => {
        holding.run = run;
        holding.emitted = holding.emitted.slice(emitted.length);
        // What came in while this was written is written next time.
        if (holding.emitted.length === 0 && holding.ended === ended) this.changed.delete(holding);
        const begun: Note[] =
          wasClaimed && holding.startedAt !== null
            ? [{ _tag: "Started", run: { ...run, state: "running" } }]
            : [];
        if (ended === null) return begun;
        this.held.delete(run.id);
        return [...begun, { _tag: "Ended", run, outcome: ended.outcome }];
      },
      refused: () => {
        this.held.delete(run.id);
        this.changed.delete(holding);
        return [
          {
            _tag: "Warning",
            message: `the claim of run ${run.id} was lost before its outcome could be written; somebody else has settled it`,
          },
        ];
      },
    };
  }

  private endingOf(run: Run, holding: Holding, ended: Ended, at: number): Move {
    const options = optionsOf(this.definitions, run);
    if (ended.isLost === true && ended.outcome._tag === "Crashed")
      return reclaimed(run, at, options, ended.outcome.error);
    const cutShort =
      holding.cutOff && (ended.outcome._tag === "Cancelled" || ended.outcome._tag === "Crashed");
    return cutShort && !run.cancelRequested
      ? reclaimed(run, at, options)
      : settled(run, { ...ended, at, options });
  }
}
