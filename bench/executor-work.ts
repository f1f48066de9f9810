// What executor.ts has done by both contenders: a given number of steps, each of about as much CPU as the next.
import { task } from "../src/core/task.ts";

/** Not a given time: two threads that share a core would then seem to get twice the work done. */
export const work = (steps: number): number => {
  let state = 1;
  for (let step = 0; step < steps; step++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
  }
  return state;
};

export const spend = task({ id: "spend", run: work });

/** Bare Piscina gets the same order. */
export const spendBare = ({ input }: { readonly input: number }): number => work(input);

/** Says when it began, by the clock that all threads share. */
export const moment = task({
  id: "moment",
  run: () => performance.timeOrigin + performance.now(),
});
