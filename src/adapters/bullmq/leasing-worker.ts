// BullMQ's own worker, which also tells since when each lease counts: by the monotonic clock, from before a renewal was sent.
import { Worker, type Job } from "bullmq";

export class LeasingWorker extends Worker {
  /** By the token of the lease: a job that is taken once more has another one. */
  readonly #renewedAt = new Map<string, number>();
  /** The lease may not be this worker's any more. */
  onDoubt: (job: string, sentAt: number) => void = () => undefined;

  /** A job is in hand, from before its body begins. */
  hold({ token = "", processedOn = Date.now() }: Job): void {
    // By this machine's clock, as it took the job.
    const age = Math.max(0, Date.now() - processedOn);
    this.#renewedAt.set(token, performance.now() - age);
  }

  letGo({ token = "" }: Job): void {
    this.#renewedAt.delete(token);
  }

  renewedAt(lease: string): number | undefined {
    return this.#renewedAt.get(lease);
  }

  renewed(lease: string, at: number): void {
    if (this.#renewedAt.has(lease)) this.#renewedAt.set(lease, at);
  }

  override async extendJobLocks(
    jobs: string[],
    leases: string[],
    duration: number,
  ): Promise<string[]> {
    const sentAt = performance.now();
    const lost = await super.extendJobLocks(jobs, leases, duration);
    for (const [index, job] of jobs.entries())
      if (lost.includes(job)) this.onDoubt(job, sentAt);
      else this.renewed(leases[index] as string, sentAt);
    return lost;
  }
}
