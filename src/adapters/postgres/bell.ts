// The bell: how others learn that there is something new. Whoever commits rings it after the commit (NOTIFY inside of a transaction lets all commits wait for each other), and
// rings that follow each other fast become one. Who listens looks at the app's version every two seconds, too, in case a ring was lost. Hints may be late, doubled or missing;
// nothing depends on them.
import { randomUUID } from "node:crypto";
import type * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import * as Queue from "effect/Queue";
import { integer, text } from "./parameter.ts";
import type { AppPlace } from "./reading.ts";
import { pause, type Session } from "./session.ts";

const channel = "detent";
/** Rings that follow each other faster become one. */
const ringMillisMin = 5;
const lookMillis = 2_000;

export class Bell {
  readonly #at: AppPlace;
  /** For short statements that nobody waits for. */
  readonly #side: Session;
  /** For the channel; it can do nothing else meanwhile. */
  readonly #ear: Session;
  readonly #services: Context.Context<never>;
  /** Tells this handle's rings from those of others. */
  readonly #id = randomUUID();
  readonly #listeners = new Set<() => void>();
  #attention: Fiber.Fiber<unknown> | undefined;
  #ringing: Fiber.Fiber<void> | undefined;
  #isOwed = false;
  #isTelling = false;
  #version = -1;

  constructor(fields: {
    readonly at: AppPlace;
    readonly side: Session;
    readonly ear: Session;
    readonly services: Context.Context<never>;
  }) {
    this.#at = fields.at;
    this.#side = fields.side;
    this.#ear = fields.ear;
    this.#services = fields.services;
  }

  listen(listener: () => void): () => void {
    // An object of its own, so that one function may listen twice.
    const told = (): void => listener();
    this.#listeners.add(told);
    this.#attention ??= Effect.runForkWith(this.#services)(this.#attend);
    return () => void this.#listeners.delete(told);
  }

  /** Tells the listeners of this handle, soon: they may ask the store in turn. */
  tell(): void {
    if (this.#isTelling || this.#listeners.size === 0) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      for (const told of this.#listeners) told();
    });
  }

  /** Tells others. */
  ring(): void {
    this.#isOwed = true;
    this.#ringing ??= Effect.runForkWith(this.#services)(this.#strike);
  }

  readonly #strike: Effect.Effect<void> = Effect.gen({ self: this }, function* () {
    while (this.#isOwed) {
      this.#isOwed = false;
      const struck = Effect.andThen(
        this.#side.connect("changes"),
        this.#side.send([
          {
            sql: "SELECT pg_notify($1, $2)",
            parameters: [text(channel), text(`${this.#id} ${this.#at.app}`)],
          },
        ]),
      );
      // Nothing depends on it.
      yield* Effect.ignore(this.#side.use(struck));
      yield* Effect.sleep(ringMillisMin);
    }
    this.#ringing = undefined;
  });

  readonly #attend: Effect.Effect<unknown> = Effect.suspend(() =>
    Effect.all([this.#hear, this.#look], { concurrency: "unbounded", discard: true }),
  );

  /** What others ring. A connection that is lost is made again; something may have come meanwhile. */
  readonly #hear: Effect.Effect<void> = Effect.gen({ self: this }, function* () {
    for (let failures = 0; ; failures++) {
      const heard = Effect.gen({ self: this }, function* () {
        yield* this.#ear.connect("changes");
        const { connection } = this.#ear;
        if (connection === undefined) return;
        const rings = yield* connection.listen(channel);
        failures = 0;
        this.tell();
        for (;;) {
          const { payload } = yield* Queue.take(rings);
          const [id, ...app] = payload.split(" ");
          if (id !== this.#id && app.join(" ") === this.#at.app) this.tell();
        }
      });
      yield* Effect.ignoreCause(Effect.scoped(heard));
      yield* this.#ear.drop;
      yield* pause(failures);
    }
  });

  readonly #look: Effect.Effect<void> = Effect.gen({ self: this }, function* () {
    for (;;) {
      yield* Effect.sleep(lookMillis);
      const looked = Effect.andThen(
        this.#side.connect("changes"),
        this.#side.send([
          {
            sql: "SELECT version FROM meta WHERE number = $1",
            parameters: [integer(this.#at.number)],
          },
        ]),
      );
      const answer = yield* Effect.result(this.#side.use(looked));
      if (answer._tag === "Failure") continue;
      const version = answer.success[0]?.[0]?.[0] as number;
      if (version !== this.#version) this.tell();
      this.#version = version;
    }
  });

  readonly close: Effect.Effect<void> = Effect.gen({ self: this }, function* () {
    this.#listeners.clear();
    if (this.#attention !== undefined) yield* Fiber.interrupt(this.#attention);
    // Whoever waits for the last news hears of them at once.
    if (this.#ringing !== undefined) yield* Fiber.await(this.#ringing);
  });
}
