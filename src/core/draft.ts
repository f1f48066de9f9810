// A draft: a decision while it is made. It lies over a state that it never changes, and answers with what the state will be after it.
import { pausedIdOf, pausedTriggerIdOf, type Subject } from "./command.ts";
import type { Leaf, CompiledTrigger } from "./definitions.ts";
import { heldWith, joinOf, scheduleIdOf, watchesIdOf, type State } from "./state.ts";
import { withWatch, type Watch } from "./watch.ts";
import { isBefore, type Queues } from "./join.ts";
import type { Run } from "./run.ts";
import { settledSignalOf } from "./run.ts";
import { rangeOf } from "./schedule.ts";
import { rootOf, settledScopeOf } from "./scope.ts";
import type { Heard, NewSignal, StoredStatus } from "./signal.ts";
import type { Cursor, Deadline, HeldFiring, Open, Skip, Waiting } from "./store.ts";
import type { CursorMove, Piece } from "./step.ts";

type Skipped = Pick<Skip, "trigger" | "reason" | "at"> &
  Partial<Pick<Skip, "signal" | "from" | "to" | "count" | "detail">> & {
    readonly heard?: Pick<Heard, "id" | "signal">;
    readonly leaf?: string;
  };

export class Draft {
  readonly runs: Run[] = [];
  readonly skips: Skip[] = [];
  readonly signals: NewSignal[] = [];
  readonly cursors = new Map<Leaf, CursorMove>();
  readonly queues = new Map<string, Waiting[][]>();
  readonly firings = new Map<string, HeldFiring[]>();
  readonly waitingPut = new Set<Waiting>();
  readonly waitingRemove: Waiting[] = [];
  readonly deadlinePut = new Map<string, Deadline>();
  readonly deadlineRemove = new Set<string>();
  readonly watches = new Map<string, readonly Watch[]>();
  readonly openPut = new Map<string, Open>();
  readonly openRemove = new Map<string, Pick<Open, "scope" | "run">>();
  readonly madePut = new Map<string, CompiledTrigger>();
  readonly madeRemove = new Set<string>();
  readonly cursorRemove = new Map<string, Pick<Cursor, "trigger" | "leaf">>();
  /** Runs of this decision that may have been owed before. */
  readonly againIds: string[] = [];
  /** By run: the scopes that it has entered in this draft. */
  private readonly entered = new Map<string, readonly string[]>();
  private readonly openCounts = new Map<string, number>();
  private readonly state: State;
  /** The store's clock, which lies behind the log after it was set back. */
  readonly now: number;
  /** Runs that are known to have been owed before: they are not owed again. */
  private readonly known: ReadonlySet<string>;
  private readonly forgotten: { readonly [trigger: string]: number };
  private readonly owed = new Set<string>();
  private readonly onDeadline: (deadline: Deadline) => void;

  /** `onDeadline` hears of each deadline that is put: it may come due within the same piece. */
  constructor(
    state: State,
    { now, known = new Set(), forgotten = {} }: Pick<Piece, "now" | "known" | "forgotten">,
    onDeadline: (deadline: Deadline) => void,
  ) {
    this.state = state;
    this.now = now;
    this.known = known;
    this.forgotten = forgotten;
    this.onDeadline = onDeadline;
  }

  /** Records that something heard, or a range of occurrences of a leaf, becomes no run. An occurrence is a range of one. */
  skip({
    heard,
    signal = null,
    from = null,
    to = null,
    count = 1,
    detail = null,
    leaf = "",
    ...skip
  }: Skipped): void {
    // A range is told apart from those of other schedules of the trigger by its leaf.
    const subject = heard?.id ?? signal ?? `${leaf}@${from}-${to}`;
    const id = `${skip.trigger}/${subject}/${skip.reason}`;
    const of = heard === undefined ? { signal, from, to } : subjectOf(heard);
    this.skips.push({ id, ...of, count, detail, ...skip });
  }

  /** Whether the run was owed before, here or, as far as that is known, by an earlier decision. */
  isOwed(run: string): boolean {
    return this.known.has(run) || this.owed.has(run);
  }

  owe(run: Run): void {
    this.owed.add(run.id);
    this.runs.push(run);
  }

  /** Up to when nobody knows any more what a trigger's runs were. */
  forgottenAt({ id }: Pick<CompiledTrigger, "id">): number {
    return Object.hasOwn(this.forgotten, id) ? (this.forgotten[id] as number) : -Infinity;
  }

  /** Notes that the runs which `act` owes may have been owed before. */
  again(act: () => void): void {
    const before = this.runs.length;
    act();
    for (const { id } of this.runs.slice(before)) this.againIds.push(id);
  }

  // Waiting matches

  queuesOf(trigger: CompiledTrigger, key: string): Queues {
    const join = joinOf(trigger.id, key);
    return this.queues.get(join) ?? this.state.waiting.get(join) ?? trigger.leaves.map(() => []);
  }

  /** The queues as this draft's own, to be changed in place: copied once a draft, not once a change. */
  private ownQueuesOf(trigger: CompiledTrigger, key: string): Waiting[][] {
    const join = joinOf(trigger.id, key);
    const own = this.queues.get(join) ?? this.queuesOf(trigger, key).map((queue) => [...queue]);
    this.queues.set(join, own);
    return own;
  }

  /** Lets a match wait in its leaf. */
  wait(leaf: Leaf, row: Waiting): void {
    const queue = this.ownQueuesOf(leaf.trigger, row.key)[leaf.index] as Waiting[];
    const index = indexOf(queue, row);
    this.waitingPut.add(row);
    queue.splice(index, 0, row);
    this.putDeadline(withinDeadlineOf(row, leaf.trigger.withinMillis));
  }

  /** Removes everything that waits in the trigger for one of these signals, from all leaves. */
  consume(trigger: CompiledTrigger, key: string, rows: readonly Waiting[]): void {
    for (const queue of this.ownQueuesOf(trigger, key)) {
      for (const { heard, ...place } of rows) {
        const index = indexOf(queue, place);
        const row = queue[index];
        if (row?.heard.id !== heard.id) continue;
        queue.splice(index, 1);
        this.forget(trigger, row);
      }
    }
  }

  private forget(trigger: CompiledTrigger, row: Waiting): void {
    if (!this.waitingPut.delete(row)) this.waitingRemove.push(row);
    this.removeDeadline(withinDeadlineOf(row, trigger.withinMillis).id);
  }

  // Firings that are kept back

  /** Those that are kept back together, in the order in which they came. `group` is what `heldWith` gives. */
  heldFirings(group: string): readonly HeldFiring[] {
    return this.firings.get(group) ?? this.state.firings.get(group) ?? [];
  }

  private ownFiringsOf(due: HeldFiring["due"]): HeldFiring[] {
    const group = heldWith(due);
    const own = this.firings.get(group) ?? [...this.heldFirings(group)];
    this.firings.set(group, own);
    return own;
  }

  /** Keeps a firing back. What its signals belong to is not settled before it is let go. */
  hold(firing: HeldFiring): void {
    this.ownFiringsOf(firing.due).push(firing);
    this.putDeadline(firing);
    for (const scope of firing.due.scopes) if (this.isOpen(scope)) this.enter(scope, firing.id);
  }

  /** Lets a firing go; it is still in its scopes. */
  unhold(firing: HeldFiring): void {
    const firings = this.ownFiringsOf(firing.due);
    firings.splice(
      firings.findIndex(({ id }) => id === firing.id),
      1,
    );
    this.removeDeadline(firing.id);
  }

  /** A firing that was let go has become a run or a skip: it leaves its scopes. */
  leaveScopes({ id, due: { scopes } }: HeldFiring): void {
    for (const scope of scopes) {
      if (this.rowOf(scope, id) === undefined) continue;
      this.leave(scope, id);
      this.settleIfAlone(scope);
    }
  }

  // Deadlines

  putDeadline(deadline: Deadline): void {
    this.deadlinePut.set(deadline.id, deadline);
    this.deadlineRemove.delete(deadline.id);
    this.onDeadline(deadline);
  }

  removeDeadline(id: string): void {
    this.deadlinePut.delete(id);
    if (this.state.deadlines.get(id) !== undefined) this.deadlineRemove.add(id);
  }

  /** When it comes due; undefined when there is none of this id. */
  deadlineAt(id: string): number | undefined {
    const put = this.deadlinePut.get(id);
    if (put !== undefined || this.deadlineRemove.has(id)) return put?.at;
    return this.state.deadlines.get(id)?.at;
  }

  // Watches

  watchesOf(leaf: Leaf, key: string): readonly Watch[] {
    const id = watchesIdOf(leaf, key);
    return this.watches.get(id) ?? this.state.watches.get(id) ?? [];
  }

  watch(leaf: Leaf, watch: Watch): void {
    const { key } = watch.due;
    this.watches.set(watchesIdOf(leaf, key), withWatch(this.watchesOf(leaf, key), watch));
    this.putDeadline(watch);
  }

  unwatch(leaf: Leaf, { id, due }: Watch): void {
    const others = this.watchesOf(leaf, due.key).filter((watch) => watch.id !== id);
    this.watches.set(watchesIdOf(leaf, due.key), others);
    this.removeDeadline(id);
  }

  // Pauses

  isPaused(subject: Subject): boolean {
    return this.deadlineAt(pausedIdOf(subject)) !== undefined;
  }

  isTriggerPaused(trigger: string): boolean {
    return this.deadlineAt(pausedTriggerIdOf(trigger)) !== undefined;
  }

  /** Where the cursor of a paused trigger's schedule stands. */
  heldAt(leaf: Leaf): number | undefined {
    return this.cursors.get(leaf)?.at ?? this.state.held.get(scheduleIdOf(leaf));
  }

  /** Records what a paused schedule has named through an instant, as one skip; gives the instant from which it goes on. */
  skipPaused(leaf: Leaf, { at, through }: { at: number; through: number }): number {
    const after = this.heldAt(leaf) ?? through;
    const range = leaf.schedule && rangeOf(leaf.schedule, { after, until: through });
    if (range)
      this.skip({
        trigger: leaf.trigger.id,
        leaf: leaf.key,
        detail: leaf.path,
        reason: "paused",
        at,
        ...range,
      });
    return Math.max(after, through);
  }

  // Schedules made at run time

  madeOf(id: string): CompiledTrigger | undefined {
    const put = this.madePut.get(id);
    if (put !== undefined || this.madeRemove.has(id)) return put;
    return this.state.made.get(id);
  }

  madeSchedules(): readonly Leaf[] {
    const ids = new Set([...this.state.made.keys(), ...this.madePut.keys()]);
    return [...ids].flatMap((id) => this.madeOf(id)?.leaves ?? []);
  }

  /** The cursor of a trigger of this id that was made before, by another rule, is removed. */
  make(made: CompiledTrigger): void {
    const before = this.madeOf(made.id);
    if (before !== undefined) this.unmake(before);
    this.madeRemove.delete(made.id);
    this.madePut.set(made.id, made);
    for (const leaf of made.leaves) this.cursorRemove.delete(scheduleIdOf(leaf));
  }

  unmake({ id, leaves }: CompiledTrigger): void {
    this.madePut.delete(id);
    this.madeRemove.add(id);
    for (const leaf of leaves)
      this.cursorRemove.set(scheduleIdOf(leaf), { trigger: id, leaf: leaf.key });
  }

  /** When the next occurrence of a schedule is due. */
  nextAtOf(leaf: Leaf): number | undefined {
    const moved = this.cursors.get(leaf);
    return moved === undefined
      ? this.state.schedules.get(scheduleIdOf(leaf))?.nextAt
      : moved.nextAt;
  }

  // Scopes

  /** The scopes in which a run is not over and to which what it causes belongs, too. */
  scopesOf(run: string): readonly string[] {
    const known = [...(this.state.scopesOf.get(run) ?? []), ...(this.entered.get(run) ?? [])];
    return [...new Set(known)].filter(
      (scope) => rootOf(scope) !== undefined && this.rowOf(scope, run) !== undefined,
    );
  }

  isOpen(scope: string): boolean {
    return this.countOf(scope) > 0;
  }

  /** The runs that are not over in a scope, by their ids: the rows that a store gives back come in another order than they were made in. */
  openRuns(scope: string): readonly string[] {
    const put = [...this.openPut.values()].map(({ run }) => run);
    const runs = [...(this.state.open.get(scope)?.keys() ?? []), ...put];
    return [...new Set(runs)].filter((run) => this.rowOf(scope, run) !== undefined).toSorted();
  }

  enter(scope: string, run: string): void {
    this.openPut.set(`${scope} ${run}`, { scope, run, ended: null });
    this.entered.set(run, [...(this.entered.get(run) ?? []), scope]);
    this.openCounts.set(scope, this.countOf(scope) + 1);
  }

  /**
   * A run has come to its end. Where it is the root of a scope of its own it stays open in the others until that scope is settled; otherwise it leaves all its
   * scopes, and those of which only the ended root is left are settled.
   */
  end(status: Omit<StoredStatus, "at">): void {
    const own = settledScopeOf(status.run);
    if (status.state !== "settled" && this.rowOf(own, status.run) !== undefined) {
      this.openPut.set(`${own} ${status.run}`, { scope: own, run: status.run, ended: status });
      this.settleIfAlone(own);
      return;
    }
    for (const scope of this.scopesOf(status.run)) {
      this.leave(scope, status.run);
      this.settleIfAlone(scope);
    }
  }

  /** A run is over in a scope that its like share for themselves, if it ever was in it. */
  leaveScope(scope: string, run: string): void {
    if (this.rowOf(scope, run) !== undefined) this.leave(scope, run);
  }

  private settleIfAlone(scope: string): void {
    const root = rootOf(scope);
    const row = root === undefined ? undefined : this.rowOf(scope, root);
    if (root === undefined || this.countOf(scope) !== 1 || !row?.ended) return;
    this.leave(scope, root);
    this.signals.push(settledSignalOf(row.ended));
  }

  private leave(scope: string, run: string): void {
    this.openPut.delete(`${scope} ${run}`);
    if (this.state.open.get(scope)?.has(run) === true)
      this.openRemove.set(`${scope} ${run}`, { scope, run });
    this.openCounts.set(scope, this.countOf(scope) - 1);
  }

  private rowOf(scope: string, run: string): Open | undefined {
    const put = this.openPut.get(`${scope} ${run}`);
    if (put !== undefined) return put;
    return this.openRemove.has(`${scope} ${run}`)
      ? undefined
      : this.state.open.get(scope)?.get(run);
  }

  private countOf(scope: string): number {
    return this.openCounts.get(scope) ?? this.state.open.get(scope)?.size ?? 0;
  }
}

/** Where a queue has, or would have, the match that was heard at this place: a queue is in the order of hearing. */
const indexOf = (queue: readonly Waiting[], place: Pick<Waiting, "at" | "order">): number => {
  let [low, high] = [0, queue.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(queue[middle] as Waiting, place)) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** What a skip is of: an occurrence is named by its instant, for it is no row of the log. */
export const subjectOf = ({
  id,
  signal,
}: Pick<Heard, "id" | "signal">): Pick<Skip, "signal" | "from" | "to"> =>
  signal._tag === "Occurrence"
    ? { signal: null, from: signal.dueAt, to: signal.dueAt }
    : { signal: id, from: null, to: null };

export const withinDeadlineOf = (row: Waiting, withinMillis: number): Deadline => ({
  id: `within/${row.trigger}/${row.leaf}/${row.order}`,
  at: row.at + withinMillis,
  due: { _tag: "Within", trigger: row.trigger, leaf: row.leaf, key: row.key, order: row.order },
});
