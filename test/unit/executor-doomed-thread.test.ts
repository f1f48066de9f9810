/**
 * Goal: a thread that is going to be ended begins nothing any more, so that no body is cut off for what another has done.
 * Method: a real thread with two orders; the ledger is moved as an attempt moves it, but the thread is left alive.
 */
import { afterEach, expect, test } from "vitest";
import { entryOf } from "../../src/runtime/executor/entry.ts";
import type { HostEvent } from "../../src/runtime/executor/host.ts";
import { Stage as Of } from "../../src/runtime/executor/ledger.ts";
import { Thread } from "../../src/runtime/executor/thread.ts";
import type { BodyEnd, SentOrder } from "../../src/runtime/executor/wire.ts";
import { callChannel } from "../runtimes/executor-tasks.ts";
import { order } from "../support/puppet-host.ts";

const modules = [new URL("../runtimes/executor-tasks.ts", import.meta.url).href];
const threads: Thread[] = [];
afterEach(() => {
  for (const thread of threads.splice(0)) thread.end();
});

/** A thread that is ready, with the means to wait for what it tells. */
const opened = async () => {
  const told: HostEvent[] = [];
  let look = (): void => {};
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      look = () => holds() && resolve();
      look();
    });
  const thread = new Thread(
    { entry: entryOf("worker"), modules, shared: {}, atomics: "disabled" },
    (event) => {
      told.push(event);
      look();
    },
  );
  threads.push(thread);
  await until(() => told.some(({ _tag }) => _tag === "Ready"));
  const endOf = async (number: number): Promise<BodyEnd | undefined> => {
    const find = () =>
      told.flatMap((event) =>
        event._tag === "Answered" && event.answer.number === number ? [event.answer.end] : [],
      )[0];
    await until(() => find() !== undefined);
    return find();
  };
  return { thread, endOf };
};

const sent = (number: number, body: string, input: string | null = null): SentOrder => ({
  ...order,
  run: `run-${number}`,
  task: "act",
  input: { body, input },
  number,
});

/** Resolves when the thread has begun the order, or has even ended it. */
const begun = async (thread: Thread, number: number): Promise<void> => {
  while (thread.ledgerOf(number).stage === Of.sent)
    // oxlint-disable-next-line no-await-in-loop -- nothing tells of it
    await new Promise((resolve) => setImmediate(resolve));
};

test("orders behind a body that ends well begin in their turn", async () => {
  const { thread, endOf } = await opened();
  thread.send(sent(1, "returns-input", "one"));
  thread.send(sent(2, "returns-input", "two"));
  expect(await endOf(2)).toEqual({ _tag: "Returned", result: "two" });
  expect(await endOf(1)).toEqual({ _tag: "Returned", result: "one" });
});

test("nothing begins behind a body whose thread is to be ended for it, though it ends by itself", async () => {
  const { thread, endOf } = await opened();
  thread.send(sent(1, "waits-for-call"));
  thread.send(sent(2, "returns-input"));
  await begun(thread, 1);
  expect(thread.ledgerOf(1).doom()).toBe(true);
  const calls = new BroadcastChannel(callChannel);
  // It may not listen yet.
  const calling = setInterval(() => calls.postMessage("run-1"), 5);
  expect(await endOf(2)).toEqual({ _tag: "Withdrawn" });
  clearInterval(calling);
  calls.close();
  expect(thread.ledgerOf(2).stage).toBe(Of.sent);
});

test("nothing begins behind an order to which the thread has not come in time", async () => {
  const { thread, endOf } = await opened();
  thread.send(sent(1, "waits-a-while"));
  await begun(thread, 1);
  thread.send(sent(2, "returns-input"));
  thread.send(sent(3, "returns-input"));
  expect(thread.ledgerOf(2).abandon()).toBe(true);
  expect(await endOf(2)).toEqual({ _tag: "Withdrawn" });
  expect(await endOf(3)).toEqual({ _tag: "Withdrawn" });
  expect(thread.ledgerOf(3).stage).toBe(Of.sent);
});

test("what was only taken back keeps nothing behind it from beginning", async () => {
  const { thread, endOf } = await opened();
  thread.send(sent(1, "waits-a-while"));
  await begun(thread, 1);
  thread.send(sent(2, "returns-input"));
  thread.send(sent(3, "returns-input", "three"));
  expect(thread.ledgerOf(2).withdraw()).toBe(true);
  expect(await endOf(3)).toEqual({ _tag: "Returned", result: "three" });
});

test("nothing begins behind a body that has left something running which threw", async () => {
  const { thread, endOf } = await opened();
  thread.send(sent(1, "throws-in-timer"));
  thread.send(sent(2, "returns-input"));
  expect((await endOf(1))?._tag).toBe("Strayed");
  expect(await endOf(2)).toEqual({ _tag: "Withdrawn" });
});
