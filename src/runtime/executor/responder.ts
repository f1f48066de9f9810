// Where bodies run, seen from inside: finds the body that an order names and answers how it ended. The same in worker threads and in child processes.
import type { ErrorData } from "../../core/errors.ts";
import type { SharedMemory } from "../../core/task.ts";
import { Body, unbegun } from "./envelope.ts";
import { fullErrorData } from "./error-data.ts";
import { Stage, type Ledger } from "./ledger.ts";
import { loadRegistry, type Registry } from "./registry.ts";
import { Surroundings } from "./surroundings.ts";
import { Wish, type Answer, type Note, type SentOrder } from "./wire.ts";

export class Responder {
  readonly #ledgerOf: (number: number) => Ledger;
  readonly #shared: SharedMemory;
  readonly #tell: (note: Note) => void;
  readonly #surroundings: Surroundings;
  readonly #registry: Promise<Registry>;
  readonly #ears = new Map<Ledger, Ear>();
  /** Resolves when the order in hand is answered. */
  #turn: Promise<unknown> = Promise.resolve();
  /** It is going to be ended: no other body begins. */
  #isDoomed = false;

  constructor({
    ledgerOf,
    modules,
    shared,
    tell,
  }: {
    /** The ledger of the order with this number. */
    readonly ledgerOf: (number: number) => Ledger;
    readonly modules: readonly string[];
    readonly shared: SharedMemory;
    readonly tell: (note: Note) => void;
  }) {
    this.#ledgerOf = ledgerOf;
    this.#shared = shared;
    this.#tell = tell;
    this.#surroundings = new Surroundings(tell);
    this.#registry = loadRegistry(modules);
  }

  /** What kept modules from being imported. Resolves when all have been tried. */
  async faults(): Promise<readonly ErrorData[]> {
    return (await this.#registry).faults.map(fullErrorData);
  }

  /** Why a task can't be run here, or null if it can. */
  async refusal(id: string): Promise<ErrorData | null> {
    const { tasks, faults } = await this.#registry;
    if (tasks.has(id)) return null;
    // The task is most likely in the module that is missing.
    if (faults.length > 0) return fullErrorData(faults[0]);
    return {
      name: "UnknownTaskError",
      message: `no module exports a task with the id ${JSON.stringify(id)}`,
    };
  }

  /** Answers one order after another, in the sequence in which they come. Never rejects. */
  answer(order: SentOrder): Promise<Answer> {
    const answer = this.#turn.then(() => this.#answer(order));
    this.#turn = answer;
    return answer;
  }

  async #answer(order: SentOrder): Promise<Answer> {
    if (this.#isDoomed) return unbegun(order, { _tag: "Withdrawn" });
    const { tasks } = await this.#registry;
    const task = tasks.get(order.task);
    if (task === undefined)
      return unbegun(order, {
        _tag: "Refused",
        error: (await this.refusal(order.task)) ?? {
          name: "UnknownTaskError",
          message: order.task,
        },
      });
    const ledger = this.#ledgerOf(order.number);
    if (!ledger.begin(order.number, Date.now())) {
      this.#isDoomed = !ledger.decline() && ledger.stage === Stage.abandoned;
      return unbegun(order, { _tag: "Withdrawn" });
    }
    const body = new Body(task, order, {
      shared: this.#shared,
      wish: () => ledger.wish,
      onWish: (listener) => this.#earOf(ledger).hear(listener),
      tell: (note) => this.#tell({ _tag: "Body", number: order.number, note }),
    });
    const answer = await this.#surroundings.perform(body);
    this.#ears.get(ledger)?.close();
    // Something that has strayed may still be running.
    this.#isDoomed = !ledger.finish() || answer.end._tag === "Strayed";
    return answer;
  }

  #earOf(ledger: Ledger): Ear {
    let ear = this.#ears.get(ledger);
    if (ear === undefined) {
      ear = new Ear(ledger);
      this.#ears.set(ledger, ear);
    }
    return ear;
  }
}

/** Hears the wishes in one ledger for the bodies that use it in turns. */
class Ear {
  readonly #ledger: Ledger;
  #listener: ((wish: Wish) => void) | null = null;
  #waiting = false;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  hear(listener: (wish: Wish) => void): void {
    this.#listener = listener;
    void this.#listen();
  }

  close(): void {
    this.#listener = null;
  }

  /** One wait at a time, however many bodies have asked for their signal: a wait can't be taken back. */
  async #listen(): Promise<void> {
    if (this.#waiting) return;
    this.#waiting = true;
    await this.#ledger.wished();
    this.#waiting = false;
    const { wish } = this.#ledger;
    const listener = this.#listener;
    if (listener === null) return;
    if (wish === Wish.none) return this.#listen(); // The wish was for a body that has ended since.
    this.#listener = null;
    listener(wish);
  }
}
