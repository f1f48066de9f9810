// Events: a page of them, newest first, each with the runs that it has caused.
import * as Effect from "effect/Effect";
import { isCommand } from "../../core/command.ts";
import type { StoreError } from "../../core/errors.ts";
import { formatInstant } from "../../core/instant.ts";
import { runIdOf } from "../../core/run-id.ts";
import type { Event, StoredSignal } from "../../core/signal.ts";
import { demandCount, type Failure } from "./failure.ts";
import { knownOf } from "./known.ts";
import { maybeInstant, runLine } from "./row.ts";
import { pageFault } from "./run-page.ts";
import type { Subject } from "./subject.ts";
import type { EventLine, EventPage } from "./trigger-view.ts";

/** The log has more than events: it is looked through in pieces, so far at most in one answer. */
const pieceSize = 150;
const lookedAtMax = 4_000;
/** Ids of runs are asked for by so many at most. */
const idsMax = 10_000;
/** So many pairs of event and trigger are tried whoever hears what; of more, those are where the trigger hears such events. */
const pairsMax = 1_000;

interface Placed extends StoredSignal {
  readonly signal: Event;
}

export interface EventQuery {
  readonly name?: string;
  readonly after?: string;
  readonly limit?: string;
}

export const eventPage = (subject: Subject, query: EventQuery): Effect.Effect<EventPage, Failure> =>
  Effect.gen(function* () {
    const bounds = { least: 1, most: 500, otherwise: 50 };
    const limit = yield* demandCount("limit", query.limit, bounds);
    const name = (query.name ?? "") === "" ? undefined : query.name;
    const after = query.after === "" ? undefined : query.after;
    const { rows, next } = yield* eventsOf(subject, { name, after, limit });
    return { events: yield* eventLines(subject, rows), next };
  }).pipe(Effect.mapError(pageFault(query.after)));

interface Search {
  readonly name: string | undefined;
  readonly after: string | undefined;
  readonly limit: number;
}

const eventsOf = (
  { store }: Subject,
  { name, after, limit }: Search,
): Effect.Effect<{ readonly rows: readonly Placed[]; readonly next: string | null }, StoreError> =>
  Effect.gen(function* () {
    const rows: Placed[] = [];
    let next: string | null | undefined = after;
    for (let seen = 0; next !== null && rows.length < limit && seen < lookedAtMax;) {
      const page: { readonly rows: readonly StoredSignal[]; readonly next: string | null } =
        yield* store.list("signal", {
          where: name === undefined ? {} : { name },
          // With a name each row counts, and the page ends where it should.
          limit: name === undefined ? pieceSize : limit,
          after: next,
        });
      rows.push(...page.rows.filter((row): row is Placed => row.signal._tag === "Event"));
      seen += page.rows.length;
      next = page.next;
    }
    return { rows, next: next ?? null };
  });

/** Among so many of the newest runs those are looked for that several signals together have caused. */
const joinedMax = 500;

/** Events with the runs that they have caused. The id of a run that an event alone has caused follows from trigger and event; others are found among the newest runs. */
const eventLines = (
  subject: Subject,
  events: readonly Placed[],
): Effect.Effect<readonly EventLine[], StoreError> =>
  Effect.gen(function* () {
    const all = (yield* knownOf(subject)).triggers.map(({ id }) => id);
    // A trigger that waits for something else by now may have heard it.
    const mayAskAll = subject.definitions === undefined || all.length * events.length <= pairsMax;
    const hearing = (name: string): readonly string[] =>
      mayAskAll
        ? all
        : (subject.definitions?.index.get(`event:${name}`) ?? []).map(({ trigger }) => trigger.id);
    const idsOf = ({ id, signal }: Placed): readonly string[] =>
      signal.name.startsWith("@:")
        ? []
        : signal.name.startsWith("@")
          ? [runIdOf(signal.name, [id])]
          : hearing(signal.name).map((trigger) => runIdOf(trigger, [id]));
    const wanted = events.map((event) => [event, idsOf(event)] as const);
    const ids = wanted.flatMap(([, each]) => each).slice(0, idsMax);
    const found =
      ids.length === 0
        ? []
        : (yield* subject.store.list("run", { where: { ids }, limit: idsMax })).rows;
    const runs = new Map(found.map((run) => [run.id, run]));
    const mayJoin = events.some(({ signal }) => isJoinable(subject, signal.name));
    const { rows: newest } = mayJoin
      ? yield* subject.store.list("run", { limit: joinedMax })
      : { rows: [] };
    const joined = Map.groupBy(
      newest
        .filter(({ cause }) => cause.length > 1)
        .flatMap((run) => run.cause.map((id) => ({ id, run }))),
      ({ id }) => id,
    );
    return wanted.map(([event, each]) => ({
      seq: event.seq,
      id: event.id,
      name: event.signal.name,
      at: formatInstant(event.at),
      payload: event.signal.payload,
      origin: event.origin,
      dueAt: maybeInstant(event.dueAt),
      isCommand: isCommand(event) || event.signal.name.startsWith("@"),
      runs: [
        ...each.flatMap((id) => runs.get(id) ?? []),
        ...(joined.get(event.id) ?? []).map(({ run }) => run),
      ].map((run) => runLine(run)),
    }));
  });

/** Whether an event of this name may cause a run together with other signals, as far as is known. */
const isJoinable = ({ definitions }: Subject, name: string): boolean =>
  definitions === undefined ||
  (definitions.index.get(`event:${name}`) ?? []).some(
    ({ trigger }) => trigger.leaves.length > 1 || trigger.flow !== null,
  );
