// The leases of the engines that have entered through this handle, renewed together. Whether a lease still holds is judged by the monotonic clock here, from before the renewal
// was sent that has succeeded last: so it ends here before it ends on the server, and what an owner holds can end in the time between.
import * as Clock from "effect/Clock";
import type * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import * as Option from "effect/Option";
import { renewal } from "./owner.ts";
import type { Session } from "./session.ts";

/** An owner that has not renewed for so long is taken for dead. */
export const leaseMillisDefault = 20_000;

interface Lease {
  /** Before the last renewal that has succeeded was sent, by the monotonic clock. */
  renewedAt: number;
  readonly listeners: Set<(graceMillis: number) => void>;
}

export interface LeaseFields {
  readonly app: string;
  readonly side: Session;
  readonly services: Context.Context<never>;
  readonly leaseMillis: number;
  /** The caller's clock where that counts; null: the server's does. */
  readonly given: Effect.Effect<number | null>;
}

export class Leases {
  readonly #fields: LeaseFields;
  readonly #leases = new Map<string, Lease>();
  #renewing: Fiber.Fiber<void> | undefined;

  constructor(fields: LeaseFields) {
    this.#fields = fields;
  }

  /** `since`: before its owner entered. */
  hold(owner: string, since: number): void {
    if (!this.#leases.has(owner))
      this.#leases.set(owner, { renewedAt: since, listeners: new Set() });
    this.#renewing ??= Effect.runForkWith(this.#fields.services)(this.#renew());
  }

  drop(owner: string): void {
    this.#leases.delete(owner);
  }

  listen(owner: string, listener: (graceMillis: number) => void): () => void {
    const lease = this.#leases.get(owner);
    lease?.listeners.add(listener);
    return () => void lease?.listeners.delete(listener);
  }

  #renew(): Effect.Effect<void> {
    const { leaseMillis } = this.#fields;
    return Effect.gen({ self: this }, function* () {
      for (;;) {
        yield* Effect.sleep(leaseMillis / 4);
        while (this.#leases.size > 0 && !(yield* this.#renewOnce()))
          yield* Effect.sleep(leaseMillis / 40);
      }
    });
  }

  /** Whether the server has answered. Owners whose lease it has taken, or that could not renew for more than half of it, are told. */
  #renewOnce(): Effect.Effect<boolean> {
    const { app, side, given, leaseMillis } = this.#fields;
    return Effect.gen({ self: this }, function* () {
      const now = yield* given;
      const ids = [...this.#leases.keys()];
      const sentAt = yield* monotonicMillis;
      const statement = renewal(app, ids, { now, leaseMillis });
      const sent = side.use(
        Effect.andThen(side.connect("renew", leaseMillis / 10), side.send([statement])),
      );
      // A server that does not answer at all looks like one that is slow.
      const answer = yield* Effect.timeoutOption(Effect.result(sent), leaseMillis / 5);
      const isAnswered = Option.isSome(answer) && answer.value._tag === "Success";
      if (Option.isNone(answer)) yield* side.drop;
      const renewed = new Set(
        isAnswered && answer.value._tag === "Success"
          ? answer.value.success[0]?.map(([id]) => id)
          : [],
      );
      const elapsed = yield* monotonicMillis;
      for (const id of ids) {
        const lease = this.#leases.get(id);
        if (lease === undefined) continue;
        if (renewed.has(id)) lease.renewedAt = sentAt;
        else if (isAnswered) this.#lapse(id, lease, 0);
        else if (elapsed - lease.renewedAt > leaseMillis / 2)
          this.#lapse(id, lease, Math.max(0, leaseMillis - (elapsed - lease.renewedAt)));
      }
      return isAnswered;
    });
  }

  #lapse(id: string, lease: Lease, graceMillis: number): void {
    this.#leases.delete(id);
    for (const tell of lease.listeners) tell(graceMillis);
  }

  readonly close: Effect.Effect<void> = Effect.suspend(() =>
    this.#renewing === undefined ? Effect.void : Fiber.interrupt(this.#renewing),
  );
}

export const monotonicMillis: Effect.Effect<number> = Effect.map(
  Clock.monotonicTimeNanos,
  (nanos) => Number(nanos) / 1_000_000,
);
