// The leases of the engines that have entered through this handle, renewed together.
import type * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import { renewal } from "./owner.ts";
import type { Session } from "./session.ts";

/** Whoever has not renewed for so long counts as dead. */
const leaseMillisDefault = 20_000;

export class Leases {
  readonly leaseMillis = leaseMillisDefault;
  readonly #app: string;
  readonly #side: Session;
  readonly #services: Context.Context<never>;
  readonly #given: Effect.Effect<number | null>;
  readonly #owners = new Set<string>();
  #renewing: Fiber.Fiber<void> | undefined;

  constructor(fields: {
    readonly app: string;
    readonly side: Session;
    readonly services: Context.Context<never>;
    readonly given: Effect.Effect<number | null>;
  }) {
    this.#app = fields.app;
    this.#side = fields.side;
    this.#services = fields.services;
    this.#given = fields.given;
  }

  hold(owner: string): Effect.Effect<void> {
    return Effect.sync(() => {
      this.#owners.add(owner);
      this.#renewing ??= Effect.runForkWith(this.#services)(this.#renew);
    });
  }

  drop(owner: string): void {
    this.#owners.delete(owner);
  }

  readonly #renew: Effect.Effect<void> = Effect.gen({ self: this }, function* () {
    for (;;) {
      yield* Effect.sleep(this.leaseMillis / 4);
      if (this.#owners.size === 0) continue;
      const given = this.#given;
      const now = yield* given;
      const statement = renewal(this.#app, [...this.#owners], {
        now,
        leaseMillis: this.leaseMillis,
      });
      yield* Effect.ignore(
        this.#side.use(Effect.andThen(this.#side.connect("renew"), this.#side.send([statement]))),
      );
    }
  });

  readonly close: Effect.Effect<void> = Effect.suspend(() =>
    this.#renewing === undefined ? Effect.void : Fiber.interrupt(this.#renewing),
  );
}
