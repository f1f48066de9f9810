// Lanes: threads in which `detent simulate` plays plans ahead of itself. A plan follows from its number, and what comes of it is the same wherever it is played; so a lane is
// told numbers and answers with what is counted. What is to be looked at is played again here.
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Scouts } from "../simulation/internals.ts";
import { isRepeated } from "../simulation/simulate.ts";
import type { SimulateOptions } from "../simulation/options.ts";
import type { Digest } from "../simulation/tally.ts";
import type { Choices } from "./simulated-app.ts";

/** What a lane is made with: it imports the app by itself. */
export interface LaneSetup extends Choices {
  readonly file: string;
  /** What the command line says, over what the file exports. */
  readonly settings: SimulateOptions;
}

export interface LaneAnswer {
  readonly index: number;
  /** null: it could not be played there. */
  readonly digest: Digest | null;
}

/** So many plans a lane has before it, so that it never waits for this thread. */
const aheadMax = 3;
/** A lane has the app to import first: for fewer plans it isn't worth it. */
const plansMin = 20;

/** How many lanes are worth it for so many plans; fewer than two are not. */
export const laneCount = (plans: number, wanted = availableParallelism()): number =>
  Math.min(wanted, Math.floor(plans / plansMin));

export class Lanes implements Scouts {
  readonly #lanes = new Set<Lane>();
  readonly #answers = new Map<number, PromiseWithResolvers<Digest | undefined>>();
  #next = 0;
  #end: number;

  constructor(count: number, plans: number, setup: LaneSetup) {
    this.#end = plans;
    for (let index = 0; index < count; index++) {
      const lane: Lane = new Lane(setup, {
        answered: ({ index, digest }) => {
          this.#answerOf(index).resolve(digest ?? undefined);
          this.#fill(lane);
        },
        ended: () => this.#drop(lane),
      });
      this.#lanes.add(lane);
      this.#fill(lane);
    }
  }

  take(index: number): Promise<Digest | undefined> {
    const { promise, resolve } = this.#answerOf(index);
    if (this.#lanes.size === 0) resolve(undefined);
    return promise.finally(() => this.#answers.delete(index));
  }

  limit(end: number): void {
    this.#end = Math.min(this.#end, end);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#lanes].map((lane) => lane.close()));
  }

  #fill(lane: Lane): void {
    while (lane.pending.size < aheadMax && this.#next < this.#end) {
      const index = this.#next++;
      if (!isRepeated(index)) lane.play(index);
    }
  }

  /** What it had before it is played here, as is what comes if no lane is left. */
  #drop(lane: Lane): void {
    this.#lanes.delete(lane);
    for (const index of lane.pending) this.#answerOf(index).resolve(undefined);
    if (this.#lanes.size > 0) return;
    this.#next = Infinity;
    for (const { resolve } of this.#answers.values()) resolve(undefined);
  }

  #answerOf(index: number): PromiseWithResolvers<Digest | undefined> {
    let answer = this.#answers.get(index);
    if (answer === undefined) this.#answers.set(index, (answer = Promise.withResolvers()));
    return answer;
  }
}

class Lane {
  readonly pending = new Set<number>();
  readonly #worker: Worker;

  constructor(
    setup: LaneSetup,
    on: { readonly answered: (answer: LaneAnswer) => void; readonly ended: () => void },
  ) {
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    const entry = new URL(`./lane-entry.${extension}`, import.meta.url);
    this.#worker = new Worker(entry, { workerData: setup, stdout: true, stderr: true });
    // What bodies print is nobody's business.
    this.#worker.stdout.resume();
    this.#worker.stderr.resume();
    this.#worker.on("message", (answer: LaneAnswer) => {
      this.pending.delete(answer.index);
      on.answered(answer);
    });
    // Whatever ended it will show where its plans are played next.
    this.#worker.on("error", () => undefined);
    this.#worker.on("exit", on.ended);
  }

  play(index: number): void {
    this.pending.add(index);
    this.#worker.postMessage(index);
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
