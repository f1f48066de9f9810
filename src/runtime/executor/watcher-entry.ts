// A thread of a child process that the body can't hold up. It hears the parent through a pipe: each byte is a wish, which even a loop that never yields sees in
// the shared ledger; and the end of the pipe is the end of the parent, whose runs must not outlive it.
import { Socket } from "node:net";
import { workerData } from "node:worker_threads";
import { Ledger } from "./ledger.ts";
import { wishPipe, type Wish } from "./wire.ts";

const ledger = new Ledger(workerData as SharedArrayBuffer);
const parent = new Socket({ fd: wishPipe, readable: true, writable: false });
parent.on("data", (wishes) => {
  for (const wish of wishes) ledger.ask(wish as Wish);
});
parent.on("error", () => {}); // "close" follows.
parent.on("close", () => process.kill(process.pid, "SIGKILL"));
