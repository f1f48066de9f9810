// Goal: people can wait for one run, end one and repeat one. Method: a real runtime over a memory store, with tasks that run inline; each waits for what it is told.
import * as Effect from "effect/Effect";
import { afterEach, expect, test } from "vitest";
import { memoryStore, type StorePort } from "../../src/core/index.ts";
import { detent, event, start, task, trigger, type Runtime } from "../../src/index.ts";
import { runTo } from "../../src/runtime/emit.ts";
import { Outcomes } from "../../src/runtime/outcomes.ts";
import { aRun } from "../../src/adapters/testing/subject.ts";

const keys: string[] = [];
let release: (() => void)[] = [];
const echo = task({
  id: "echo",
  run: (input: unknown, { idempotencyKey }) => {
    keys.push(idempotencyKey);
    return input;
  },
});
const fail = task({
  id: "fail",
  run: (_: unknown, { idempotencyKey }) => {
    keys.push(idempotencyKey);
    throw new RangeError("no");
  },
});
const hang = task({
  id: "hang",
  run: (_: unknown, { signal }) =>
    new Promise<void>((resolve, reject) => {
      release.push(resolve);
      signal.addEventListener("abort", () => reject(new Error("aborted")));
    }),
});
const app = detent({
  tasks: [echo, fail, hang],
  triggers: [trigger("on-e", { when: event("e"), run: fail, input: (f) => f.event.payload })],
});

let runtime: Runtime;
const begun = async (slots = 4): Promise<Runtime> =>
  (runtime = await start(app, { store: "memory:", slots }));

afterEach(async () => {
  for (const each of release) each();
  release = [];
  keys.length = 0;
  await runtime.stop();
});

test("the result of a run is the run once it is over, be it that it was not even owed before, or over long ago", async () => {
  await begun();
  const { run } = await runtime.run(echo, { n: 7 });
  const [first, again] = await Promise.all([runtime.result(run), runtime.result(run)]);
  expect(first).toMatchObject({ id: run, state: "succeeded", outcome: { result: { n: 7 } } });
  expect(again).toBe(first);
  expect(await runtime.result(run)).toEqual(first);
});

test("a run that fails or is cancelled is a result too", async () => {
  await begun(1);
  const failed = await runtime.result((await runtime.run(fail)).run);
  expect(failed).toMatchObject({ state: "failed", outcome: { error: { name: "RangeError" } } });
  const held = await runtime.run(hang);
  const waiting = await runtime.run(echo);
  const results = [held, waiting].map(({ run }) => runtime.result(run));
  while (release.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(await runtime.cancel(held.run)).toBe("requested");
  expect((await results[0])?.state).toBe("cancelled");
  expect((await results[1])?.state).toBe("succeeded");
});

test("a run that nothing owes has no result, and one that is not over when the runtime stops has none either", async () => {
  await begun();
  await expect(runtime.result("echo~none")).rejects.toThrow(
    'there is no run "echo~none", and nothing that could owe it',
  );
  const held = await runtime.run(hang);
  const lost = runtime.result(held.run);
  const refused = lost.catch((error: unknown) => String(error));
  while (release.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  const drained = await runtime.run(hang);
  const last = runtime.result(drained.run);
  while (release.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
  const stopped = runtime.stop({ graceMillis: 100 });
  release[1]?.();
  await stopped;
  expect(await refused).toBe(`Error: the runtime stopped before run ${held.run} was over`);
  expect((await last).state).toBe("succeeded");
});

test("an abort ends the engine at once: what it held stays held, whoever waits is told, and stop has nothing left to do", async () => {
  await begun();
  const { run } = await runtime.run(hang);
  const lost = runtime.result(run).catch((error: unknown) => String(error));
  while (release.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(await runtime.abort()).toBe(true);
  await expect(runtime.ended).rejects.toThrow();
  expect(await lost).toBe(`Error: the runtime stopped before run ${run} was over`);
  const { claimed, running } = (await runtime.summary()).runs;
  expect(claimed + running).toBe(1);
});

test("a retry is another run of the same task, with the input and the idempotency key of the first, and the old run stays", async () => {
  await begun();
  await runtime.emit("e", { path: "x" });
  await runtime.idle();
  const [first = ""] = keys;
  const second = await runtime.retry(first, { id: "again" });
  if (second.run === null) return expect.unreachable();
  expect(second).toEqual({ run: second.run, status: "accepted" });
  expect(await runtime.retry(first, { id: "again" })).toEqual({ ...second, status: "duplicate" });
  expect(await runtime.result(second.run)).toMatchObject({
    trigger: "@fail",
    task: "fail",
    input: { path: "x" },
    idempotencyKey: first,
    cause: ["again"],
    attempt: 1,
  });
  const third = await runtime.retry(second.run);
  await runtime.result(third.run ?? "");
  expect(keys).toEqual([first, first, first]);
  expect((await runtime.result(first)).attempt).toBe(1);
});

test("what is not over, or not there, is not retried", async () => {
  await begun();
  const { run } = await runtime.run(hang);
  while (release.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(await runtime.retry(run)).toEqual({ run: null, status: "not-over" });
  expect(await runtime.retry("none")).toEqual({ run: null, status: "unknown" });
  await runtime.emit("other", null, { id: "taken" });
  const done = await runtime.run(echo);
  await runtime.result(done.run);
  await expect(runtime.retry(done.run, { id: "taken" })).rejects.toThrow(
    'the id "taken" is taken by another signal; give another',
  );
});

test("a run that was asked for and is not owed yet is waited for, though no engine runs", async () => {
  await begun();
  const memory = memoryStore();
  const looks: string[] = [];
  const store: StorePort = {
    ...memory,
    list: (table, request) => {
      looks.push(table);
      return memory.list(table, request);
    },
  };
  const { run } = await Effect.runPromise(runTo(store, "echo", 1));
  const outcomes = new Outcomes(store);
  const result = outcomes.of(run);
  while (looks.length < 2) {
    await Effect.runPromise(runTo(store, "echo", 2));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const over = aRun(run, { state: "succeeded" });
  await Effect.runPromise(store.commit({ checks: [], runs: [over] }));
  expect(await result).toEqual(over);
  await outcomes.finish();
});

test("an option that start does not have is refused, before a store is opened", async () => {
  const misspelt = { stor: "memory:" } as never;
  await expect(start(detent({ tasks: [], triggers: [] }), misspelt)).rejects.toThrow(
    'start: "stor" is no option; did you mean "store"?',
  );
});

test("inline tasks see the memory that start was given; anything else is refused", async () => {
  const counts = task({
    id: "counts",
    run: (_: unknown, { shared }) =>
      Atomics.add(new Int32Array(shared["counter"] as SharedArrayBuffer), 0, 1),
  });
  const counting = detent({ tasks: [counts], triggers: [] });
  const counter = new SharedArrayBuffer(4);
  runtime = await start(counting, { store: "memory:", shared: { counter } });
  for (const run of [await runtime.run(counts), await runtime.run(counts)])
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await runtime.result(run.run);
  expect(new Int32Array(counter)[0]).toBe(2);
  const copied = { counter: new ArrayBuffer(4) } as unknown as { counter: SharedArrayBuffer };
  await expect(start(counting, { store: "memory:", shared: copied })).rejects.toThrow(
    "shared.counter is no SharedArrayBuffer",
  );
});
