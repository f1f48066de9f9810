// Asynchronous tasks in a simulation. A world can't wait; so a body is begun, its world is given up, and when the promise has settled the plan is played again, with the
// outcome known. Each pair of task and input is awaited once.
import { canonical, type Json } from "../core/json.ts";
import type { Outcome } from "../core/run.ts";
import { AsyncTaskError, outcomeOf } from "../core/simulation/fake.ts";
import { errorDataOf } from "../core/errors.ts";

export class KnownOutcomes {
  readonly #outcomes = new Map<string, Outcome>();

  readonly of = (task: string, input: Json): Outcome | undefined =>
    this.#outcomes.size === 0 ? undefined : this.#outcomes.get(`${task} ${canonical(input)}`);

  /** What `play` returns, once all that it needs is known. */
  async until<A>(play: () => A): Promise<A> {
    for (;;) {
      try {
        return play();
      } catch (error) {
        if (!(error instanceof AsyncTaskError) || error.promise === undefined) throw error;
        // oxlint-disable-next-line no-await-in-loop
        await this.#learn(error);
      }
    }
  }

  async #learn({ task, input, promise }: AsyncTaskError): Promise<void> {
    let outcome: Outcome;
    try {
      outcome = outcomeOf(await promise);
    } catch (thrown) {
      outcome = { _tag: "Failed", error: errorDataOf(thrown) };
    }
    this.#outcomes.set(`${task} ${canonical(input)}`, outcome);
  }
}
