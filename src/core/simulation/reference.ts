// The reference model: what must have come of a log, said a second time and as simply as can be. One trigger at a time, one signal after the other, over the whole log and
// with no state between; it shares nothing with the router but the conditions themselves. It is told what the environment did (the log, instants that have passed, which
// occurrences were skipped as missed) and never looks at runs.
import { isSchedule } from "../condition.ts";
import { satisfies } from "../mismatch.ts";
import type { CompiledTrigger, Leaf, Node } from "../definitions.ts";
import { canonical } from "../json.ts";
import { runIdOf } from "../run-id.ts";
import { heardOf, occurrenceIdOf, type Heard, type StoredSignal } from "../signal.ts";
import type { Schedule } from "../schedule.ts";
import { firingOf, type Firing } from "../trigger.ts";

/** A signal when it is heard. `rank` orders those of one instant. */
export interface Hearing {
  readonly heard: Heard;
  readonly at: number;
  readonly rank: readonly [kind: 0 | 1 | 2, order: number | string];
  /** Of an occurrence: the leaf whose schedule named it. */
  readonly leaf: Leaf | null;
}

export interface Expected {
  /** By run id. */
  readonly firings: ReadonlyMap<string, Firing>;
  /** `<reason> <signal id>` of each signal that becomes a skip by itself. */
  readonly skips: ReadonlySet<string>;
  /** Ids of signals that still wait. */
  readonly waiting: ReadonlySet<string>;
}

/** Delayed events are heard when their delay has passed, all others when they are stored. */
export const hearingsOf = (
  signals: readonly StoredSignal[],
  routed: { readonly seq: number; readonly at: number },
): Hearing[] => {
  const hearings: Hearing[] = [];
  for (const stored of signals) {
    const { seq, signal, dueAt } = stored;
    if (seq > routed.seq || (signal._tag !== "Event" && signal._tag !== "Status")) continue;
    const isDelayed = dueAt !== null && dueAt > stored.at;
    const at = isDelayed ? dueAt : stored.at;
    if (at > routed.at) continue;
    for (const { id, signal } of heardOf(stored))
      hearings.push({
        heard: { id, signal: isDelayed ? { ...signal, at } : signal } as Heard,
        at,
        rank: [isDelayed ? 0 : 2, seq],
        leaf: null,
      });
  }
  return hearings;
};

/** The hearings of a schedule's occurrences. */
export const occurrenceHearings = (leaf: Leaf, instants: readonly number[]): Hearing[] =>
  instants.map((dueAt) => ({
    heard: {
      id: occurrenceIdOf(leaf.key, dueAt),
      signal: { _tag: "Occurrence", schedule: leaf.condition as Schedule, dueAt },
    },
    at: dueAt,
    rank: [1, `${leaf.trigger.id} ${leaf.key}`],
    leaf,
  }));

const inOrder = (one: Hearing, other: Hearing): number => {
  if (one.at !== other.at) return one.at - other.at;
  if (one.rank[0] !== other.rank[0]) return one.rank[0] - other.rank[0];
  return one.rank[1] < other.rank[1] ? -1 : one.rank[1] > other.rank[1] ? 1 : 0;
};

interface Row {
  readonly heard: Heard;
  readonly at: number;
  readonly place: number;
}

type Queues = Row[][];

export const expectedOf = (
  trigger: CompiledTrigger,
  hearings: readonly Hearing[],
  until: number,
): Expected => new Model(trigger).run([...hearings].sort(inOrder), until);

class Model {
  readonly #trigger: CompiledTrigger;
  readonly #queues = new Map<string, Queues>();
  readonly #firings = new Map<string, Firing>();
  readonly #skips = new Set<string>();
  /** Runs that are not over. */
  readonly #open = new Set<string>();
  /** Firings that wait for the end of those. */
  #turns: readonly Firing[] = [];

  constructor(trigger: CompiledTrigger) {
    this.#trigger = trigger;
  }

  run(hearings: readonly Hearing[], until: number): Expected {
    hearings.forEach((hearing, place) => {
      this.#giveUp(hearing.at);
      this.#hear(hearing, place);
      const { signal } = hearing.heard;
      if (signal._tag === "Status" && isOver(signal.state)) this.#end(signal.run);
    });
    this.#giveUp(until);
    const waiting = new Set<string>();
    for (const queues of this.#queues.values())
      for (const row of queues.flat()) waiting.add(row.heard.id);
    for (const { matches } of this.#turns) for (const { id } of matches) waiting.add(id);
    return { firings: this.#firings, skips: this.#skips, waiting };
  }

  #hear({ heard, at, leaf }: Hearing, place: number): void {
    const { leaves, definition, waitingMax } = this.#trigger;
    let satisfied: readonly Leaf[];
    let key: unknown;
    try {
      satisfied = leaves.filter((it) =>
        leaf === null
          ? !isSchedule(it.condition) && satisfies(it.condition, heard.signal)
          : it === leaf,
      );
      if (satisfied.length === 0) return;
      key = leaves.length > 1 ? (definition.by?.(heard.signal) ?? "") : "";
      if (typeof key !== "string" || !key.isWellFormed()) throw new TypeError("no key");
    } catch {
      this.#skips.add(`filtered-by-error ${heard.id}`);
      return;
    }
    const row: Row = { heard, at, place };
    if (leaves.length === 1) return this.#fire([{ leaf: leaves[0] as Leaf, row }]);
    const queues = this.#queues.get(key) ?? leaves.map((): Row[] => []);
    this.#queues.set(key, queues);
    for (const { index } of satisfied) {
      const queue = queues[index] as Row[];
      queue.push(row);
      if (queue.length <= waitingMax) continue;
      const oldest = queue[0] as Row;
      consume(queues, [oldest]);
      this.#skips.add(`waiting-full ${oldest.heard.id}`);
    }
    this.#join(queues);
  }

  #join(queues: Queues): void {
    const { tree, take, leaves } = this.#trigger;
    const chosen = branchOf(tree, queues, take === "latest");
    if (chosen === undefined) return;
    const taken: { readonly leaf: Leaf; readonly row: Row }[] = [];
    const left: Row[] = [];
    for (const index of chosen.leaves) {
      const queue = queues[index] as Row[];
      const rows = take === "every" ? [...queue] : [take === "latest" ? queue.at(-1) : queue[0]];
      for (const row of rows) taken.push({ leaf: leaves[index] as Leaf, row: row as Row });
      if (take === "latest") left.push(...queue.slice(0, -1));
    }
    const isTaken = new Set(taken.map(({ row }) => row.heard.id));
    for (const { heard } of left)
      if (!isTaken.has(heard.id)) this.#skips.add(`superseded ${heard.id}`);
    consume(queues, [...taken.map(({ row }) => row), ...left]);
    this.#fire(taken);
  }

  #fire(taken: readonly { readonly leaf: Leaf; readonly row: Row }[]): void {
    const { id } = this.#trigger;
    const matches = taken.map(({ leaf, row }) => ({
      leaf: leaf.path,
      id: row.heard.id,
      signal: row.heard.signal,
    }));
    const firing = firingOf(id, matches);
    const policies = taken.map(({ leaf }) => leaf.schedule?.overlap ?? "allow");
    const overlap = policies.find((policy) => policy !== "allow") ?? "allow";
    if (overlap === "allow" || this.#open.size === 0) return this.#owe(firing);
    const room = { skip: 0, bufferOne: 1, bufferAll: this.#trigger.waitingMax, cancelOther: 0 };
    const givesWay = overlap === "cancelOther" ? this.#turns : [firing];
    if (overlap === "cancelOther") this.#turns = [firing];
    else if (this.#turns.length < room[overlap]) {
      this.#turns = [...this.#turns, firing];
      return;
    }
    for (const each of givesWay)
      for (const match of each.matches) this.#skips.add(`overlap ${match.id}`);
  }

  #owe(firing: Firing): void {
    const run = runIdOf(
      firing.trigger,
      firing.matches.map(({ id }) => id),
    );
    this.#firings.set(run, firing);
    if (inputOf(this.#trigger, firing) !== undefined) this.#open.add(run);
  }

  /** A run is over: the turns of those that wait come, until one of them owes a run. */
  #end(run: string): void {
    this.#open.delete(run);
    while (this.#open.size === 0) {
      const [next, ...others] = this.#turns;
      if (next === undefined) return;
      this.#turns = others;
      this.#owe(next);
    }
  }

  /** What has waited for longer than `within`. */
  #giveUp(now: number): void {
    const { withinMillis } = this.#trigger;
    if (withinMillis === null) return;
    for (const queues of this.#queues.values())
      for (const row of new Set(queues.flat()))
        if (row.at + withinMillis <= now) {
          consume(queues, [row]);
          this.#skips.add(`within-passed ${row.heard.id}`);
        }
  }
}

const isOver = (state: string): boolean =>
  state !== "settled" && state !== "running" && state !== "retrying";

/** What the firing makes of the trigger's input, as text; undefined where it can't be made. */
export const inputOf = ({ definition }: CompiledTrigger, firing: Firing): string | undefined => {
  const { input } = definition;
  try {
    return canonical((typeof input === "function" ? (input(firing) as unknown) : input) ?? null);
  } catch {
    return undefined;
  }
};

/** Takes signals out of all leaves. */
const consume = (queues: Queues, rows: readonly Row[]): void => {
  const ids = new Set(rows.map(({ heard }) => heard.id));
  for (const [index, queue] of queues.entries())
    queues[index] = queue.filter(({ heard }) => !ids.has(heard.id));
};

interface Branch {
  readonly leaves: readonly number[];
  /** The place of the match that completed it. */
  readonly place: number;
}

/** The leaves of a tree that fire now; of an `any` those of the branch that was complete first. */
const branchOf = (node: Node, queues: Queues, isLatest: boolean): Branch | undefined => {
  if (node._tag === "Leaf") {
    const queue = queues[node.index] ?? [];
    const row = isLatest ? queue.at(-1) : queue[0];
    return row && { leaves: [node.index], place: row.place };
  }
  const branches = node.parts.map((part) => branchOf(part, queues, isLatest));
  const complete = branches.filter((branch) => branch !== undefined);
  if (node._tag === "Any") return complete.sort((one, other) => one.place - other.place)[0];
  if (complete.length < branches.length) return undefined;
  return {
    leaves: complete.flatMap(({ leaves }) => leaves),
    place: Math.max(...complete.map(({ place }) => place)),
  };
};
