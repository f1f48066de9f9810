// What a worker thread runs: imports the modules that hold the tasks and answers orders, one at a time. Loads neither Effect nor Piscina, so that a thread
// starts fast; answers with data and never throws, because what a pool makes of a thread's errors is not reliable.
import { parentPort, workerData } from "node:worker_threads";
import { Ledgers } from "./ledger.ts";
import { Responder } from "./responder.ts";
import type { FromThread, Hello, SentOrder, ThreadData } from "./wire.ts";

const { ledgers, modules, shared } = workerData as ThreadData;
const tell = (what: FromThread): void => parentPort?.postMessage(what);
const pair = new Ledgers(ledgers);
const responder = new Responder({
  ledgerOf: (number) => pair.of(number),
  modules,
  shared,
  tell,
});

/** Called by the pool: with null once, before any order. */
export const answer = async (order: SentOrder | null): Promise<Hello | null> => {
  if (order === null) return { faults: await responder.faults() };
  // Not by the pool: what it has received of a thread that dies, it forgets.
  tell({ _tag: "Answered", answer: await responder.answer(order) });
  return null;
};
