// Looks, every few seconds, whether somebody still has what was handed over. Words may fail to come: a worker was killed, Redis was killed and has forgotten its last second. What
// can be found nowhere for `lostAfter`, while Redis is there to be asked, is given up.
import { engineKeyOf, engineMillis, jobKeyOf, lockKeyOf } from "./place.ts";
import { pipelined } from "./redis.ts";
import type { Handed, Remote } from "./remote.ts";

const lookMillisMax = 5_000;

interface Sight {
  readonly hasJob: boolean;
  readonly hasWorker: boolean;
  /** A worker has taken it at some time. */
  readonly wasTaken: boolean;
}

export class Lookout {
  readonly #remote: Remote;
  readonly #lostMillis: number;
  readonly #lookMillis: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(remote: Remote, lostMillis: number) {
    this.#remote = remote;
    this.#lostMillis = lostMillis;
    this.#lookMillis = Math.min(lookMillisMax, lostMillis / 3);
  }

  /** Redis was away: what could not be found before, its worker could not tell of either. */
  doubtNothing(): void {
    for (const handed of this.#remote.handed.values()) handed.missedSince = null;
    void this.look();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** Looks now, says that this engine lives, and looks again later. */
  async look(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    try {
      if (this.#remote.isThere) await this.#look();
    } catch {
      // Redis went away meanwhile: next time.
    }
    clearTimeout(this.#timer);
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.look(), this.#lookMillis);
  }

  async #look(): Promise<void> {
    const { client, place } = this.#remote.links;
    const sent = [...this.#remote.handed.values()].filter(({ isSent }) => isSent);
    const [, ...replies] = await pipelined(client, [
      ["set", engineKeyOf(place, this.#remote.engine), "1", "PX", engineMillis],
      ...sent.flatMap(({ id }) => [
        ["exists", jobKeyOf(place, id)] as const,
        ["exists", lockKeyOf(place, id)] as const,
        ["hexists", jobKeyOf(place, id), "processedOn"] as const,
      ]),
    ]);
    const now = performance.now();
    for (const [index, handed] of sent.entries()) {
      const [hasJob, hasWorker, wasTaken] = replies
        .slice(3 * index, 3 * index + 3)
        .map((reply) => reply === 1) as [boolean, boolean, boolean];
      // oxlint-disable-next-line no-await-in-loop -- seldom more than a few are given up
      await this.#judge(handed, { hasJob, hasWorker, wasTaken }, now);
    }
  }

  async #judge(handed: Handed, { hasJob, hasWorker, wasTaken }: Sight, now: number): Promise<void> {
    if (hasJob && (hasWorker || !wasTaken)) {
      handed.missedSince = null;
      return;
    }
    handed.missedSince ??= now;
    if (now - handed.missedSince < this.#lostMillis) return;
    if (!hasJob) this.#remote.end(handed, lost(handed), true);
    // BullMQ removes no job that a worker has got after all.
    else if ((await this.#remote.links.jobs.remove(handed.id)) === 1)
      this.#remote.end(handed, workerDied);
  }
}

const lost = ({ order, hasBegun }: Handed) =>
  ({
    _tag: "Crashed",
    error: {
      name: "LostError",
      message: `Redis has forgotten attempt ${order.attempt}, and no worker ${hasBegun ? "has it any more" : "says that it has it"}`,
    },
  }) as const;

const workerDied = {
  _tag: "Crashed",
  error: { name: "CrashError", message: "its worker died, or let its lease pass" },
} as const;
