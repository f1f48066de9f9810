// Decides a journal again, by the same `step` as ever: the definitions and the recorded log in, the runs and skips that they make out, and the state at any instant.
//
// A log does not say when it was routed, and what a router makes of its signals does not depend on that; but it does say, in skips, which occurrences were noticed too late,
// and when. Between those nobody routed; everywhere else each instant is taken to have been routed when it came.
import { activation } from "./activation.ts";
import type { Definitions } from "./definitions.ts";
import type { Journal, OwedRun } from "./journal.ts";
import type { Run } from "./run.ts";
import type { StoredSignal } from "./signal.ts";
import { advance, nextDueAt, stateOf, type State } from "./state.ts";
import { step, type Piece } from "./step.ts";
import type { Skip } from "./store.ts";

export interface ReplayOptions {
  /** Signals and instants after it are left out. Default: all that was routed. */
  readonly until?: number;
  /**
   * What becomes of signals that a run told which was recorded, but is not owed now: they are heard all the same ("kept", the default), or they would not be there ("dropped"), which
   * is the question when the definitions are others.
   */
  readonly orphans?: "kept" | "dropped";
}

export interface Replayed {
  readonly runs: readonly Run[];
  readonly skips: readonly Skip[];
  readonly state: State;
  /** From this instant on what was recorded can be compared: before it other definitions were active, or the log has gaps. */
  readonly since: number;
  /** When the definitions are taken to have become the active ones. */
  readonly beganAt: number;
  /** How many signals were heard, and how many not, since their run is not owed. */
  readonly heard: number;
  readonly dropped: number;
}

export const replay = (
  definitions: Definitions,
  journal: Journal,
  { until = journal.head.watermark.at, orphans = "kept" }: ReplayOptions = {},
): Replayed => {
  const { signals, since } = routedOf(journal, until);
  const outages = outagesOf(journal.skips, until);
  const recorded = new Map(journal.runs.map((run) => [run.id, run]));
  const beganAt = beginOf(journal, since);
  const replaying = new Replaying(definitions, beganAt);
  let index = 0;
  let dropped = 0;
  let outage = 0;
  for (;;) {
    const stored = signals[index];
    const dueAt = nextDueAt(replaying.state) ?? Infinity;
    const at = Math.min(stored?.at ?? Infinity, dueAt);
    if (at > until) break;
    const missed = outages[outage];
    if (missed !== undefined && at >= missed.from) {
      const piece: StoredSignal[] = [];
      for (let next = stored; next !== undefined && next.at <= missed.to; next = signals[index])
        piece.push(signals[index++] as StoredSignal);
      const told = piece.filter((one) => !isOrphan(one, orphans, recorded, replaying));
      dropped += piece.length - told.length;
      replaying.route({ signals: told, until: missed.to, now: missed.to });
      outage++;
      continue;
    }
    if (stored === undefined || dueAt < stored.at) {
      // What a rewind has brought back lies behind the log's own time, and is due when the clock says so.
      const logAt = replaying.state.watermark.at;
      replaying.route({ signals: [], until: Math.max(dueAt, logAt), now: dueAt });
      if (nextDueAt(replaying.state) === dueAt)
        throw new Error(`the replay makes no headway at ${dueAt}`);
      continue;
    }
    index++;
    if (isOrphan(stored, orphans, recorded, replaying)) dropped++;
    else replaying.route({ signals: [stored], until: stored.at, now: stored.at });
  }
  const { runs, skips, state } = replaying;
  return { runs, skips, state, since, beganAt, heard: index - dropped, dropped };
};

/** The signals that were routed, and the instant from which they and the journal's generation are whole. */
const routedOf = (
  { head, signals }: Journal,
  until: number,
): { readonly signals: readonly StoredSignal[]; readonly since: number } => {
  const { generation, watermark } = head;
  const routed = signals.filter(({ seq, at }) => seq <= watermark.seq && at <= until);
  // The first generation has decided everything, also what was stored before it.
  const activatedAt =
    generation === null || generation.number === 1 ? -Infinity : generation.activatedAt;
  // What is over is forgotten after the retention; from the last gap on the log is whole.
  const cut = signals.findLastIndex(({ seq }, at) => seq !== (signals[at - 1]?.seq ?? 0) + 1);
  return { signals: routed, since: Math.max(activatedAt, signals[cut]?.at ?? -Infinity) };
};

/** When the definitions became active: those of a later generation are taken to have been there from the beginning; schedules of a log that is cut, to begin where it does. */
const beginOf = ({ head, signals }: Journal, since: number): number => {
  const { generation, watermark } = head;
  const first = signals[0]?.at ?? watermark.at;
  if (generation === null) return first;
  if (generation.number > 1) return Math.min(first, generation.activatedAt);
  return since === -Infinity ? generation.activatedAt : first;
};

interface Outage {
  readonly from: number;
  readonly to: number;
}

/** The times in which nobody routed: from an occurrence that was missed to the instant at which that was noticed. */
const outagesOf = (skips: readonly Skip[], until: number): readonly Outage[] => {
  const byEnd = new Map<number, number>();
  for (const { reason, from, at } of skips)
    if ((reason === "missed" || reason === "missed-too-old") && from !== null && at <= until)
      byEnd.set(at, Math.min(byEnd.get(at) ?? Infinity, from));
  return [...byEnd].map(([to, from]) => ({ from, to })).sort((one, other) => one.to - other.to);
};

/** Whether the signal was told by a run that is recorded and, by these definitions, was not owed. */
const isOrphan = (
  { origin, signal }: StoredSignal,
  orphans: "kept" | "dropped",
  recorded: ReadonlyMap<string, OwedRun>,
  { owed }: Replaying,
): boolean => {
  if (orphans === "kept") return false;
  const run = signal._tag === "Status" ? signal.run : origin;
  return run !== null && recorded.has(run) && !owed.has(run);
};

/** A router alone with its state. */
class Replaying {
  readonly runs: Run[] = [];
  readonly skips: Skip[] = [];
  readonly owed = new Set<string>();
  state: State;
  private readonly definitions: Definitions;

  constructor(definitions: Definitions, beginAt: number) {
    this.definitions = definitions;
    const watermark = { revision: 0, seq: 0, at: 0 };
    const empty = { cursors: [], waiting: [], deadlines: [], open: [] };
    const reading = { watermark, generation: null, state: empty, signals: [], more: false };
    const batch = activation(definitions, { ...reading, now: beginAt });
    this.state = stateOf(definitions, watermark, {
      ...empty,
      cursors: batch?.cursors?.put ?? [],
      deadlines: batch?.deadlines?.put ?? [],
    });
  }

  route(piece: Piece): void {
    let decision = step(this.definitions, this.state, piece);
    const known = new Set(decision.again.filter((id) => this.owed.has(id)));
    if (known.size > 0) decision = step(this.definitions, this.state, { ...piece, known });
    this.state = advance(this.state, decision);
    for (const run of decision.runs) {
      this.owed.add(run.id);
      this.runs.push(run);
    }
    this.skips.push(...decision.skips);
  }
}
