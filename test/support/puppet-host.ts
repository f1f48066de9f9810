// A thread that the test lets boot, answer and die, and an order for it.
import type { Order } from "../../src/core/executor.ts";
import type { Host, HostEvent } from "../../src/runtime/executor/host.ts";
import { Ledger } from "../../src/runtime/executor/ledger.ts";
import type { Heap } from "../../src/runtime/executor/memory.ts";
import type { BodyEnd, SentOrder } from "../../src/runtime/executor/wire.ts";

export class Puppet implements Host {
  readonly ledger = new Ledger();
  readonly tell: (event: HostEvent) => void;
  order: SentOrder | null = null;
  isEnded = false;
  usedBytes = 0;
  constructor(tell: (event: HostEvent) => void) {
    this.tell = tell;
  }
  send(order: SentOrder): void {
    this.ledger.send();
    this.order = order;
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
  answers(end: BodyEnd = { _tag: "Returned", result: 1 }, millis = 1): void {
    this.ledger.begin(1);
    this.ledger.finish();
    this.tell({
      _tag: "Answered",
      answer: { number: this.order?.number ?? 0, end, emitted: [], notes: 0, millis },
    });
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
