// A thread that the test lets boot, answer and die, and an order for it.
import type { Order } from "../../src/core/executor.ts";
import type { Host, HostEvent } from "../../src/runtime/executor/host.ts";
import { Ledgers, Stage, type Ledger } from "../../src/runtime/executor/ledger.ts";
import type { Heap } from "../../src/runtime/executor/memory.ts";
import type { BodyEnd, SentOrder } from "../../src/runtime/executor/wire.ts";

export class Puppet implements Host {
  readonly #ledgers = new Ledgers();
  readonly tell: (event: HostEvent) => void;
  /** Those that are not answered yet. */
  readonly orders: SentOrder[] = [];
  isEnded = false;
  #isDoomed = false;
  usedBytes = 0;
  constructor(tell: (event: HostEvent) => void) {
    this.tell = tell;
  }
  ledgerOf(number: number): Ledger {
    return this.#ledgers.of(number);
  }
  send(order: SentOrder): void {
    this.ledgerOf(order.number).send(order.number);
    this.orders.push(order);
  }
  ask(): void {}
  end(): void {
    this.isEnded = true;
  }
  heap(): Promise<Heap> {
    return Promise.resolve({ usedBytes: this.usedBytes, limitBytes: 1_000 });
  }
  boots(): void {
    this.tell({ _tag: "Ready", faults: [] });
  }
  dies(): void {
    this.tell({ _tag: "Gone", how: "its thread ended with code 1", error: null });
  }
  leaves(run: string | null): void {
    this.tell({
      _tag: "Noted",
      note: { _tag: "Leftover", run, error: { name: "Error", message: "late" } },
    });
  }
  /** The first of its orders begins; false: it was withdrawn, or the thread is going to be ended, and answers so. */
  begins(): boolean {
    const [{ number } = { number: 0 }] = this.orders;
    const ledger = this.ledgerOf(number);
    const hasBegun = !this.#isDoomed && ledger.begin(number, 1);
    this.#isDoomed ||= !hasBegun && !ledger.decline() && ledger.stage === Stage.abandoned;
    if (!hasBegun) this.#answerOf({ _tag: "Withdrawn" }, null)();
    return hasBegun;
  }
  /** The run whose body has begun, or else begins now. */
  get running(): string | undefined {
    const stage = this.ledgerOf(this.orders[0]?.number ?? 0).stage;
    if (stage !== Stage.begun) while (this.orders.length > 0 && !this.begins());
    return this.orders[0]?.run;
  }
  /** The body that has begun, or else the first that begins, ends; what it has left to tell of it is handed back. */
  finishes(end: BodyEnd = { _tag: "Returned", result: 1 }, millis = 1): () => void {
    if (this.running !== undefined)
      this.#isDoomed =
        !this.ledgerOf(this.orders[0]?.number ?? 0).finish() || end._tag === "Strayed";
    return this.#answerOf(end, millis);
  }
  answers(end?: BodyEnd, millis?: number): void {
    this.finishes(end, millis)();
  }
  #answerOf(end: BodyEnd, millis: number | null): () => void {
    const number = this.orders.shift()?.number ?? 0;
    return () => this.tell({ _tag: "Answered", answer: { number, end, emitted: [], millis } });
  }
}

export const order: Order = {
  run: "r",
  task: "t",
  token: 1,
  attempt: 1,
  idempotencyKey: "k",
  input: null,
  timeoutMillis: null,
  memoryBytes: null,
  isolation: "thread",
};
