// The audit of one move of a run: whether it may go there, whoever holds it and whatever its body did.
import { canonical } from "../json.ts";
import { isTerminal, moves, type Run } from "../run.ts";
import type { StoreRecord } from "./mirror.ts";
import type { BodyRecord } from "./simulated-executor.ts";
import type { Violation } from "./violation.ts";

export type Committed = StoreRecord & { readonly _tag: "Commit" };

/** What really happened, up to now. */
export interface Facts {
  /** When each life of an engine has ended, on the clock that nobody sets. */
  readonly deaths: ReadonlyMap<string, number>;
  /** The latest instant that the clock has ever shown: whoever has read it may write after it was set back. */
  readonly latestAt: number;
  /** Of the definitions that each life of an engine has had. */
  readonly fingerprints: ReadonlyMap<string, string>;
  /** `<run> <token>` → the body that has run with it. */
  readonly bodies: ReadonlyMap<string, BodyRecord>;
}

interface Move {
  readonly record: Committed;
  readonly before: Run;
  /** In another state. */
  readonly after: Run;
  readonly facts: Facts;
}

const heldStates: ReadonlySet<string> = new Set(["claimed", "running"]);
const allowed = new Set(
  Object.values(moves).flatMap(({ from, to }) =>
    from.flatMap((before) => (to as readonly string[]).map((after) => `${before} → ${after}`)),
  ),
);

/** All laws that the move breaks. */
export const moveFaults = (move: Move): readonly Violation[] => {
  const { record, before, after } = move;
  const { at, owner } = record;
  const about = [before.id];
  if (isTerminal(before.state))
    return [
      {
        law: "one-outcome",
        at,
        about,
        message: `${before.id} has ended ${before.state}, and ${owner ?? "somebody"} makes it ${after.state}`,
      },
    ];
  const name = `${before.state} → ${after.state}`;
  const faults: (readonly [law: string, message: string | undefined])[] = [
    ["moves", allowed.has(name) ? undefined : `${before.id} goes ${name}, which is no move`],
    ["fenced", heldStates.has(before.state) ? fenceFault(move) : undefined],
    ["outcome-with-signals", isTerminal(after.state) ? silenceFault(move) : undefined],
    ["outcome-is-real", after.state === "succeeded" ? dreamFault(move) : undefined],
  ];
  return faults.flatMap(([law, message]) =>
    message === undefined ? [] : [{ law, message, at, about }],
  );
};

/** Only its holder ends a claim, or anybody after the holder's death. */
const fenceFault = ({ record, before, after, facts }: Move): string | undefined => {
  const { owner, elapsed } = record;
  if (before.owner === owner || before.owner === null) return undefined;
  const diedAt = facts.deaths.get(before.owner);
  if (diedAt === undefined || diedAt > elapsed)
    return `${owner ?? "somebody"} makes ${before.id} ${after.state}, which ${before.owner} holds and is alive`;
  return after.losses === before.losses + 1
    ? undefined
    : `${owner ?? "somebody"} settles ${before.id}, which ${before.owner} held until its death`;
};

/** The commit that ends a run carries the signal of that. */
const silenceFault = ({ record, after }: Move): string | undefined => {
  const { signals = [] } = record.batch;
  const isTold = signals.some(
    ({ signal }) =>
      signal._tag === "Status" && signal.run === after.id && signal.state === after.state,
  );
  return isTold
    ? undefined
    : `${after.id} ends ${after.state}, and the commit has no signal of that: whoever waits for it will never hear`;
};

/** A success is one that a body has really had. */
const dreamFault = ({ before, after, facts }: Move): string | undefined => {
  const body = facts.bodies.get(`${before.id} ${before.token}`);
  const result = after.outcome !== null && "result" in after.outcome ? after.outcome.result : null;
  if (body?.outcome?._tag !== "Succeeded")
    return `${after.id} ends succeeded with the token ${before.token}, and no body has succeeded with it`;
  return canonical(body.outcome.result) === canonical(result)
    ? undefined
    : `${after.id} ends with ${canonical(result)}, and its body returned ${canonical(body.outcome.result)}`;
};
