// The audit of a store: laws over what was written, one write after the other, as it is written. It keeps its own books from the writes and from what really happened
// (bodies, deaths), and asks the store nothing.
import type { Run } from "../run.ts";
import { runIdOf } from "../run-id.ts";
import type { Batch, Skip } from "../store.ts";
import type { StoreRecord } from "./mirror.ts";
import { moveFaults, type Committed, type Facts } from "./move-audit.ts";
import type { Past } from "./past.ts";
import type { Violation } from "./violation.ts";

/** How many attempts at a run were settled, and how many were lost. */
export interface Attempts {
  tried: number;
  lost: number;
}

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
    this.violations.push(...moveFaults({ record, before, after, facts: this.#facts }));
  }
}

/** What is skipped: the id of a signal, or of an occurrence, which a skip names by its instant; of several at once their range. */
export const subjectOf = ({ id, trigger, reason }: Skip): string =>
  id.slice(trigger.length + 1, -reason.length - 1);
