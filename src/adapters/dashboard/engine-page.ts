// Engines: who works on the app, who is dead, what each holds; and how far the log is routed, by which definitions.
import * as Effect from "effect/Effect";
import type { StoreError } from "../../core/errors.ts";
import { formatInstant } from "../../core/instant.ts";
import { maybeInstant, runLine } from "./row.ts";
import type { Subject } from "./subject.ts";
import type { EnginePage } from "./view.ts";

const enginesShown = 50;
const heldShown = 100;

export const enginePage = ({ store }: Subject): Effect.Effect<EnginePage, StoreError> =>
  Effect.gen(function* () {
    const { rows: newest } = yield* store.list("owner", { limit: 1_000, order: "newest" });
    const dead = new Set((yield* store.dead).map(({ id }) => id));
    const { watermark, generation, now } = yield* store.read({ revision: null, limit: 0 });
    const { unrouted } = yield* store.summary;
    const open = newest.filter(({ closedAt }) => closedAt === null);
    const closed = newest.filter(({ closedAt }) => closedAt !== null);
    const engines = yield* Effect.forEach(
      [...open, ...closed].slice(0, Math.max(enginesShown, open.length)),
      (owner) =>
        Effect.map(
          owner.closedAt === null
            ? store.list("run", { where: { owner: owner.id }, limit: heldShown })
            : Effect.succeed({ rows: [], next: null }),
          ({ rows }) => ({
            id: owner.id,
            host: owner.host,
            process: owner.process,
            enteredAt: formatInstant(owner.enteredAt),
            closedAt: maybeInstant(owner.closedAt),
            state:
              owner.closedAt !== null
                ? ("closed" as const)
                : dead.has(owner.id)
                  ? ("dead" as const)
                  : ("alive" as const),
            held: rows.map((run) => runLine(run)),
          }),
        ),
    );
    return {
      engines,
      generation: generation && {
        number: generation.number,
        activatedAt: formatInstant(generation.activatedAt),
        fingerprint: generation.fingerprint,
        zones: generation.zones,
        triggers: Object.keys(generation.triggers).filter((id) => !id.startsWith("@")).length,
      },
      watermark: { seq: watermark.seq, at: formatInstant(watermark.at), unrouted },
      now: formatInstant(now),
    };
  });
