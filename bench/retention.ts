// What stays of much: a month of a minute cron and many events, with a retention that lets most of it go, in a memory store and in a SQLite file. Rows are written as an engine
// writes them, thousands at a time, on a clock of our own.
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import { openSqliteStore } from "../src/adapters/sqlite/index.ts";
import { purgeAt } from "../src/core/purge.ts";
import { runIdOf } from "../src/core/run-id.ts";
import { statusIdOf } from "../src/core/signal.ts";
import {
  memoryStore,
  type NewSignal,
  type Run,
  type StoreError,
  type StorePort,
} from "../src/core/index.ts";
import { rounded, type Row } from "./row.ts";

const day = 86_400_000;
const days = 30;
/** A thirtieth of the month is kept, and its tombstones for as long again. */
const retentionMillis = day;

interface Cycle {
  readonly run: Run;
  readonly signals: readonly NewSignal[];
}

/** One run from beginning to end: its event, unless a schedule named it, and its two moves. */
const cycle = (trigger: string, cause: string, at: number): Cycle => {
  const id = runIdOf(trigger, [cause]);
  const run: Run = {
    id,
    trigger,
    task: "work",
    input: { cause },
    idempotencyKey: id,
    cause: [cause],
    priority: 0,
    concurrencyKey: null,
    createdAt: at,
    dueAt: at,
    expiresAt: null,
    startedAt: at,
    settledAt: at,
    state: "succeeded",
    token: 1,
    attempt: 1,
    losses: 0,
    crashes: 0,
    owner: null,
    nonce: null,
    cancelRequested: false,
    outcome: { result: null },
  };
  const { task, attempt, token, input } = run;
  const moves = (["running", "succeeded"] as const).map((state): NewSignal => ({
    id: statusIdOf(id, token, state),
    signal: { _tag: "Status", task, run: id, attempt, state, input, token },
    origin: id,
    dueAt: null,
  }));
  const event: NewSignal = {
    id: cause,
    signal: { _tag: "Event", id: cause, name: "e", payload: { cause } },
    origin: null,
    dueAt: null,
  };
  return { run, signals: cause.startsWith("cron@") ? moves : [event, ...moves] };
};

interface Kept {
  readonly peakRows: number;
  /** Per cycle, of this process's CPU. */
  readonly writeMicros: number;
  readonly forgetMicros: number;
}

const cpu = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** Lets a month go by, an hour at a time, on the given clock. */
const month = (
  store: StorePort,
  clock: { now: number },
  { events, onHour }: { readonly events: number; readonly onHour: () => void },
): Effect.Effect<Kept, StoreError> =>
  Effect.gen(function* () {
    const perHour = Math.round(events / (days * 24));
    let [peakRows, writing, forgetting, cycles] = [0, 0, 0, 0];
    for (let hour = 0; hour < days * 24; hour++) {
      const begun = cpu();
      const all = [
        ...Array.from({ length: 60 }, (_, n) => cycle("minutely", `cron@${hour}:${n}`, clock.now)),
        ...Array.from({ length: perHour }, (_, n) => cycle("t", `${hour}/${n}`, clock.now)),
      ];
      cycles += all.length;
      for (let from = 0; from < all.length; from += 1_000) {
        const part = all.slice(from, from + 1_000);
        // A run is created before its moves are stored, as ever.
        yield* store.commit({ checks: [], runs: part.map(({ run }) => run) });
        yield* store.commit({ checks: [], signals: part.flatMap(({ signals }) => signals) });
      }
      const { rows } = yield* store.list("signal", { limit: 1 });
      yield* store.commit({
        checks: [],
        watermark: { seq: rows[0]?.seq ?? 0, at: clock.now },
      });
      const written = cpu();
      for (let more = true; more;)
        ({ more } = yield* store.purge({ ...purgeAt(clock.now, retentionMillis), limit: 500 }));
      writing += written - begun;
      forgetting += cpu() - written;
      const { runs, signals } = yield* store.summary;
      peakRows = Math.max(peakRows, runs.succeeded + signals);
      onHour();
      clock.now += day / 24;
    }
    return { peakRows, writeMicros: writing / cycles, forgetMicros: forgetting / cycles };
  });

/** Instants are ours; sleeps and all else are the machine's. */
const onClock = <A>(
  clock: { readonly now: number },
  effect: Effect.Effect<A, StoreError>,
): Promise<A> => {
  const live = Effect.runSync(Effect.clockWith((current) => Effect.succeed(current)));
  const ours: Clock.Clock = {
    currentTimeMillisUnsafe: () => clock.now,
    currentTimeMillis: Effect.sync(() => clock.now),
    currentTimeNanosUnsafe: () => BigInt(clock.now) * 1_000_000n,
    currentTimeNanos: Effect.sync(() => BigInt(clock.now) * 1_000_000n),
    monotonicTimeNanos: live.monotonicTimeNanos,
    monotonicTimeNanosUnsafe: () => live.monotonicTimeNanosUnsafe(),
    sleep: (duration) => live.sleep(duration),
  };
  return Effect.runPromise(Effect.provideService(effect, Clock.Clock, ours));
};

const megabytes = (bytes: number): string => `${rounded(bytes / 1_048_576)} MB`;

/** `events`: a million would do as well; the figures follow from what a day holds. */
export const benchRetention = async (events = 300_000): Promise<Row[]> => {
  const folder = mkdtempSync(join(tmpdir(), "detent-bench-"));
  const what = `a month of a minute cron and ${rounded(events)} events, a day of it kept`;
  const rowOf = (
    store: string,
    { peakRows, writeMicros, forgetMicros }: Kept,
    size: string,
  ): Row => ({
    what: `${what}: ${store}`,
    detent: `${rounded(peakRows)} rows at most, ${size}`,
    peers: {},
    note: `${rounded(forgetMicros)} µs CPU a cycle to forget, ${rounded(writeMicros)} to write`,
  });
  try {
    let [heap, peak] = [0, 0];
    const clock = { now: Date.UTC(2026, 0, 1) };
    const base = process.memoryUsage().heapUsed;
    const memory = await onClock(
      clock,
      month(memoryStore(), clock, {
        events,
        onHour: () => (heap = Math.max(heap, process.memoryUsage().heapUsed - base)),
      }),
    );
    const file = join(folder, "kept.db");
    clock.now = Date.UTC(2026, 0, 1);
    const sqlite = await onClock(
      clock,
      Effect.scoped(
        Effect.flatMap(openSqliteStore({ file, durability: "process" }), (store) =>
          month(store, clock, {
            events,
            onHour: () =>
              (peak = Math.max(peak, statSync(file).size + statSync(`${file}-wal`).size)),
          }),
        ),
      ),
    );
    return [
      rowOf("memory store", memory, `${megabytes(heap)} of heap at most, rubbish counted`),
      rowOf("SQLite", sqlite, `${megabytes(peak)} of file and log at most`),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
