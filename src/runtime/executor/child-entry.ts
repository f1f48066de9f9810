// What a child process runs, for one order. It ends when its parent ends, or lets go of it.
import { Ledger } from "./ledger.ts";
import { Responder } from "./responder.ts";
import type { FromChild, ToChild } from "./wire.ts";

const tell = (message: FromChild, sent: () => void = () => {}): void =>
  void process.send?.(message, undefined, undefined, sent);
// Nobody shares this ledger: it connects the parent's messages with the body. What the parent must know of it, the parent's own ledger says.
const ledger = new Ledger();
// Before the responder takes the place of `process.exit`.
const exit = process.exit.bind(process);
let responder: Responder | null = null;

const hear = async (message: ToChild): Promise<void> => {
  if (message._tag === "Asked") ledger.ask(message.wish);
  else if (message._tag === "Load") {
    responder = new Responder({
      ledger,
      modules: message.modules,
      tell: (note) => tell({ _tag: "Noted", note }),
    });
    tell({ _tag: "Loaded", refusal: await responder.refusal(message.task) });
  } else if (responder !== null) {
    ledger.send();
    // The parent counts the run as over when this process has ended, and with it whatever the body has left behind.
    tell({ _tag: "Answered", answer: await responder.answer(message.order) }, () => exit());
  }
};

process.on("message", (message) => void hear(message as ToChild));
process.on("disconnect", () => exit());
