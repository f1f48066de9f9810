// The user's own laws: what they may look at, and what they may answer.
import { errorDataOf, InputError } from "../errors.ts";
import { shown } from "../reading.ts";
import { runView, type WorldEvent, type WorldRun, type WorldSkip } from "./view.ts";
import type { World } from "./world.ts";

/** What a law is given to look at. */
export interface Scene {
  readonly runs: () => readonly WorldRun[];
  /** The runs of a task whose bodies run at this moment, as many times as they do. */
  readonly running: (task: string) => readonly WorldRun[];
  readonly skips: () => readonly WorldSkip[];
  /** All that were stored, or those of a name. */
  readonly events: (name?: string) => readonly WorldEvent[];
  readonly now: () => number;
}

export interface Laws {
  /** Holds after each step. */
  readonly always?: { readonly [law: string]: (scene: Scene) => boolean };
  /** Holds at some moment after the environment and the faults have ended. */
  readonly eventually?: { readonly [law: string]: (scene: Scene) => boolean };
  /** Holds at some moment of some plan: otherwise the simulation did not show what it should. */
  readonly sometimes?: { readonly [law: string]: (scene: Scene) => boolean };
}

export const sceneOf = (world: World): Scene => ({
  runs: () => world.runs(),
  running: (task) =>
    [...world.running].flatMap((body) => {
      const run = body.task === task ? world.store.mirror.run(body.run) : undefined;
      return run === undefined ? [] : [runView(run)];
    }),
  skips: () => world.skips(),
  events: (name) =>
    name === undefined ? world.events() : world.events().filter((event) => event.name === name),
  now: () => world.now(),
});

/** Whether a law holds. Throws an InputError for an answer that is neither true nor false, and an error that names the law for what the law throws. */
export const answerOf = (
  law: string,
  holds: ((scene: Scene) => unknown) | undefined,
  scene: Scene,
): boolean => {
  let answer: unknown;
  try {
    answer = holds?.(scene);
  } catch (thrown) {
    const { name, message } = errorDataOf(thrown);
    throw new Error(`the law ${JSON.stringify(law)} threw ${name}: ${message}`, { cause: thrown });
  }
  if (typeof answer === "boolean") return answer;
  // Its rejection is not the process's business.
  if (answer instanceof Promise) answer.catch(() => undefined);
  throw new InputError(
    `the law ${JSON.stringify(law)} returned ${returnedText(answer)}; a law returns true or false, at once${mendOf(answer)}`,
  );
};

const returnedText = (answer: unknown): string => {
  if (answer === undefined) return "nothing";
  if (answer instanceof Promise) return "a promise";
  return typeof answer === "number" ? `the number ${answer}` : shown(answer);
};

/** What people forget. */
const mendOf = (answer: unknown): string => {
  if (answer === undefined) return ': is a "return" missing?';
  if (answer instanceof Promise) return ": leave async out";
  if (typeof answer === "number") return ": compare the number, as in … === 0";
  if (Array.isArray(answer)) return ": compare its length, as in ….length === 0";
  return ": compare it with something";
};
