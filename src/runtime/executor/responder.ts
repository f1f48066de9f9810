// Where bodies run, seen from inside: finds the body that an order names and answers how it ended. The same in worker threads and in child processes.
import type { ErrorData } from "../../core/errors.ts";
import type { SharedMemory } from "../../core/task.ts";
import { Body, unbegun } from "./envelope.ts";
import { fullErrorData } from "./error-data.ts";
import type { Ledger } from "./ledger.ts";
import { loadRegistry, type Registry } from "./registry.ts";
import { Surroundings } from "./surroundings.ts";
import { Wish, type Answer, type Note, type SentOrder } from "./wire.ts";

export class Responder {
  readonly #ledger: Ledger;
  readonly #shared: SharedMemory;
  readonly #tell: (note: Note) => void;
  readonly #surroundings: Surroundings;
  readonly #registry: Promise<Registry>;
  #wishListener: ((wish: Wish) => void) | null = null;
  #waiting = false;

  constructor({
    ledger,
    modules,
    shared,
    tell,
  }: {
    readonly ledger: Ledger;
    readonly modules: readonly string[];
    readonly shared: SharedMemory;
    readonly tell: (note: Note) => void;
  }) {
    this.#ledger = ledger;
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

  /** Never rejects. */
  async answer(order: SentOrder): Promise<Answer> {
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
    const ledger = this.#ledger;
    if (!ledger.begin(Date.now())) return unbegun(order, { _tag: "Withdrawn" });
    const body = new Body(task, order, {
      shared: this.#shared,
      wish: () => ledger.wish,
      onWish: (listener) => this.#onWish(listener),
      tell: (note) => this.#tell({ _tag: "Body", number: order.number, note }),
    });
    const answer = await this.#surroundings.perform(body);
    this.#wishListener = null;
    ledger.finish();
    return answer;
  }

  #onWish(listener: (wish: Wish) => void): void {
    this.#wishListener = listener;
    void this.#listen();
  }

  /** One wait at a time, however many bodies have asked for their signal: a wait can't be taken back. */
  async #listen(): Promise<void> {
    if (this.#waiting) return;
    this.#waiting = true;
    await this.#ledger.wished();
    this.#waiting = false;
    const { wish } = this.#ledger;
    const listener = this.#wishListener;
    if (listener === null) return;
    if (wish === Wish.none) return this.#listen(); // The wish was for a body that has ended since.
    this.#wishListener = null;
    listener(wish);
  }
}
