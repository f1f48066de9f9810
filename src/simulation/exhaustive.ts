// Every order of steps, and every crash in it. A plan departs from first come, first served at some choices and crashes an engine at some store calls; whoever plays it learns
// where it could have departed once more, behind its last departure, and each of these is a plan of its own. Plans with fewer departures and crashes come first: most bugs
// need one or two. When no plan is left, all there is has been tried.
import type { Fault, FaultName } from "../core/simulation/fault.ts";
import type { Departure } from "../core/simulation/interleaving.ts";
import type { Plan } from "../core/simulation/plan.ts";

/** Where a plan could go another way. */
type Turn =
  | { readonly _tag: "Choice"; readonly at: number; readonly pick: number }
  | { readonly _tag: "Crash"; readonly fault: Fault };

/** A plan by what it adds to another one. */
interface Node {
  readonly parent: Node | null;
  readonly turn: Turn | null;
  /** How many places of the parent's way lie before it. */
  readonly place: number;
  readonly crashes: number;
}

const crashes: readonly FaultName[] = ["crash-before", "crash-after"];
/** For how long a crashed engine is down: longer than another one needs to notice. */
const downMillis = 1_000;

export class Exhaustive {
  readonly #plan: Plan;
  readonly #crashesMax: number;
  readonly #nodesMax: number;
  readonly #nodes: Node[] = [{ parent: null, turn: null, place: -1, crashes: 0 }];
  #next = 0;
  #isCut = false;
  #places: (readonly Turn[])[] = [];

  /** @param plan what all plans have in common */
  constructor(
    plan: Plan,
    { crashesMax, nodesMax }: { readonly crashesMax: number; readonly nodesMax: number },
  ) {
    this.#plan = plan;
    this.#crashesMax = crashesMax;
    this.#nodesMax = nodesMax;
  }

  /** Whether all plans there are have been played. */
  get isComplete(): boolean {
    return this.#next === this.#nodes.length && !this.#isCut;
  }

  /** The next plan; undefined: none is left, or as many as are allowed were played. */
  next(): Plan | undefined {
    const node = this.#nodes[this.#next];
    if (node === undefined) return undefined;
    this.#places = [];
    const steps: Departure[] = [];
    const faults: Fault[] = [];
    for (let it: Node | null = node; it !== null; it = it.parent) {
      if (it.turn?._tag === "Choice") steps.unshift({ at: it.turn.at, pick: it.turn.pick });
      else if (it.turn?._tag === "Crash") faults.unshift(it.turn.fault);
    }
    return { ...this.#plan, steps, faults };
  }

  readonly onChoice = (at: number, count: number): void => {
    this.#places.push(
      Array.from({ length: count - 1 }, (_, index) => ({ _tag: "Choice", at, pick: index + 1 })),
    );
  };

  readonly onPoint = (point: string, names: readonly FaultName[]): void => {
    const what = crashes.filter((name) => names.includes(name));
    if (what.length === 0 || this.#crashesMax === 0) return;
    this.#places.push(
      what.map((what) => ({ _tag: "Crash", fault: { point, what, millis: downMillis } })),
    );
  };

  /** The plan was played: what it could have done besides is to be played, too. */
  played(): void {
    const node = this.#nodes[this.#next] as Node;
    // A row that was played is needed only as a parent.
    this.#next += 1;
    for (let place = node.place + 1; place < this.#places.length; place++)
      for (const turn of this.#places[place] ?? []) {
        const crashes = node.crashes + (turn._tag === "Crash" ? 1 : 0);
        if (crashes > this.#crashesMax) continue;
        if (this.#nodes.length >= this.#nodesMax) {
          this.#isCut = true;
          return;
        }
        this.#nodes.push({ parent: node, turn, place, crashes });
      }
  }
}
