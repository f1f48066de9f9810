// A router that lives through a world and makes its own log, and its state as rows.
import type { AppDefinition, Run } from "../../src/core/index.ts";
import { isTerminal } from "../../src/core/run.ts";
import type { Decision } from "../../src/core/step.ts";
import type { State } from "../../src/core/state.ts";
import type { Deadline, Open, StoredState, Waiting } from "../../src/core/store.ts";
import type { Happening } from "./arbitrary-app.ts";
import { Log, Router } from "./deciding.ts";

interface History {
  readonly router: Router;
  readonly log: Log;
  /** After each happening: how long the log was and what time it was. */
  readonly moments: { readonly seq: number; readonly now: number }[];
}

export const live = (app: AppDefinition, happenings: readonly Happening[]): History => {
  const router = new Router(app);
  const log = new Log();
  const moments: History["moments"] = [];
  let now = 0;
  const over = new Set<string>();
  const running = (): Run[] => router.runs.filter(({ id }) => !over.has(id));
  for (const happening of happenings) {
    now += 500;
    const run = running()[happening._tag === "Run" ? happening.pick : 0];
    if (happening._tag === "Wait") now += happening.millis;
    else if (happening._tag === "Command")
      log.event(happening.name, happening.payload(now), { at: now });
    else if (happening._tag === "Event") {
      const { name, n, delayed, fromRun } = happening;
      log.event(
        name,
        { n },
        {
          at: now,
          ...(delayed && { dueAt: now + 3_000 }),
          ...(fromRun && run !== undefined && { origin: run.id }),
        },
      );
    } else if (run !== undefined) {
      if (
        happening.state !== "running" &&
        happening.state !== "retrying" &&
        isTerminal(happening.state)
      )
        over.add(run.id);
      log.status(run, happening.state, {
        at: now,
        ...(happening.state === "failed" && { error: { name: "Error", message: "x" } }),
      });
    }
    moments.push({ seq: log.signals.length, now });
    const { signals } = router.route({
      signals: log.signals.slice(router.state.watermark.seq),
      until: now,
      now,
    });
    for (const { signal } of signals) {
      // The settled signals that a step causes are stored next.
      const root = router.runs.find(({ id }) => signal._tag === "Status" && id === signal.run);
      if (root !== undefined) log.status(root, "settled", { at: now });
    }
  }
  return { router, log, moments };
};

/** What a state says of waiting matches, deadlines and open scopes, in an order of its own. */
export const rowsOf = ({ waiting, deadlines, open }: State): Omit<StoredState, "cursors"> => ({
  waiting: sorted([...waiting.values()].flat(2)),
  deadlines: sorted(deadlines.values()),
  open: sorted([...open.values()].flatMap((rows) => [...rows.values()])),
});

/** All that a state says, as plain data in an order of its own. */
export const plain = (state: State): unknown => {
  const entries = (map: ReadonlyMap<string, unknown>): unknown[] => sorted([...map]);
  const { watermark, schedules, made, held, waiting, watches, firings, open, scopesOf } = state;
  return {
    ...rowsOf(state),
    watermark,
    schedules: sorted(
      schedules.values().map(({ leaf, nextAt }) => [leaf.trigger.id, leaf.key, nextAt]),
    ),
    made: sorted([...made.values()].map(({ id, fingerprint }) => [id, fingerprint])),
    held: entries(held),
    waiting: entries(waiting),
    watches: entries(watches),
    firings: entries(firings),
    open: sorted([...open].map(([scope, rows]) => [scope, entries(rows)])),
    scopesOf: sorted([...scopesOf].map(([run, scopes]) => [run, [...scopes].sort()])),
  };
};

const sorted = <Row>(rows: readonly Row[]): Row[] =>
  rows
    .map((row) => ({ row, text: JSON.stringify(row) }))
    .sort((one, other) => (one.text < other.text ? -1 : 1))
    .map(({ row }) => row);

/** The rows that a store has after it has written decisions. Throws when something is removed that is not there, or put and removed at once. */
export class Rows {
  readonly #waiting = new Map<string, Waiting>();
  readonly #deadlines = new Map<string, Deadline>();
  readonly #open = new Map<string, Open>();

  /** With what an activation has written. */
  constructor({ deadlines }: State) {
    for (const deadline of deadlines.values()) this.#deadlines.set(deadline.id, deadline);
  }

  write({ waiting, deadlines, open }: Decision): void {
    const match = ({ trigger, leaf, order }: Waiting): string => `${trigger} ${leaf} ${order}`;
    replace(this.#waiting, { put: waiting.put, remove: waiting.remove.map(match) }, match);
    replace(this.#deadlines, deadlines, ({ id }) => id);
    const member = ({ scope, run }: Pick<Open, "scope" | "run">): string => `${scope} ${run}`;
    replace(this.#open, { put: open.put, remove: open.remove.map(member) }, member);
  }

  all(): ReturnType<typeof rowsOf> {
    return {
      waiting: sorted([...this.#waiting.values()]),
      deadlines: sorted([...this.#deadlines.values()]),
      open: sorted([...this.#open.values()]),
    };
  }
}

const replace = <Row>(
  table: Map<string, Row>,
  { put, remove }: { readonly put: readonly Row[]; readonly remove: readonly string[] },
  idOf: (row: Row) => string,
): void => {
  for (const id of remove) if (!table.has(id)) throw new Error(`${id} is removed and not there`);
  for (const row of put) {
    if (remove.includes(idOf(row))) throw new Error(`${idOf(row)} is put and removed`);
    table.set(idOf(row), row);
  }
  for (const id of remove) table.delete(id);
};
