// A store through which an engine dies: after one operation is done it answers nothing any more, to that engine alone. What was written stays written.
import * as Effect from "effect/Effect";
import type { StorePort } from "../../src/core/index.ts";

/** `claim`: with the first claim that is granted a run. `outcome`: with the first commit that ends an attempt. */
type Death = "claim" | "outcome";

export const mortal = (
  store: StorePort,
  { dieAfter }: { readonly dieAfter: Death },
): { readonly store: StorePort; readonly isDead: () => boolean } => {
  let isDead = false;
  const living = <A, E>(effect: Effect.Effect<A, E>, isLast: (reply: A) => boolean) =>
    Effect.suspend(() =>
      isDead
        ? Effect.never
        : Effect.flatMap(effect, (reply) => {
            isDead ||= isLast(reply);
            return isDead ? Effect.never : Effect.succeed(reply);
          }),
    );
  const goesOn = (): boolean => false;
  return {
    isDead: () => isDead,
    store: {
      ...store,
      read: (request) => living(store.read(request), goesOn),
      claim: (request) =>
        living(store.claim(request), ({ runs }) => dieAfter === "claim" && runs.length > 0),
      commit: (batch) =>
        living(
          store.commit(batch),
          () => dieAfter === "outcome" && (batch.attempts?.length ?? 0) > 0,
        ),
      summary: living(store.summary, goesOn),
      dead: living(store.dead, goesOn),
      list: (table, request) => living(store.list(table, request), goesOn),
    },
  };
};
