// Cancelling a run: at once while it waits; by request to its holder when it is held. A success that settles first wins.
import * as Effect from "effect/Effect";
import type { StoreError } from "./errors.ts";
import type { Incarnation } from "./incarnation.ts";
import { cancelsOf } from "./overlap.ts";
import { refusalOf } from "./refusal.ts";
import { cancelled } from "./run.ts";
import type { State } from "./state.ts";
import type { StorePort } from "./store.ts";

/** `requested`: the engine that holds it has been asked; it ends as cancelled unless it succeeds first. `over`: it had ended before. */
export type Cancelled = "cancelled" | "requested" | "over" | "unknown";

export const cancelRun = (store: StorePort, id: string): Effect.Effect<Cancelled, StoreError> =>
  Effect.gen(function* () {
    for (;;) {
      const { rows } = yield* store.list("run", { where: { ids: [id] }, limit: 1 });
      const run = rows[0];
      const refusal = refusalOf(run, { request: "cancel" });
      if (run === undefined || refusal !== undefined)
        return refusal?.reason === "over" ? "over" : "unknown";
      const { patch, signals } = cancelled(run, yield* store.now);
      const reply = yield* store.commit({
        checks: [{ _tag: "InState", run: id, token: run.token, states: [run.state] }],
        patches: [{ run: id, patch }],
        signals,
      });
      if (reply._tag === "Committed") return run.state === "pending" ? "cancelled" : "requested";
    }
  });

/** Asks for the end of the runs in whose place a firing waits. `groups` are the keys of `state.firings` to look at. */
export const cancelOthers = (
  self: Incarnation,
  state: State,
  groups: Iterable<string>,
): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    for (const run of cancelsOf(state, groups)) {
      yield* cancelRun(self.store, run);
      self.mayRoute = true; // where nobody held it, it has ended already
      self.cancelsCheckedAt = -Infinity;
    }
  });
