// Sabotage: engines with one fault in their protocol each, to see that the oracle sees it. A mutant stands between an engine and its store and changes what the engine
// says or hears, or breaks the simulated store; production code knows nothing of it.
import * as Effect from "effect/Effect";
import { runStates, type Run } from "../core/run.ts";
import type { SimulatedEngine } from "../core/simulation/simulated-engine.ts";
import type { WorldInternals } from "../core/simulation/world-options.ts";
import type { Batch, StorePort } from "../core/store.ts";

export interface Mutant extends Pick<WorldInternals, "wrap" | "tamper"> {
  readonly name: string;
  /** What it does wrong. */
  readonly fault: string;
}

type Change = (batch: Batch, engine: SimulatedEngine) => Batch;

/** A mutant that says something else than the engine does. */
const saying = (name: string, fault: string, change: Change): Mutant => ({
  name,
  fault,
  wrap: (port, engine) => ({
    ...port,
    get abilities() {
      return port.abilities;
    },
    commit: (batch) => port.commit(change(batch, engine)),
  }),
});

/** A mutant that does something else. */
const doing = (
  name: string,
  fault: string,
  change: (port: StorePort, engine: SimulatedEngine) => Partial<StorePort>,
): Mutant => ({
  name,
  fault,
  wrap: (port, engine) => ({
    ...port,
    get abilities() {
      return port.abilities;
    },
    ...change(port, engine),
  }),
});

const isRoute = (batch: Batch): boolean =>
  batch.watermark !== undefined && batch.generation === undefined;
const isSettle = ({ checks }: Batch): boolean => checks[0]?._tag === "Held";
const isReclaim = ({ checks }: Batch): boolean => checks[0]?._tag === "OwnerOpen";

const patched = (batch: Batch, change: (patch: Partial<Run>) => Partial<Run>): Batch => ({
  ...batch,
  patches: (batch.patches ?? []).map(({ run, patch }) => ({ run, patch: change(patch) })),
});

const routing: readonly Mutant[] = [
  saying("revision-not-checked", "two routers may route the same piece", (batch) =>
    isRoute(batch) ? { ...batch, checks: [] } : batch,
  ),
  doing("cursor-before-runs", "watermark and runs go in two commits", (port) => ({
    commit: (batch) =>
      isRoute(batch) && (batch.runs ?? []).length > 0
        ? Effect.tap(port.commit({ ...batch, runs: [] }), (reply) =>
            reply._tag === "Committed"
              ? port.commit({ checks: [], runs: batch.runs ?? [] })
              : Effect.void,
          )
        : port.commit(batch),
  })),
  doing("conflict-ignored", "a refused routing commit counts as done", (port) => ({
    commit: (batch) =>
      Effect.map(port.commit(batch), (reply) =>
        isRoute(batch) && reply._tag === "Conflict"
          ? { _tag: "Committed", signals: (batch.signals ?? []).map(() => "accepted" as const) }
          : reply,
      ),
  })),
  doing("loser-clears", "a router that came second takes the matches out all the same", (port) => ({
    commit: (batch) =>
      Effect.tap(port.commit(batch), (reply) => {
        const { waiting } = batch;
        return isRoute(batch) && reply._tag === "Conflict" && waiting !== undefined
          ? port.commit({ checks: [], waiting: { put: [], remove: waiting.remove } })
          : Effect.void;
      }),
  })),
  saying("watermark-ahead", "a signal is passed over", (batch) =>
    isRoute(batch) && batch.watermark !== undefined && (batch.runs ?? []).length > 0
      ? { ...batch, watermark: { ...batch.watermark, seq: batch.watermark.seq + 1 } }
      : batch,
  ),
  saying("watermark-behind", "the last signal is routed again", (batch) =>
    isRoute(batch) && batch.watermark !== undefined && batch.watermark.seq > 0
      ? { ...batch, watermark: { ...batch.watermark, seq: batch.watermark.seq - 1 } }
      : batch,
  ),
  saying("cursor-not-kept", "schedules don't remember how far they have got", (batch) =>
    isRoute(batch) ? { ...batch, cursors: { put: [], remove: [] } } : batch,
  ),
  saying("match-not-kept", "what waits in a join is not stored", (batch) =>
    isRoute(batch)
      ? { ...batch, waiting: { put: [], remove: batch.waiting?.remove ?? [] } }
      : batch,
  ),
  saying("join-without-consumption", "what a firing consumed still waits", (batch) =>
    isRoute(batch) ? { ...batch, waiting: { put: batch.waiting?.put ?? [], remove: [] } } : batch,
  ),
  saying("deadline-not-kept", "within is forgotten", (batch) =>
    isRoute(batch)
      ? { ...batch, deadlines: { put: [], remove: batch.deadlines?.remove ?? [] } }
      : batch,
  ),
  saying("skip-not-recorded", "what is not run leaves no record", (batch) =>
    isRoute(batch) ? { ...batch, skips: [] } : batch,
  ),
  saying("events-collapse", "several firings of one turn become one run", (batch) =>
    isRoute(batch) ? { ...batch, runs: (batch.runs ?? []).slice(0, 1) } : batch,
  ),
  saying("input-of-the-first", "every run of a turn gets the first one's input", (batch) => {
    const [first] = batch.runs ?? [];
    return first === undefined
      ? batch
      : { ...batch, runs: (batch.runs ?? []).map((run) => ({ ...run, input: first.input })) };
  }),
  saying("id-by-instant", "a run's id depends on the moment of routing", (batch, engine) =>
    isRoute(batch)
      ? {
          ...batch,
          runs: (batch.runs ?? []).map((run) => ({ ...run, id: `${run.id}${engine.index}` })),
        }
      : batch,
  ),
  doing("late-occurrence-vanishes", "what is routed a second too late is dropped", (port) => ({
    commit: (batch) =>
      Effect.flatMap(port.now, (now) =>
        port.commit(
          isRoute(batch)
            ? { ...batch, runs: (batch.runs ?? []).filter((run) => now - run.createdAt < 1_000) }
            : batch,
        ),
      ),
  })),
  saying("activation-in-the-past", "new schedules fire for the hour before", (batch) =>
    batch.generation === undefined
      ? batch
      : {
          ...batch,
          cursors: {
            put: (batch.cursors?.put ?? []).map((row) => ({ ...row, at: row.at - 3_600_000 })),
            remove: [],
          },
        },
  ),
];

const claiming: readonly Mutant[] = [
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

const dying: readonly Mutant[] = [
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

const hurrying: readonly Mutant[] = [
  doing("timer-believed", "a router takes its alarm for the clock", (port, engine) => {
    const { process } = engine;
    let believed = -Infinity;
    if (process !== undefined) {
      const sleep = process.sleep.bind(process);
      process.sleep = (millis) =>
        Effect.flatMap(port.now, (now) =>
          Effect.tap(sleep(millis), () => Effect.sync(() => void (believed = now + millis))),
        );
    }
    return {
      read: (request) =>
        Effect.map(port.read(request), (reading) => ({
          ...reading,
          now: Math.max(reading.now, believed),
        })),
    };
  }),
];

const deploying: readonly Mutant[] = [
  doing(
    "old-generation-routes",
    "an engine routes although others' definitions are active",
    (port, engine) => ({
      read: (request) =>
        Effect.map(port.read(request), (reading) => {
          const { generation } = reading;
          const fingerprint = engine.definitions?.fingerprint;
          // An activation reads no more than one signal, and goes on as it should.
          return request.limit === 1 || generation === null || fingerprint === undefined
            ? reading
            : { ...reading, generation: { ...generation, fingerprint } };
        }),
    }),
  ),
  doing(
    "activation-retires-all",
    "what waits for unchanged triggers is thrown away, too",
    (port) => ({
      commit: (batch) =>
        (batch.generation?.number ?? 1) === 1
          ? port.commit(batch)
          : Effect.flatMap(port.list("waiting", { limit: 1_000 }), ({ rows }) =>
              port.commit({ ...batch, waiting: { put: [], remove: rows } }),
            ),
    }),
  ),
  doing("activation-restarts-schedules", "schedules of unchanged triggers begin anew", (port) => ({
    commit: (batch) => {
      const { generation } = batch;
      return generation === undefined
        ? port.commit(batch)
        : Effect.flatMap(port.list("cursor", { limit: 1_000 }), ({ rows }) => {
            const put = [
              ...(batch.cursors?.put ?? []),
              ...rows.map((row) => ({ ...row, at: generation.activatedAt })),
            ];
            return port.commit({ ...batch, cursors: { put, remove: batch.cursors?.remove ?? [] } });
          });
    },
  })),
];

const storing: readonly Mutant[] = [
  {
    name: "acknowledged-unflushed",
    fault: "what was acknowledged may still be lost with the power",
    tamper: (store) => void (store.keep = () => undefined),
  },
];

/** All of them; each must be seen by the oracle. */
export const mutants: readonly Mutant[] = [
  ...routing,
  ...claiming,
  ...dying,
  ...hurrying,
  ...deploying,
  ...storing,
];
