// Mutants that route wrongly: what they make of the log, when they believe that something is due, and what they make of other definitions.
import * as Effect from "effect/Effect";
import { doing, isRoute, saying, type Mutant } from "./mutant.ts";

export const routing: readonly Mutant[] = [
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

export const hurrying: readonly Mutant[] = [
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

export const deploying: readonly Mutant[] = [
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
