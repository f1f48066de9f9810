// What a worker thread runs: imports the modules that hold the tasks and answers orders, one at a time. Loads neither Effect nor Piscina, so that a thread
// starts fast; answers with data and never throws, because what a pool makes of a thread's errors is not reliable.
import { parentPort, workerData } from "node:worker_threads";
import { Ledger } from "./ledger.ts";
import { Responder } from "./responder.ts";
import type { Answer, Hello, SentOrder, ThreadData } from "./wire.ts";

const { ledger, modules, shared } = workerData as ThreadData;
const responder = new Responder({
  ledger: new Ledger(ledger),
  modules,
  shared,
  tell: (note) => parentPort?.postMessage(note),
});

/** Called by the pool: with null once, before any order. */
export const answer = async (order: SentOrder | null): Promise<Answer | Hello> =>
  order === null ? { faults: await responder.faults() } : responder.answer(order);
