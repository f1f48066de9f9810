// Fills a store with runs that have happened, as if an app had worked for a day: `node bench/seed.ts sqlite:FILE [RUNS]`, 100,000 runs by default. What the dashboard, the
// commands that list, and their benchmarks are tried on.
import { mkdirSync } from "node:fs";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import * as Effect from "effect/Effect";
import type { Attempt, Outcome, Run, RunState } from "../src/core/run.ts";
import { runIdOf } from "../src/core/run-id.ts";
import { statusIdOf, type NewSignal, type StatusState } from "../src/core/signal.ts";
import type { Batch, StorePort } from "../src/core/store.ts";
import { openStore } from "../src/runtime/open-store.ts";

const tasks = ["resize", "index", "publish", "report", "sync", "bill"];
const dayMillis = 24 * 3_600_000;
const batchSize = 500;

/** One in a hundred: what went otherwise than well. */
const stateOf = (index: number): RunState =>
  index % 100 === 7
    ? "failed"
    : index % 400 === 11
      ? "cancelled"
      : index % 1_000 === 13
        ? "lost"
        : "succeeded";

/** Writes so many runs with their events, attempts and statuses, the last ones pending. Deterministic but for the instants, which end now. */
export const seed = (store: StorePort, count: number): Effect.Effect<void, unknown> =>
  Effect.gen(function* () {
    const now = yield* store.now;
    const owner = { id: "seed-engine", host: "seed", process: 1 };
    yield* store.enter(owner);
    for (let from = 0; from < count; from += batchSize) {
      const indexes = Array.from(
        { length: Math.min(batchSize, count - from) },
        (_, offset) => from + offset,
      );
      const created = indexes.map((index) => seeded(index, { count, now, owner: owner.id }));
      const runs = created.map(({ run }) => run);
      yield* store.commit({
        checks: [],
        signals: created.flatMap(({ signals }) => signals),
        runs,
        attempts: created.flatMap(({ attempt }) => attempt ?? []),
        ...(from === 0 && first(now)),
      });
    }
    const { signals } = yield* store.summary;
    yield* store.commit({ checks: [], watermark: { seq: signals, at: now } });
    yield* store.leave(owner.id);
  });

const first = (now: number): Pick<Batch, "generation"> => ({
  generation: {
    number: 1,
    fingerprint: "seed",
    activatedAt: now - dayMillis,
    triggers: Object.fromEntries(
      tasks.flatMap((task) => [
        [`on-${task}`, "seed"],
        [`@${task}`, "seed"],
      ]),
    ),
    zones: null,
  },
});

interface Seeded {
  readonly run: Run;
  readonly signals: readonly NewSignal[];
  readonly attempt: Attempt | undefined;
}

const seeded = (
  index: number,
  of: { readonly count: number; readonly now: number; readonly owner: string },
): Seeded => {
  const task = tasks[index % tasks.length] as string;
  const trigger = `on-${task}`;
  const event = `event-${index}`;
  const id = runIdOf(trigger, [event]);
  const createdAt = of.now - dayMillis + Math.floor((index * dayMillis) / of.count);
  // The last hundred are still to do.
  const isPending = index >= of.count - Math.min(100, of.count / 2);
  const state = isPending ? "pending" : stateOf(index);
  const startedAt = isPending ? null : createdAt + (index % 50);
  const settledAt = startedAt === null ? null : startedAt + 20 + ((index * 37) % 900);
  const input = { path: `/data/${task}/${index}.bin`, size: (index * 7919) % 100_000 };
  const error = { name: "RangeError", message: `number ${index} is out of range` };
  const result = { bytes: (index * 31) % 65_536, parts: [index % 7, index % 11] };
  const outcome =
    settledAt === null ? null : state === "succeeded" ? { result } : ({ error } as const);
  const run: Run = {
    id,
    trigger,
    task,
    input,
    idempotencyKey: id,
    cause: [event],
    priority: 0,
    concurrencyKey: null,
    createdAt,
    dueAt: isPending && index % 2 === 0 ? of.now + 3_600_000 : createdAt,
    expiresAt: null,
    state,
    token: isPending ? 0 : 1,
    attempt: isPending ? 0 : 1,
    losses: 0,
    crashes: 0,
    owner: null,
    nonce: null,
    startedAt,
    settledAt,
    cancelRequested: false,
    outcome,
  };
  const status = (name: StatusState): NewSignal => ({
    id: statusIdOf(id, 1, name),
    signal: {
      _tag: "Status",
      task,
      run: id,
      attempt: 1,
      state: name,
      input,
      token: 1,
      ...(name === "succeeded" && { result }),
      ...(name === "failed" && { error }),
    },
    origin: id,
    dueAt: null,
  });
  const told: NewSignal = {
    id: event,
    signal: { _tag: "Event", id: event, name: `${task}.wanted`, payload: input },
    origin: null,
    dueAt: null,
  };
  if (isPending || startedAt === null || settledAt === null)
    return { run, signals: [told], attempt: undefined };
  const ended: Outcome =
    state === "succeeded" ? { _tag: "Succeeded", result } : { _tag: "Failed", error };
  return {
    run,
    signals: [told, status("running"), status(state as StatusState)],
    attempt: {
      run: id,
      token: 1,
      attempt: 1,
      owner: of.owner,
      startedAt,
      settledAt,
      outcome: ended,
    },
  };
};

const main = async ([url, count = "100000"]: readonly string[]): Promise<void> => {
  if (url === undefined || !/^\d+$/.test(count)) {
    console.error("usage: node bench/seed.ts sqlite:FILE [RUNS]");
    process.exit(2);
  }
  if (url.startsWith("sqlite:"))
    mkdirSync(path.dirname(path.resolve(url.slice("sqlite:".length))), { recursive: true });
  const from = performance.now();
  const options = { app: "main", durability: "process" } as const;
  await Effect.runPromise(
    Effect.scoped(Effect.flatMap(openStore(url, options), (store) => seed(store, Number(count)))),
  );
  console.log(`${Number(count)} runs in ${((performance.now() - from) / 1_000).toFixed(1)} s`);
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  await main(process.argv.slice(2));
