// The worker's side: takes jobs of the queue, has an executor run their tasks, and says what becomes of them. It decides nothing about a run; whether its word still counts, the engine and
// the store say, by the token.
//
// Invariants:
// 1. A body begins only while the engine that commissioned it lives, and ends, asked or made to, before the lease that could not be renewed is over.
// 2. A job is done for BullMQ only after the word of its end is with Redis: a worker that dies between leaves a job whose end is already known.
import type { Job } from "bullmq";
import type { Redis } from "ioredis";
import * as Effect from "effect/Effect";
import type { ExecutorEvent, ExecutorPort, Order } from "../../core/executor.ts";
import type { Outcome } from "../../core/run.ts";
import { LeasingWorker } from "./leasing-worker.ts";
import {
  cancelChannelOf,
  cancelKeyOf,
  doneKeyOf,
  engineKeyOf,
  jobIdOf,
  lockKeyOf,
  type Place,
} from "./place.ts";
import { Post } from "./post.ts";
import { atMost, pause } from "./patience.ts";
import { isLoss, pipelined } from "./redis.ts";
import { readAddress, readCommission, type Commission, type Word } from "./word.ts";

export interface WorkerSettings {
  readonly client: Redis;
  /** A connection of its own, for it listens to a channel. */
  readonly ears: Redis;
  readonly place: Place;
  readonly executor: ExecutorPort;
  readonly concurrency: number;
  readonly leaseMillis: number;
  readonly warn: (warning: string) => void;
}

/** A body in hand. */
interface Body {
  readonly job: string;
  readonly engine: string;
  readonly order: Order;
  /** Why this worker ends it, which is a loss; null: it doesn't. */
  givenUp: string | null;
  /** Another worker has the job: that one's word counts. */
  isMuted: boolean;
  /** Redis has no lease of it any more. */
  isForgotten: boolean;
  /** By which the lease is this worker's. */
  readonly lock: string;
  readonly ended: () => void;
}

/** What keeps a body from beginning may last: without a pause the run would come back at once, and again. */
const heldMillis = 1_000;
/** Of a version that this one does not know; workers are seldom replaced faster. */
const unreadableHeldMillis = 30_000;
/** A restart of Redis lets leases of engines pass that will be renewed at once. */
const engineGraceMillis = 1_000;
/** For how long a free thread is waited for; afterwards another worker may have one. */
const slotMillis = 5_000;
const lookMillis = 1_000;
/** A lease is given up after this share of it. */
const leaseShare = 0.8;

export class RemoteWorker {
  readonly #settings: WorkerSettings;
  readonly #post: Post;
  readonly #jobs: LeasingWorker;
  readonly #bodies = new Map<string, Body>();
  readonly #deafen: () => void;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #broken = Promise.withResolvers<never>();
  readonly #cutOff = Promise.withResolvers<void>();
  #closed: Promise<void> | undefined;
  #lookedAt = 0;
  #isClosing = false;

  constructor(settings: WorkerSettings) {
    const { client, ears, place, executor, concurrency, leaseMillis, warn } = settings;
    this.#settings = settings;
    this.#post = new Post(client, place, warn);
    this.#jobs = new LeasingWorker(place.queue, (job) => this.#perform(job), {
      connection: client,
      prefix: place.prefix,
      concurrency,
      lockDuration: leaseMillis,
      stalledInterval: leaseMillis / 2,
      maxStalledCount: 0,
      autorun: false,
    });
    this.#jobs.onDoubt = (job, sentAt) => {
      const body = this.#bodies.get(job);
      if (body !== undefined) void this.#doubt(body, sentAt).catch(() => undefined);
    };
    // Nothing that is performed fails: BullMQ has found that another worker's lease is over.
    this.#jobs.on("failed", (job, error) => {
      if (job !== undefined) this.#tellDied(job, error.message);
    });
    this.#jobs.on("error", (error) => {
      if (isNews(error)) warn(error.message);
    });
    ears.on("message", (_, job: string) => this.#cancel(job));
    this.#deafen = executor.events((event) => this.#hear(event));
    this.#timer = setInterval(() => this.#look(), Math.min(250, leaseMillis / 20));
  }

  /** Rejects when no more jobs are taken, although nobody has closed it. */
  get broken(): Promise<never> {
    return this.#broken.promise;
  }

  async open(): Promise<void> {
    await this.#settings.ears.subscribe(cancelChannelOf(this.#settings.place));
    await this.#jobs.waitUntilReady();
    this.#jobs.run().catch((error: unknown) => {
      if (!this.#isClosing) this.#broken.reject(error);
    });
  }

  /** The connection is lost: what was said just before may be forgotten. */
  pause(): void {
    this.#post.forgetOld();
  }

  /** The connection was lost, and is there again: says what it still has, and what it may have said in vain. */
  goOn(): void {
    this.#post.sayAgain();
    const now = performance.now();
    for (const body of this.#bodies.values()) void this.#doubt(body, now).catch(() => undefined);
    this.#lookedAt = 0;
  }

  /** Takes no more; what still runs after the grace is ended, and is lost to the engine. */
  async close(graceMillis: number, endMillis: number): Promise<void> {
    const timer = setTimeout(this.#cutOff.resolve, graceMillis);
    this.#closed ??= this.#close(endMillis);
    await this.#closed;
    clearTimeout(timer);
  }

  async #close(endMillis: number): Promise<void> {
    this.#isClosing = true;
    const closed = this.#jobs.close();
    await Promise.race([closed, this.#cutOff.promise]);
    for (const body of this.#bodies.values()) this.#giveUp(body, "its worker was stopped");
    await atMost(endMillis, closed);
    clearInterval(this.#timer);
    this.#deafen();
    this.#post.close();
    if (this.#jobs.isRunning()) await atMost(endMillis, this.#jobs.disconnect());
  }

  async #perform(job: Job): Promise<void> {
    this.#jobs.hold(job);
    try {
      const commission = readCommission(job.data);
      if (commission === undefined) return await this.#refuse(job);
      const { engine, order } = commission;
      const verdict = await this.#verdict(commission).catch(() => "release" as const);
      if (verdict === "begin") await this.#run(job, commission);
      if (verdict !== "release") return;
      const holdMillis = this.#isClosing ? 0 : heldMillis;
      await this.#post.say(engine, endOf(order, { _tag: "Released", error: null, holdMillis }));
    } finally {
      this.#jobs.letGo(job);
    }
  }

  /** Says that it can't read the job, if it can read to whom. */
  async #refuse({ id, data }: Job): Promise<void> {
    const address = readAddress(data);
    const what = `job ${id} in queue ${this.#settings.place.queue}`;
    this.#settings.warn(
      address === undefined
        ? `${what} is no run of detent's; it was thrown away`
        : `${what} is a run in a version that this one does not know; it was given back: give engines and workers the same version`,
    );
    if (address === undefined) return;
    const error = {
      name: "VersionError",
      message: "the worker does not know this version of a run; give engines and workers the same",
    };
    const outcome = { _tag: "Released", error, holdMillis: unreadableHeldMillis } as const;
    await this.#post.say(address.engine, endOf(address, outcome));
  }

  /** Whether the engine still lives and nobody has cancelled the run, and there is a thread to run it. What is over, and was added once more, is neither begun nor told of. */
  async #verdict({ engine, order }: Commission): Promise<"begin" | "release" | "over"> {
    const { client, place } = this.#settings;
    for (const isLast of [false, true]) {
      // oxlint-disable no-await-in-loop
      const [isAlive, isCancelled, isDone] = await pipelined(client, [
        ["exists", engineKeyOf(place, engine)],
        ["exists", cancelKeyOf(place, jobIdOf(order))],
        ["exists", doneKeyOf(place, jobIdOf(order))],
      ]);
      if (isDone !== 0) return "over";
      if (isCancelled !== 0) return "release";
      if (isAlive === 1) break;
      if (isLast) return "release";
      await pause(engineGraceMillis);
      // oxlint-enable no-await-in-loop
    }
    return (await this.#hasSlot()) ? "begin" : "release";
  }

  /** A thread that has crashed is replaced, which takes a moment. */
  async #hasSlot(): Promise<boolean> {
    const { executor } = this.#settings;
    const since = performance.now();
    while ((await Effect.runPromise(executor.capacity)) === 0) {
      if (this.#isClosing || performance.now() - since > slotMillis) return false;
      // oxlint-disable-next-line no-await-in-loop
      await pause(10);
    }
    return true;
  }

  #run({ id, token = "" }: Job, { engine, order }: Commission): Promise<void> {
    const job = id as string;
    return new Promise((ended) => {
      this.#bodies.set(job, {
        job,
        engine,
        order,
        givenUp: null,
        isMuted: false,
        isForgotten: false,
        lock: token,
        ended,
      });
      Effect.runSync(this.#settings.executor.start(order));
    });
  }

  #hear(event: ExecutorEvent): void {
    if (event._tag === "Capacity") {
      if (event.warning !== null) this.#settings.warn(event.warning);
      return;
    }
    const body = this.#bodies.get(jobIdOf(event));
    if (body === undefined) return;
    if (event._tag !== "Ended") {
      if (!body.isMuted) void this.#post.say(body.engine, event);
      return;
    }
    this.#bodies.delete(body.job);
    if (body.isMuted) body.ended();
    else void this.#post.say(body.engine, finalOf(event, body)).then(body.ended);
  }

  /** The lease may not be this worker's any more: Redis may have forgotten it, and even given the job to another worker. */
  async #doubt(body: Body, sentAt: number): Promise<void> {
    const { client, place } = this.#settings;
    const [lock] = await pipelined(client, [["get", lockKeyOf(place, body.job)]]);
    if (lock === body.lock) return;
    if (lock === null) {
      // Nobody could take it for dead meanwhile: it would have been given up before.
      this.#jobs.renewed(body.lock, sentAt);
      body.isForgotten = true;
      this.#sayHeld(body);
    } else {
      body.isMuted = true;
      this.#giveUp(body, "another worker has it");
    }
  }

  #sayHeld({ engine, order: { run, token } }: Body): void {
    void this.#post.say(engine, { _tag: "Held", run, token });
  }

  /** Often: the leases. Each second: what Redis does not know, and who was cancelled while nobody listened. */
  #look(): void {
    const now = performance.now();
    const { leaseMillis } = this.#settings;
    for (const body of this.#bodies.values()) {
      const age = now - (this.#jobs.renewedAt(body.lock) ?? now);
      if (age > leaseShare * leaseMillis)
        this.#giveUp(body, `its worker could not renew its lease for ${Math.round(age)} ms`);
    }
    if (now - this.#lookedAt < lookMillis || this.#settings.client.status !== "ready") return;
    this.#lookedAt = now;
    for (const body of this.#bodies.values()) if (body.isForgotten) this.#sayHeld(body);
    void this.#lookForCancels().catch(() => undefined);
  }

  async #lookForCancels(): Promise<void> {
    const { client, place } = this.#settings;
    const jobs = [...this.#bodies.keys()];
    // With nothing to ask for, whether the server still answers.
    const [, ...replies] = await pipelined(client, [
      ["ping"],
      ...jobs.map((job) => ["exists", cancelKeyOf(place, job)] as const),
    ]);
    for (const [index, job] of jobs.entries()) if (replies[index] === 1) this.#cancel(job);
  }

  #cancel(job: string): void {
    const body = this.#bodies.get(job);
    if (body !== undefined) Effect.runSync(this.#settings.executor.cancel(body.order.run));
  }

  #giveUp(body: Body, why: string): void {
    if (body.givenUp !== null) return;
    body.givenUp = why;
    Effect.runSync(this.#settings.executor.cancel(body.order.run));
  }

  #tellDied(job: Job, message: string): void {
    const address = readAddress(job.data);
    if (address === undefined) return;
    const error = { name: "CrashError", message: `its worker died: ${message}` };
    void this.#post.say(address.engine, endOf(address, { _tag: "Crashed", error }));
  }
}

const endOf = ({ run, token }: Pick<Order, "run" | "token">, outcome: Outcome): Word => ({
  _tag: "Ended",
  run,
  token,
  outcome,
  emitted: [],
});

/** A body that had to end because of its worker, and did not finish first, has not had its attempt. */
const finalOf = (ended: ExecutorEvent & { readonly _tag: "Ended" }, { givenUp }: Body): Word => {
  const { _tag } = ended.outcome;
  if (givenUp === null || (_tag !== "Cancelled" && _tag !== "Crashed")) return ended;
  const error = { name: "LostError", message: givenUp };
  return { ...ended, outcome: { _tag: "Crashed", error }, emitted: [], isLost: true };
};

/** Connections tell themselves when they are lost, and leases are looked after here. */
const isNews = (error: Error): boolean =>
  !isLoss(error) && !/^Missing (lock|key)|could not renew lock/.test(error.message);
