// The limit that runs on threads stand beside: an empty worker that answers each message, with one in hand and with many. Alone: `node bench/port.ts`.
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { median, rounded, tableOf, type Row } from "./row.ts";

const echo = `const { parentPort } = require("node:worker_threads"); parentPort.on("message", (it) => parentPort.postMessage(it));`;
const rounds = 5;

const perSecond = (worker: Worker, count: number, inHand: number): Promise<number> =>
  new Promise((resolve) => {
    let [sent, heard] = [0, 0];
    const from = performance.now();
    const send = (): void => {
      if (sent < count) worker.postMessage({ run: sent++, input: null });
    };
    const hear = (): void => {
      if (++heard < count) return send();
      worker.off("message", hear);
      resolve((count * 1_000) / (performance.now() - from));
    };
    worker.on("message", hear);
    for (let each = 0; each < inHand; each++) send();
  });

export const benchPort = async (): Promise<Row[]> => {
  const worker = new Worker(echo, { eval: true });
  await once(worker, "online");
  const rates: Record<"one" | "many", number[]> = { one: [], many: [] };
  for (let round = -1; round < rounds; round++) {
    // oxlint-disable-next-line no-await-in-loop -- one at a time, or they would disturb each other
    const [one, many] = [await perSecond(worker, 2_000, 1), await perSecond(worker, 20_000, 64)];
    if (round < 0) continue; // warms up
    rates.one.push(one);
    rates.many.push(many);
  }
  await worker.terminate();
  return [
    {
      what: "the limit of a thread: raw MessagePort, there and back",
      detent: "–",
      peers: {
        "one in hand": `${rounded(median(rates.one))}/s`,
        "64 in hand": `${rounded(median(rates.many))}/s`,
      },
    },
  ];
};

if (import.meta.main) console.log(tableOf(await benchPort()));
