// What a child process runs, for one order. It ends when it has answered, or when its parent ends.
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { entryOf } from "./entry.ts";
import { Ledger } from "./ledger.ts";
import { Responder } from "./responder.ts";
import type { FromChild, ToChild } from "./wire.ts";

const tell = (message: FromChild, sent: () => void = () => {}): void =>
  void process.send?.(message, undefined, undefined, sent);
// It connects the watcher with the body. What the parent must know of the body's stage, the parent's own ledger says.
const ledger = new Ledger();
const watcher = new Worker(entryOf("watcher"), { workerData: ledger.buffer });
watcher.unref();
const watched = once(watcher, "online");
// Before the responder takes the place of `process.exit`.
const exit = process.exit.bind(process);
let responder: Responder | null = null;

const hear = async (message: ToChild): Promise<void> => {
  if (message._tag === "Load") {
    const { proof } = message;
    if (proof !== null) (await import(proof.module)).holdAsChild(proof.path);
    ledger.send(message.number);
    responder = new Responder({
      ledgerOf: () => ledger,
      modules: message.modules,
      shared: {}, // Memory can be shared by threads only.
      tell: (note) => tell({ _tag: "Noted", note }),
    });
    const refusal = await responder.refusal(message.task);
    await watched;
    tell({ _tag: "Loaded", refusal });
  } else if (responder !== null) {
    // The parent counts the run as over when this process has ended, and with it whatever the body has left behind.
    tell({ _tag: "Answered", answer: await responder.answer(message.order) }, () => exit());
  }
};

process.on("message", (message) => void hear(message as ToChild));
process.on("disconnect", () => exit());
