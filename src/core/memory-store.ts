// The store in memory: the reference that other stores are compared with, the store of simulations and of tests. One object may serve several engines at once. Each
// operation is one step of one fiber, so no other fiber ever sees half of it. Rows are frozen and shared with their readers; what a caller hands in is copied.
//
// Time is the caller's Clock, or the `now` that it was made with: then it is the store's own, the same for engines whose clocks differ.
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import { newsOf } from "./batch.ts";
import { listed, sorted } from "./memory-list.ts";
import { load } from "./memory-load.ts";
import { owedOf, purge } from "./memory-purge.ts";
import { MemoryTables } from "./memory-tables.ts";
import { notEmpty } from "./store-load.ts";
import { cursorKeyOf, deadlineKeyOf, openKeyOf, pageError, waitingKeyOf } from "./store-order.ts";
import type { News, Reading, StorePort, StoredState, Summary } from "./store.ts";

export interface MemoryStore extends StorePort {
  /** Makes an owner count as proved dead, as when its process is killed. Nothing else happens: its runs stay claimed until somebody reclaims them. */
  readonly kill: (owner: string) => void;
}

interface Listener {
  readonly tell: (news: News) => void;
  readonly owner: string | undefined;
}

export const memoryStore = (options: { readonly now?: () => number } = {}): MemoryStore => {
  const tables = new MemoryTables();
  const killed = new Set<string>();
  const listeners = new Set<Listener>();
  const step = <A>(evaluate: (now: number) => A): Effect.Effect<A> =>
    Effect.withFiberSucceed((fiber) =>
      evaluate(
        options.now === undefined
          ? fiber.getRef(Clock.Clock).currentTimeMillisUnsafe()
          : options.now(),
      ),
    );
  return {
    abilities: { durable: false, scope: "process", ownerProof: true },
    url: "memory:",
    now: step((now) => now),
    enter: (owner) => step((now) => tables.enter({ ...owner, enteredAt: now, closedAt: null })),
    leave: (owner) => step((now) => tables.leave(owner, now)),
    proof: () => Effect.succeed(null),
    dead: Effect.sync(() =>
      [...tables.owners.values()].filter(
        ({ id, closedAt }) => closedAt === null && (killed.has(id) || tables.foreign.has(id)),
      ),
    ),
    read: (request) => step((now) => readingOf(tables, request, now)),
    commit: (batch) =>
      step((now) => {
        const reply = tables.commit(batch, now);
        const news = newsOf(batch, reply);
        if (news !== undefined)
          for (const { owner, tell } of listeners)
            if (owner === undefined || owner !== batch.by) tell(news);
        return reply;
      }),
    claim: (request) => step((now) => tables.claim(request, now)),
    expiry: (request) => step((now) => tables.expiry(request, now)),
    list: (table, request) =>
      Effect.suspend(() => {
        const page = listed(tables, table, request);
        if (page !== undefined) return Effect.succeed(page);
        return Effect.fail(pageError(table, request.after));
      }),
    summary: step((now) => summaryOf(tables, now)),
    owed: (request) => Effect.sync(() => owedOf(tables, request)),
    load: (request) =>
      Effect.suspend(() => (load(tables, request) ? Effect.void : Effect.fail(notEmpty()))),
    purge: (request) => Effect.sync(() => purge(tables, request)),
    changes: (tell, owner) => {
      const listener = { tell, owner };
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    kill: (owner) => void killed.add(owner),
  };
};

const readingOf = (
  tables: MemoryTables,
  request: { readonly revision: number | null; readonly limit: number },
  now: number,
): Reading => {
  const { watermark, generation } = tables;
  const signals = tables.signalsAfter(watermark.seq, request.limit);
  const state = request.revision === watermark.revision ? null : stateOf(tables);
  return {
    watermark,
    generation,
    state,
    signals,
    more: tables.newestSeq > watermark.seq + signals.length,
    now,
  };
};

const stateOf = (tables: MemoryTables): StoredState => ({
  cursors: sorted(tables.cursors.values(), cursorKeyOf),
  waiting: sorted(tables.waiting.values(), waitingKeyOf),
  deadlines: sorted(tables.deadlines.values(), deadlineKeyOf),
  open: sorted(tables.open.values(), openKeyOf),
});

const summaryOf = (tables: MemoryTables, now: number): Summary => {
  const unrouted = tables.signalsAfter(tables.watermark.seq, Infinity);
  let deadlines = unrouted.filter(({ dueAt }) => dueAt !== null && dueAt > now).length;
  for (const { due } of tables.deadlines.values())
    if (due._tag !== "Within" && due._tag !== "Paused" && due._tag !== "Gate") deadlines++;
  return {
    runs: { ...tables.counts },
    unrouted: tables.newestSeq - tables.watermark.seq,
    deadlines,
    signals: tables.signals.length,
    skips: tables.skips.length,
    waiting: tables.waiting.size,
  };
};
