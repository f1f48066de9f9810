// Mutants that claim and settle wrongly, and what they make of the dead.
import * as Effect from "effect/Effect";
import { runStates, type Run } from "../core/run.ts";
import { doing, isReclaim, isSettle, patched, saying, type Mutant } from "./mutant.ts";

export const claiming: readonly Mutant[] = [
  doing("claim-without-check", "what another engine holds is claimed too", (port, engine) => ({
    claim: (request) =>
      Effect.gen(function* () {
        const reply = yield* port.claim(request);
        const { rows } = yield* port.list("run", { where: { states: ["running"] }, limit: 1 });
        const [taken] = rows.filter((run) => run.owner !== engine.owner);
        if (taken === undefined || reply.runs.length >= request.limit) return reply;
        const patch = { owner: engine.owner, token: taken.token + 1, attempt: taken.attempt + 1 };
        yield* port.commit({ checks: [], patches: [{ run: taken.id, patch }] });
        return { ...reply, runs: [...reply.runs, { ...taken, ...patch, state: "claimed" }] };
      }),
  })),
  saying("unfenced-settle", "an outcome is written whoever holds the run", (batch) =>
    isSettle(batch) ? { ...batch, checks: [] } : batch,
  ),
  saying("settle-by-token-alone", "an outcome is written again to what has ended", (batch) => {
    const [check] = batch.checks;
    return check?._tag === "Held"
      ? {
          ...batch,
          checks: [{ _tag: "InState", run: check.run, token: check.token, states: runStates }],
        }
      : batch;
  }),
  saying("settle-without-signals", "an outcome is written without its signals", (batch) =>
    isSettle(batch)
      ? { ...batch, signals: (batch.signals ?? []).filter(({ signal }) => signal._tag === "Event") }
      : batch,
  ),
  saying("emitted-lost", "what a body emitted is not stored with its outcome", (batch) =>
    isSettle(batch)
      ? { ...batch, signals: (batch.signals ?? []).filter(({ signal }) => signal._tag !== "Event") }
      : batch,
  ),
  doing("settle-not-written", "now and then an outcome is only said to be written", (port) => {
    let count = 0;
    return {
      commit: (batch) =>
        isSettle(batch) && ++count % 10 === 0
          ? Effect.succeed({ _tag: "Committed", signals: [] })
          : port.commit(batch),
    };
  }),
  doing("result-of-another", "an outcome may be that of the run before", (port) => {
    let before: Run["outcome"] = null;
    return {
      commit: (batch) =>
        port.commit(
          patched(batch, (patch) => {
            if (patch.state !== "succeeded") return patch;
            const outcome: Run["outcome"] = before ?? patch.outcome ?? null;
            before = patch.outcome ?? null;
            return { ...patch, outcome };
          }),
        ),
    };
  }),
  saying("attempts-not-counted", "a run that has failed for good is tried again", (batch) =>
    patched(batch, (patch) =>
      patch.state === "failed" ? { ...patch, state: "pending", settledAt: null } : patch,
    ),
  ),
];

export const dying: readonly Mutant[] = [
  doing("no-reclaim", "nobody takes back what the dead held", () => ({
    dead: Effect.succeed([]),
  })),
  doing("reclaim-of-the-living", "whoever is slow counts as dead", (port, engine) => ({
    get abilities() {
      return { ...port.abilities, scope: "machine" as const };
    },
    dead: Effect.map(port.list("owner", { limit: 100 }), ({ rows }) =>
      rows.filter(({ id, closedAt }) => closedAt === null && id !== engine.owner),
    ),
  })),
  saying("closed-without-taking-back", "a dead owner is closed, and its runs are left", (batch) =>
    isReclaim(batch) ? { ...batch, patches: [], signals: [], attempts: [] } : batch,
  ),
  saying("losses-not-counted", "a loss is no loss", (batch) =>
    isReclaim(batch) ? patched(batch, ({ losses: _, ...patch }) => patch) : batch,
  ),
  saying("at-most-once-again", "a lost run of a task that must not run twice runs again", (batch) =>
    isReclaim(batch)
      ? patched(batch, (patch) => ({ ...patch, state: "pending", settledAt: null }))
      : batch,
  ),
  doing("unknown-claims-kept", "a claim whose reply was lost is never given back", (port) => ({
    list: (table, request) =>
      request.where?.owner !== undefined && request.where.owner.startsWith("engine")
        ? port.list(table, { ...request, where: { ...request.where, ids: [] } })
        : port.list(table, request),
  })),
];
