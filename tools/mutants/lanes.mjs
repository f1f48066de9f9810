// Warm processes that judge mutants, a few side by side. A process that ends or does not answer in time is a verdict, too.
import { fork } from "node:child_process";
import { join } from "node:path";

/** A process forgets no module: it is replaced by a new one after so many mutants. */
const mutantsMax = 120;

/** What may be in an endless loop must be killed when this process ends, however it does. */
const workers = new Set();
process.on("exit", () => {
  for (const worker of workers) worker.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

const newWorker = () => {
  const path = join(import.meta.dirname, "worker.mjs");
  const worker = fork(path, { stdio: ["ignore", "ignore", "ignore", "ipc"] });
  workers.add(worker.on("exit", () => workers.delete(worker)));
  return worker;
};

const end = (worker, value) => {
  worker.kill("SIGKILL");
  return value;
};

/** A mutant that waits for ever uses no time of the processor. */
const wallMillisMax = 300_000;

/** What the worker says of the tests on this source; `millisMax` is how much time of the processor each file of tests may take. */
const ask = (worker, { file, source, tests }, millisMax) =>
  new Promise((done) => {
    const over = (verdict) => {
      clearTimeout(timer);
      worker.off("message", over).off("exit", gone);
      done(verdict);
    };
    const late = { killer: { test: "", name: "(time)", message: "no answer" } };
    const gone = () => over({ killer: { test: "", name: "(time)", message: "the process ended" } });
    const timer = setTimeout(() => over(late), wallMillisMax);
    worker.on("message", over).on("exit", gone);
    worker.send({ file, source, tests, millisMax });
  });

/**
 * How much time of the processor each of these tests takes in a warm process when nothing is changed; they must pass.
 * @returns {Promise<Record<string, number>>} milliseconds by test file
 */
export const unmutatedMillis = async ({ file, source, tests }) => {
  const worker = newWorker();
  let measured = {};
  for (const test of tests)
    for (let isWarm = false; ; isWarm = true) {
      const { killer, millis } = await ask(worker, { file, source, tests: [test] }, {});
      if (killer !== null)
        throw new Error(`a test fails before anything is changed: ${JSON.stringify(killer)}`);
      measured = { ...measured, ...millis };
      if (isWarm) break;
    }
  return end(worker, measured);
};

/**
 * Judges all mutants of the queue, and tells of each.
 * @param {{ queue: any[], lanes: number, testsOf: (file: string) => string[], millisMax: Record<string, number>, tell: (mutant: any, killer: any) => void }} work
 */
export const judge = async ({ queue, lanes, testsOf, millisMax, tell }) => {
  const lane = async () => {
    let [worker, count] = [newWorker(), 0];
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      const tests = testsOf(mutant.file);
      const { killer } = await ask(worker, { ...mutant, tests }, millisMax);
      tell(mutant, killer);
      count += 1;
      if (killer?.name !== "(time)" && count < mutantsMax) continue;
      end(worker);
      [worker, count] = [newWorker(), 0];
    }
    end(worker);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
};
