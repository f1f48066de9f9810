// A child process for one run: for bodies that may take their process down, such as native code and hard limits of memory. What a thread's ledger proves by
// shared memory is decided here on the parent's side alone: a body counts as begun from the moment its order leaves, so a lost message is never taken for
// a body that did not begin.
import { fork, type ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import type { ErrorData } from "../../core/errors.ts";
import type { Proof } from "../../core/store.ts";
import { unbegun } from "./envelope.ts";
import { fullErrorData } from "./error-data.ts";
import type { Host, HostEvent } from "./host.ts";
import { Ledger } from "./ledger.ts";
import type { Heap } from "./memory.ts";
import {
  wishPipe,
  type Answer,
  type FromChild,
  type SentOrder,
  type ToChild,
  type Wish,
} from "./wire.ts";

export interface ProcessOptions {
  /** The file of child-entry. */
  readonly entry: URL;
  readonly modules: readonly string[];
  /** What a child holds for as long as it lives, so that nobody takes its run over before. */
  readonly proof: Proof | null;
}

/** How long a child that has answered may take to end by itself. */
const partingMillis = 1_000;
const tailMax = 8_192;

export class Process implements Host {
  readonly #ledger = new Ledger();
  readonly #child: ChildProcess;
  readonly #wishes: Socket;
  readonly #tell: (event: HostEvent) => void;
  #order: SentOrder | null = null;
  #loaded: (FromChild & { _tag: "Loaded" }) | null = null;
  /** Told when the child has ended, so that a slot is never free while its last run's process lives. */
  #answer: Answer | null = null;
  #error: ErrorData | null = null;
  #tail = "";
  #parting: ReturnType<typeof setTimeout> | undefined;

  constructor(order: SentOrder, options: ProcessOptions, tell: (event: HostEvent) => void) {
    this.#tell = tell;
    this.#child = fork(fileURLToPath(options.entry), [], {
      serialization: "advanced",
      execArgv: flagsFor(order),
      stdio: ["ignore", "inherit", "pipe", "ipc", "pipe"],
    });
    this.#child.on("message", (message) => this.#hear(message as FromChild));
    this.#child.on("error", (error) => this.#hearError(error));
    this.#child.on("close", (code, signal) => this.#hearEnd(code, signal));
    this.#child.stderr?.on("data", (data: Buffer) => this.#hearStderr(data));
    this.#wishes = this.#child.stdio[wishPipe] as Socket;
    this.#wishes.on("error", () => {}); // The child is gone; its end says all that there is to say.
    this.#wishes.resume(); // Unread, it would never close.
    this.#say({
      _tag: "Load",
      number: order.number,
      modules: options.modules,
      task: order.task,
      proof: options.proof,
    });
  }

  /** It is there for one order. */
  ledgerOf(): Ledger {
    return this.#ledger;
  }

  send(order: SentOrder): void {
    this.#ledger.send(order.number);
    this.#order = order;
    this.#begin();
  }

  ask(_: number, wish: Wish): void {
    this.#wishes.write(Uint8Array.of(wish));
  }

  end(): void {
    // Of a child that could not be spawned, "error" is the only event.
    if (!this.#child.kill("SIGKILL") && this.#child.pid === undefined) this.#hearEnd(null, null);
  }

  /** The child's own limit, given to V8, holds: there is no thread beside it to harm. */
  heap(): Promise<Heap | undefined> {
    return Promise.resolve(undefined);
  }

  #begin(): void {
    const order = this.#order;
    if (order === null || this.#loaded === null) return;
    if (this.#loaded.refusal !== null)
      this.#part(unbegun(order, { _tag: "Refused", error: this.#loaded.refusal }));
    else if (this.#ledger.begin(order.number, Date.now())) this.#say({ _tag: "Begin", order });
    else this.#part(unbegun(order, { _tag: "Withdrawn" }));
  }

  #hear(message: FromChild): void {
    if (message._tag === "Noted") this.#tell({ _tag: "Noted", note: message.note });
    else if (message._tag === "Loaded") {
      this.#loaded = message;
      this.#begin();
    } else if (this.#ledger.finish()) this.#part(message.answer);
  }

  /** V8's report of its own death becomes part of the outcome; all else goes where it would without this. */
  #hearStderr(data: Buffer): void {
    this.#tail = (this.#tail + data.toString()).slice(-tailMax);
    if (!this.#tail.includes("<--- Last few GCs")) process.stderr.write(data);
  }

  /** The child ends by itself when it has answered; what its body left behind may keep it from that. */
  #part(answer: Answer): void {
    this.#answer = answer;
    if (answer.end._tag === "Refused" || answer.end._tag === "Withdrawn") this.end();
    this.#parting = setTimeout(() => this.#child.kill("SIGKILL"), partingMillis);
  }

  /** The only error that matters is that there is no child: all others end with "close". */
  #hearError(error: Error): void {
    this.#error ??= fullErrorData(error);
    if (this.#child.pid === undefined) queueMicrotask(() => this.#hearEnd(null, null));
  }

  #hearEnd(code: number | null, signal: NodeJS.Signals | null): void {
    clearTimeout(this.#parting);
    const memory = this.#tail.includes("heap out of memory");
    if (memory)
      this.#error ??= {
        name: "Error",
        message: "JavaScript heap out of memory",
        stack: this.#tail,
      };
    const how = memory
      ? "its process ran out of memory"
      : signal === null
        ? `its process ended with code ${code ?? "unknown"}`
        : `its process was ended by ${signal}`;
    const order = this.#order;
    if (this.#answer === null && this.#loaded === null && order !== null) {
      const message = `its process could not start: ${this.#error?.message ?? how}`;
      this.#answer = unbegun(order, { _tag: "Refused", error: { name: "StartError", message } });
    }
    if (this.#answer !== null) this.#tell({ _tag: "Answered", answer: this.#answer });
    this.#tell({ _tag: "Gone", how, error: this.#error });
  }

  #say(message: ToChild): void {
    // A child that is gone hears nothing; its end says all that there is to say.
    if (this.#child.connected)
      this.#child.send(message, (error) => error !== null && this.#hearError(error));
  }
}

const flagsFor = ({ memoryBytes }: SentOrder): string[] => {
  const inherited = process.execArgv.filter(
    (flag) => !/^--(inspect|max-old-space-size)/.test(flag),
  );
  return memoryBytes === null
    ? inherited
    : [...inherited, `--max-old-space-size=${Math.ceil(memoryBytes / 1_048_576)}`];
};
