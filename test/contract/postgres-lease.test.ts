/**
 * Goal: an engine whose lease can't be renewed ends what it runs before others may take that back, and goes on when the server is back; one that is killed is
 * reclaimed when its lease is over, not before.
 * Method: engines of the core with an executor that the test plays, on a server of its own, with leases of seconds.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import type * as Scope from "effect/Scope";
import { openPostgresStore } from "../../src/adapters/postgres/index.ts";
import { definitionsOf } from "../../src/core/definitions.ts";
import { openEngine, type Engine, type EngineNote } from "../../src/core/engine.ts";
import {
  Executor,
  type ExecutorEvent,
  type ExecutorPort,
  type Order,
} from "../../src/core/executor.ts";
import { detent, event, task, trigger } from "../../src/core/index.ts";
import { Store, type StorePort } from "../../src/core/store.ts";
import { anEvent, writes } from "../../src/adapters/testing/subject.ts";
import { hasPostgres, startServer, type Server } from "../support/postgres.ts";

let server: Server;

beforeAll(async () => {
  if (hasPostgres) server = await startServer({ trust: true });
}, 60_000);
afterAll(() => server?.stop());

const leaseMillis = 2_000;
const app = detent({
  tasks: [task({ id: "work", run: () => null })],
  triggers: [trigger("t", { when: event("arrived"), run: "work", input: null })],
});

const opened = (name: string) =>
  Effect.orDie(openPostgresStore({ url: server.url, app: name, leaseMillis }));

/** Holds what it is given until it is cancelled, and tells when. */
const holding = () => {
  const listeners = new Set<(event: ExecutorEvent) => void>();
  const held = new Map<string, Order>();
  let onStart = (_: Order): void => undefined;
  const port: ExecutorPort = {
    capacity: Effect.sync(() => 1 - held.size),
    start: (order) =>
      Effect.sync(() => {
        held.set(order.run, order);
        onStart(order);
      }),
    cancel: (run) =>
      Effect.sync(() => {
        const order = held.get(run);
        held.delete(run);
        if (order === undefined) return;
        const outcome = {
          _tag: "Cancelled",
          error: { name: "CancelledError", message: "" },
        } as const;
        for (const tell of listeners)
          tell({ _tag: "Ended", run, token: order.token, outcome, emitted: [] });
      }),
    events: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const started = (): Promise<Order> => new Promise((resolve) => (onStart = resolve));
  return { port, held, started };
};

const engineOn = (
  store: StorePort,
  id: string,
  port: ExecutorPort,
  onNote: (note: EngineNote) => void = () => undefined,
): Effect.Effect<Engine, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const engine = yield* openEngine({
      definitions: definitionsOf(app),
      owner: { id, host: "here", process: 1 },
      onNote,
    }).pipe(Effect.provideService(Store, store), Effect.provideService(Executor, port));
    yield* Effect.forkScoped(engine.loop);
    return engine;
  });

describe.skipIf(!hasPostgres)("leases on PostgreSQL", () => {
  test(
    "an engine cut off from its server ends what it runs within its lease, and goes on as another owner when the server is back",
    { timeout: 60_000 },
    () =>
      Effect.runPromise(
        Effect.scoped(
          Effect.gen(function* () {
            const store = yield* opened("cut");
            const executor = holding();
            const warnings: string[] = [];
            const first = executor.started();
            const engine = yield* engineOn(store, "one", executor.port, (note) => {
              if (note._tag === "Warning") warnings.push(note.message);
            });
            yield* store.commit(writes({ signals: [anEvent("e1")] }));
            const { run, token } = yield* Effect.promise(() => first);
            const again = executor.started();
            const from = performance.now();
            yield* Effect.promise(() => server.kill());
            while (executor.held.size > 0) yield* Effect.sleep(10);
            const within = performance.now() - from;
            expect(within).toBeGreaterThan(leaseMillis / 4);
            expect(within).toBeLessThan(leaseMillis);
            yield* Effect.promise(() => server.start());
            const order = yield* Effect.promise(() => again);
            expect({ run: order.run, isLater: order.token > token }).toEqual({
              run,
              isLater: true,
            });
            expect(engine.owner()).toBe("one/1");
            expect(warnings).toContainEqual(
              expect.stringMatching(
                /^the lease of engine one could not be renewed: what it runs \(1\) is ended, for others may take it back in \d s$/,
              ),
            );
          }),
        ),
      ),
  );

  test(
    "what an engine held that is gone runs elsewhere when its lease is over, and not before; one that renews keeps it",
    { timeout: 60_000 },
    () =>
      Effect.runPromise(
        Effect.scoped(
          Effect.gen(function* () {
            const store = yield* opened("gone");
            const [lost, living] = [holding(), holding()];
            const begun = lost.started();
            const gone = yield* Effect.forkChild(
              Effect.scoped(
                Effect.gen(function* () {
                  yield* engineOn(yield* opened("gone"), "gone", lost.port);
                  yield* Effect.never;
                }),
              ),
            );
            yield* store.commit(writes({ signals: [anEvent("e1")] }));
            const { run } = yield* Effect.promise(() => begun);
            const taken = living.started();
            yield* engineOn(store, "living", living.port);
            // As long as it renews, it keeps what it holds.
            yield* Effect.sleep(1.5 * leaseMillis);
            expect(living.held.size).toBe(0);
            yield* Fiber.interrupt(gone);
            const from = performance.now();
            const order = yield* Effect.promise(() => taken);
            expect(order.run).toBe(run);
            expect(performance.now() - from).toBeLessThan(leaseMillis + 2_000);
            expect(performance.now() - from).toBeGreaterThan(leaseMillis / 4);
            expect(
              server.psql(
                "SELECT closed_at IS NOT NULL, condemned_at IS NOT NULL FROM detent.owner WHERE id = 'gone'",
              ),
            ).toBe("t|t");
          }),
        ),
      ),
  );

  test(
    "an owner that renews between being told dead and being taken over keeps its runs; one that is taken over can't renew, and is told",
    { timeout: 30_000 },
    () =>
      Effect.runPromise(
        Effect.scoped(
          Effect.gen(function* () {
            const store = yield* opened("told");
            const other = yield* opened("told");
            yield* store.enter({ id: "late", host: "here", process: 1 });
            const told = new Promise<number>((resolve) => store.lapses?.("late", resolve));
            const expire = () =>
              server.psql("UPDATE detent.owner SET lease_until = 0 WHERE id = 'late'");
            const close = { checks: [{ _tag: "OwnerOpen", owner: "late" }] } as const;
            expire();
            expect((yield* other.dead).map(({ id }) => id)).toEqual(["late"]);
            server.psql("UPDATE detent.owner SET lease_until = 9999999999999 WHERE id = 'late'");
            expect(yield* other.commit(close)).toMatchObject({ _tag: "Conflict" });
            expire();
            expect(yield* other.commit(close)).toMatchObject({ _tag: "Committed" });
            expect(yield* Effect.promise(() => told)).toBe(0);
            expect((yield* other.dead).map(({ id }) => id)).toEqual(["late"]);
          }),
        ),
      ),
  );
});
