// What a worker thread runs: imports the modules that hold the tasks and answers orders, one at a time. Loads neither Effect nor Piscina, so that a thread
// starts fast; answers with data and never throws, because what a pool makes of a thread's errors is not reliable.
import { parentPort, workerData } from "node:worker_threads";
import { errorDataOf } from "../../core/errors.ts";
import { Body, unbegun } from "./envelope.ts";
import { fullErrorData } from "./error-data.ts";
import { Ledger } from "./ledger.ts";
import { loadRegistry } from "./registry.ts";
import { Surroundings } from "./surroundings.ts";
import { Wish, type Answer, type Hello, type Note, type SentOrder, type ThreadData } from "./wire.ts";

const data = workerData as ThreadData;
const ledger = new Ledger(data.ledger);
const tell = (note: Note): void => parentPort?.postMessage(note);
const surroundings = new Surroundings(tell);
const loading = loadRegistry(data.modules);

/** Called by the pool: with null once, before any order. */
export const answer = async (order: SentOrder | null): Promise<Answer | Hello> => {
  const { tasks, faults } = await loading;
  if (order === null) return { faults: faults.map(fullErrorData) };
  const task = tasks.get(order.task);
  if (task === undefined) {
    const fault = faults.length > 0 ? fullErrorData(faults[0]) : errorDataOf(new UnknownTask(order.task));
    return unbegun(order, { _tag: "Refused", error: fault });
  }
  if (!ledger.begin(Date.now())) return unbegun(order, { _tag: "Withdrawn" });
  const body = new Body(task, order, { wish: () => ledger.wish, onWish, tell: (note) => tell({ _tag: "Body", number: order.number, note }) });
  const answer = await surroundings.perform(body);
  wishListener = null;
  ledger.finish();
  return answer;
};

class UnknownTask extends Error {
  override readonly name = "UnknownTaskError";
  constructor(task: string) {
    super(`no module exports a task with the id ${JSON.stringify(task)}`);
  }
}

let wishListener: ((wish: Wish) => void) | null = null;
let waiting = false;

/** One wait for the whole thread, however many bodies ask for their signal: a wait can't be taken back. */
const onWish = (listener: (wish: Wish) => void): void => {
  wishListener = listener;
  void listen();
};

const listen = async (): Promise<void> => {
  if (waiting) return;
  waiting = true;
  await ledger.wished();
  waiting = false;
  const { wish } = ledger;
  if (wish === Wish.none) {
    if (wishListener !== null) void listen();
    return;
  }
  wishListener?.(wish);
  wishListener = null;
};
