// The audit of a store: laws over what was written, one write after the other, as it is written. It keeps its own books from the writes and from what really happened
// (bodies, deaths), and asks the store nothing.
import { isTerminal, moves, type Run } from "../run.ts";
import { runIdOf } from "../run-id.ts";
import { canonical } from "../json.ts";
import type { Batch, Skip } from "../store.ts";
import type { StoreRecord } from "./mirror.ts";
import type { Past } from "./past.ts";
import type { BodyRecord } from "./simulated-executor.ts";
import type { Violation } from "./violation.ts";

type Committed = StoreRecord & { readonly _tag: "Commit" };

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

/** How many attempts at a run were settled, and how many were lost. */
export interface Attempts {
  tried: number;
  lost: number;
}

const heldStates: ReadonlySet<string> = new Set(["claimed", "running"]);
const allowed = new Set(
  Object.values(moves).flatMap(({ from, to }) =>
    from.flatMap((before) => (to as readonly string[]).map((after) => `${before} → ${after}`)),
  ),
);

export class Audit {
  /** All breaches of the laws of claiming, settling and routing, in the order in which they happened. */
  readonly violations: Violation[] = [];
  /** By run. */
  readonly attempts = new Map<string, Attempts>();
  readonly #facts: Facts;
  readonly #attemptsSeen = new Set<string>();
  readonly #runs = new Map<string, Run>();
  /** `<trigger> <signal>` → the run that consumed it. */
  readonly #consumed = new Map<string, string>();
  #routed = { seq: 0, at: 0 };
  /** Of the active generation. */
  #fingerprint: string | undefined;
  #signals = 0;
  /** When the newest of them was stored, at the latest. */
  #storedAt = 0;

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  /** Goes on from a recorded moment. */
  begin({ runs, signals, watermark, generation, at }: Past): void {
    for (const run of runs) {
      this.#runs.set(run.id, run);
      for (const signal of run.cause) this.#consumed.set(`${run.trigger} ${signal}`, run.id);
    }
    this.#routed = watermark;
    this.#signals = signals.at(-1)?.seq ?? watermark.seq;
    this.#storedAt = at;
    this.#fingerprint = generation.fingerprint;
  }

  add(record: StoreRecord): void {
    if (record._tag === "Claim") this.#claim(record);
    else if (record.reply._tag === "Committed") this.#commit(record);
  }

  #breach(law: string, at: number, about: readonly string[], message: string): void {
    this.violations.push({ law, message, at, about });
  }

  #claim({ at, reply, owner, request }: StoreRecord & { readonly _tag: "Claim" }): void {
    for (const run of reply.runs) {
      const before = this.#runs.get(run.id);
      this.#runs.set(run.id, run);
      const about = [run.id];
      const who = owner ?? request.owner;
      if (before === undefined) {
        this.#breach("no-phantom-run", at, about, `${who} claims ${run.id}, which nobody owes`);
        continue;
      }
      if (before.state !== "pending")
        this.#breach(
          "claimed-once",
          at,
          about,
          `${who} claims ${run.id}, which was ${before.state}${before.owner === null ? "" : ` by ${before.owner}`}; only a pending run can be claimed`,
        );
      if (run.token !== before.token + 1)
        this.#breach(
          "token-grows",
          at,
          about,
          `a claim of ${run.id} has the token ${run.token}, after ${before.token}; each claim has one more than the last`,
        );
      if (before.dueAt > at)
        this.#breach(
          "not-before-due",
          at,
          about,
          `${who} claims ${run.id} ${before.dueAt - at} ms before it is due`,
        );
      if (run.owner !== owner)
        this.#breach(
          "claimed-once",
          at,
          about,
          `${run.id} is claimed for ${run.owner} by ${owner}`,
        );
    }
  }

  #commit(record: Committed): void {
    const { batch, at } = record;
    this.#append(record);
    this.#count(batch);
    for (const run of batch.runs ?? []) this.#create(run, at);
    for (const skip of batch.skips ?? []) {
      const subject = subjectOf(skip);
      const run = this.#consumed.get(`${skip.trigger} ${subject}`);
      if (run !== undefined)
        this.#breach(
          "run-or-skip",
          at,
          [run, subject],
          `${subject} is skipped by ${skip.trigger} (${skip.reason}), and it is the cause of ${run}`,
        );
    }
    for (const { run, patch } of batch.patches ?? []) this.#patch(record, run, patch);
    const { watermark } = batch;
    if (watermark === undefined) return;
    this.#generation(record);
    if (watermark.seq < this.#routed.seq || watermark.at < this.#routed.at)
      this.#breach(
        "routed-once",
        at,
        [],
        `the watermark goes back from ${this.#routed.seq} to ${watermark.seq}: signals would be routed again`,
      );
    if (watermark.at > Math.max(this.#facts.latestAt, this.#routed.at, this.#storedAt))
      this.#breach(
        "not-before-due",
        at,
        [],
        `what comes up to ${watermark.at - at} ms later is routed already`,
      );
    if (watermark.seq > this.#signals)
      this.#breach(
        "routed-once",
        at,
        [],
        `the watermark is ${watermark.seq}, and there are ${this.#signals} signals: those to come would never be routed`,
      );
    this.#routed = watermark;
  }

  /** Whoever routes has the active definitions. */
  #generation({ batch: { generation }, owner, at }: Committed): void {
    const fingerprint = owner === null ? undefined : this.#facts.fingerprints.get(owner);
    if (generation !== undefined) this.#fingerprint = generation.fingerprint;
    else if (fingerprint !== this.#fingerprint)
      this.#breach(
        "generation",
        at,
        [],
        `${owner ?? "somebody"} routes, and the generation that is active has other definitions`,
      );
  }

  #append({ batch, reply, at }: Committed): void {
    if (reply._tag !== "Committed") return;
    for (const index of (batch.signals ?? []).keys())
      if (reply.signals[index] === "accepted") this.#signals += 1;
    if ((batch.signals ?? []).length > 0)
      this.#storedAt = Math.max(this.#storedAt, at, this.#routed.at);
  }

  #count({ attempts = [] }: Batch): void {
    for (const { run, token, outcome } of attempts) {
      if (this.#attemptsSeen.size === this.#attemptsSeen.add(`${run} ${token}`).size) continue;
      const count = this.attempts.get(run) ?? { tried: 0, lost: 0 };
      this.attempts.set(run, count);
      if (outcome._tag === "Crashed" && outcome.error.name === "LostError") count.lost += 1;
      else count.tried += 1;
    }
  }

  #create(run: Run, at: number): void {
    if (this.#runs.has(run.id)) return;
    this.#runs.set(run.id, run);
    const due = runIdOf(run.trigger, run.cause);
    if (due !== run.id)
      this.#breach(
        "no-phantom-run",
        at,
        [run.id],
        `the run ${run.id} has a cause that would make it ${due}`,
      );
    for (const signal of run.cause) {
      const name = `${run.trigger} ${signal}`;
      const other = this.#consumed.get(name);
      if (other !== undefined)
        this.#breach(
          "consumed-once",
          at,
          [run.id, other, signal],
          `${run.trigger} consumes ${signal} twice: for ${other} and for ${run.id}`,
        );
      this.#consumed.set(name, run.id);
    }
  }

  #patch(record: Committed, id: string, patch: Partial<Run>): void {
    const before = this.#runs.get(id);
    if (before === undefined) return;
    const after = { ...before, ...patch };
    this.#runs.set(id, after);
    // What was written and whose reply was lost is written again.
    if (patch.state === undefined || patch.state === before.state) return;
    const { at, owner, batch } = record;
    if (isTerminal(before.state)) {
      this.#breach(
        "one-outcome",
        at,
        [id],
        `${id} has ended ${before.state}, and ${owner ?? "somebody"} makes it ${after.state}`,
      );
      return;
    }
    const move = `${before.state} → ${after.state}`;
    if (!allowed.has(move)) this.#breach("moves", at, [id], `${id} goes ${move}, which is no move`);
    if (heldStates.has(before.state)) this.#fenced(record, { before, after });
    if (isTerminal(after.state)) this.#ended(after, batch, at);
    if (after.state === "succeeded") this.#real(before, after, at);
  }

  /** Only its holder ends a claim, or anybody after the holder's death. */
  #fenced(
    { owner, at, elapsed }: Committed,
    { before, after }: { readonly before: Run; readonly after: Run },
  ): void {
    if (before.owner === owner || before.owner === null) return;
    const diedAt = this.#facts.deaths.get(before.owner);
    if (diedAt === undefined || diedAt > elapsed)
      this.#breach(
        "fenced",
        at,
        [before.id],
        `${owner ?? "somebody"} makes ${before.id} ${after.state}, which ${before.owner} holds and is alive`,
      );
    else if (after.losses !== before.losses + 1)
      this.#breach(
        "fenced",
        at,
        [before.id],
        `${owner ?? "somebody"} settles ${before.id}, which ${before.owner} held until its death`,
      );
  }

  /** The commit that ends a run carries the signal of that. */
  #ended(run: Run, { signals = [] }: Batch, at: number): void {
    const told = signals.some(
      ({ signal }) =>
        signal._tag === "Status" && signal.run === run.id && signal.state === run.state,
    );
    if (!told)
      this.#breach(
        "outcome-with-signals",
        at,
        [run.id],
        `${run.id} ends ${run.state}, and the commit has no signal of that: whoever waits for it will never hear`,
      );
  }

  /** A success is one that a body has really had. */
  #real(before: Run, after: Run, at: number): void {
    const body = this.#facts.bodies.get(`${before.id} ${before.token}`);
    const result =
      after.outcome !== null && "result" in after.outcome ? after.outcome.result : null;
    if (body?.outcome?._tag !== "Succeeded")
      this.#breach(
        "outcome-is-real",
        at,
        [after.id],
        `${after.id} ends succeeded with the token ${before.token}, and no body has succeeded with it`,
      );
    else if (canonical(body.outcome.result) !== canonical(result))
      this.#breach(
        "outcome-is-real",
        at,
        [after.id],
        `${after.id} ends with ${canonical(result)}, and its body returned ${canonical(body.outcome.result)}`,
      );
  }
}

/** What is skipped: the id of a signal, or of an occurrence, which a skip names by its instant; of several at once their range. */
export const subjectOf = ({ id, trigger, reason }: Skip): string =>
  id.slice(trigger.length + 1, -reason.length - 1);
