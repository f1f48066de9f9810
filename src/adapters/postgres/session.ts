// One connection to the server, made when it is needed and made anew when it was lost. Statements that are sent together take one round trip: the driver pipelines what
// stands in its queue, and answers each. Nobody else uses the connection, so what is sent in order is done in order, transactions too.
//
// A session is used by one fiber at a time (`use`); who comes meanwhile waits.
import * as PgConnection from "@effect/sql-pg/PgConnection";
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Random from "effect/Random";
import * as Scope from "effect/Scope";
import * as Semaphore from "effect/Semaphore";
import type { SqlError } from "effect/sql/SqlError";
import { StoreError } from "../../core/errors.ts";
import type { Row } from "../sql/cell.ts";
import { canConnectLater, faultOf, storeErrorOf, type Fault } from "./fault.ts";
import type { Parameter } from "./parameter.ts";

export interface Statement {
  readonly sql: string;
  readonly parameters?: readonly Parameter[];
}

/** What was sent has failed; what came before it in the same transaction is undone. */
export class Failed {
  readonly _tag = "Failed";
  readonly fault: Fault;
  constructor(fault: Fault) {
    this.fault = fault;
  }
}

export type Rows = readonly Row[];

/** How long a server that can't be reached is waited for. */
export const patienceMillis = 10_000;

export class Session {
  readonly url: string;
  readonly #config: PgConnection.Config;
  readonly #turn = Semaphore.makeUnsafe(1);
  #open:
    | { readonly connection: PgConnection.PgConnection; readonly scope: Scope.Closeable }
    | undefined;
  #isClosed = false;

  constructor(url: string, config: PgConnection.Config) {
    this.url = url;
    this.#config = config;
  }

  /** One after the other. */
  use<A, E>(work: Effect.Effect<A, E>): Effect.Effect<A, E> {
    return this.#turn.withPermit(work);
  }

  /** Sends the statements in one go; gives the rows of each. If one fails, those behind it fail with it in a transaction, and the first failure is told. */
  send(statements: readonly Statement[]): Effect.Effect<readonly Rows[], Failed> {
    return Effect.suspend(() => {
      if (this.#open === undefined) return Effect.fail(new Failed(lost("it is not connected")));
      const { connection } = this.#open;
      const sent = Effect.forEach(
        statements,
        ({ sql, parameters = [] }) => Effect.result(connection.queryValues(sql, parameters)),
        { concurrency: "unbounded" },
      );
      return Effect.flatMap(sent, (results) => {
        const rows: Rows[] = [];
        for (const result of results) {
          if (result._tag === "Failure") return this.#failed(result.failure);
          rows.push(result.success);
        }
        return Effect.succeed(rows);
      });
    });
  }

  #failed(error: SqlError): Effect.Effect<never, Failed> {
    const fault = faultOf(error);
    return Effect.andThen(fault.isLost ? this.drop : Effect.void, Effect.fail(new Failed(fault)));
  }

  /** Connects, unless it is connected. A server that can't be reached is tried again, later and later, until `patience` is over. */
  connect(operation: string, patience = patienceMillis): Effect.Effect<void, StoreError> {
    return Effect.gen({ self: this }, function* () {
      const since = yield* Clock.monotonicTimeNanos;
      for (let failures = 0; this.#open === undefined; failures++) {
        if (this.#isClosed) return yield* this.#gone(operation);
        const fault = yield* this.#connectOnce();
        if (fault === undefined) return;
        const waited = Number((yield* Clock.monotonicTimeNanos) - since) / 1_000_000;
        if (!canConnectLater(fault) || waited > patience)
          return yield* Effect.fail(storeErrorOf({ operation, url: this.url, fault }));
        yield* pause(failures);
      }
    });
  }

  #connectOnce(): Effect.Effect<Fault | undefined> {
    const scope = Scope.makeUnsafe();
    return Effect.matchEffect(Scope.provide(PgConnection.make(this.#config), scope), {
      onSuccess: (connection) =>
        Effect.sync(() => {
          this.#open = { connection, scope };
          return undefined;
        }),
      onFailure: (error) => Effect.as(Scope.close(scope, Exit.void), faultOf(error)),
    });
  }

  /** The connection itself, for what is not a statement. */
  get connection(): PgConnection.PgConnection | undefined {
    return this.#open?.connection;
  }

  /** Ends the connection; the next use makes another. */
  readonly drop: Effect.Effect<void> = Effect.suspend(() => {
    const open = this.#open;
    this.#open = undefined;
    return open === undefined ? Effect.void : Scope.close(open.scope, Exit.void);
  });

  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    this.#isClosed = true;
    return this.drop;
  });

  #gone(operation: string): Effect.Effect<never, StoreError> {
    return Effect.fail(
      new StoreError({
        operation,
        message: `store ${this.url}: it was closed before this was done`,
      }),
    );
  }
}

const lost = (message: string): Fault => ({
  code: undefined,
  message,
  isLost: true,
  cause: undefined,
});

/** Later and later, and not all at once: 50 ms at first, 1 s at most. */
export const pause = (failures: number): Effect.Effect<void> =>
  Effect.flatMap(Random.nextBetween(0.5, 1), (share) =>
    Effect.sleep(share * Math.min(1_000, 100 * 2 ** failures)),
  );
