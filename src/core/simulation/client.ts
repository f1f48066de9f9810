// The client of a world: whoever emits events and asks for runs, beside the engines. What it stores is not a step and can't fail; it may come a second time.
import * as Effect from "effect/Effect";
import { durationMillis, type DurationInput } from "../duration.ts";
import { InputError } from "../errors.ts";
import { jsonFault, type Json } from "../json.ts";
import { signalIdFault } from "../signal.ts";
import type { FaultName, Faults } from "./fault.ts";
import type { SimulatedStore } from "./simulated-store.ts";
import type { VirtualTime } from "./virtual-time.ts";

export interface Emission {
  readonly event: string;
  readonly status: "accepted" | "duplicate";
  /** A duplicate whose name or payload is not the stored one. */
  readonly differs?: true;
}

export interface EmissionOptions {
  readonly id?: string;
  readonly after?: DurationInput;
}

interface ClientOptions {
  readonly time: VirtualTime;
  readonly store: SimulatedStore;
  readonly faults: Faults;
  readonly tell: (text: string) => void;
}

const duplicateFaults: readonly FaultName[] = ["duplicate"];

export class Client {
  /** Events that were said to be stored, with the instant. */
  readonly acknowledged = new Map<string, number>();
  readonly #options: ClientOptions;
  #emissions = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** Throws an InputError for what can't be stored. */
  emit(name: string, payload: unknown, { id, after }: EmissionOptions): Emission {
    const { time, faults } = this.#options;
    const event = id ?? `${name.replace("@", "ask-")}#${this.#emissions}`;
    const fault =
      jsonFault(payload, name.startsWith("@") ? "input" : "payload") ?? signalIdFault(event);
    if (fault !== undefined) throw new InputError(fault);
    this.#emissions += 1;
    const delay = after === undefined ? 0 : durationMillis(after);
    const signal = { _tag: "Event", id: event, name, payload: payload as Json } as const;
    const dueAt = delay > 0 ? time.now + delay : null;
    const store = (): Emission => this.#store({ id: event, signal, origin: null, dueAt });
    const twice = faults.arePossible
      ? faults.at(`event ${event}`, duplicateFaults, { weight: 5 })
      : undefined;
    if (twice !== undefined) time.outside.later(twice.millis, store);
    return store();
  }

  #store(stored: {
    readonly id: string;
    readonly signal: { readonly _tag: "Event"; id: string; name: string; payload: Json };
    readonly origin: null;
    readonly dueAt: number | null;
  }): Emission {
    const { time, store, tell } = this.#options;
    const { id: event, signal } = stored;
    const reply = Effect.runSync(store.client.commit({ checks: [], signals: [stored] }));
    const status = reply._tag === "Committed" ? reply.signals[0] : undefined;
    tell(`emits ${signal.name} (${event})${status === "accepted" ? "" : ", a duplicate"}`);
    this.acknowledged.set(event, time.now);
    if (status === "accepted") return { event, status };
    return status === "differs"
      ? { event, status: "duplicate", differs: true }
      : { event, status: "duplicate" };
  }
}
