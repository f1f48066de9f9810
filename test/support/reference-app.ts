// A deliberately simple model of one app: lists that are searched from the beginning, no index, no batches, no rows. It says which runs, skips and waiting matches there must be
// after a log of what happened, and knows nothing of how detent gets there.
import {
  all,
  any,
  event,
  every,
  failure,
  result,
  status,
  task,
  trigger,
  type AppDefinition,
} from "../../src/core/index.ts";

const work = task({ id: "work", lossesMax: 1, run: (input: unknown) => input });
const next = task({ id: "next", priority: 1, run: (input: unknown) => input });

export const app: AppDefinition = {
  tasks: [work, next],
  triggers: [
    trigger("each", { when: event("a", ({ n }: { n: number }) => checked(n)), run: work }),
    trigger("pair", {
      when: all([event("a"), event("b")]),
      by: ({ payload }) => String((payload as { n: number }).n % 2),
      within: "20 s",
      run: next,
    }),
    trigger("tick", { when: every("10 s", { missed: "all", anchor: 0 }), run: work }),
    trigger("good", { when: result(work), run: next }),
    trigger("bad", { when: any([failure(work), status(work, "retrying")]), run: next }),
  ],
};

const checked = (n: number): boolean => {
  if (n === 3) throw new Error("three");
  return n > 0;
};

interface Told {
  readonly at: number;
  readonly kind: "a" | "b" | "succeeded" | "failed" | "lost" | "retrying" | "running";
  /** How detent calls what is heard, in the order in which it is. */
  readonly ids: readonly string[];
  readonly n: number;
  readonly task: string;
}

export interface ModelRun {
  readonly trigger: string;
  readonly task: string;
  readonly cause: string;
  readonly dueAt: number;
  readonly state: string;
  readonly attempt: number;
  readonly losses: number;
  readonly owner: string | null;
}

interface Match {
  readonly leaf: "a" | "b";
  readonly id: string;
  readonly key: string;
  readonly at: number;
}

export class Model {
  now = 0;
  log: Told[] = [];
  runs: ModelRun[] = [];
  skips: string[] = [];
  waiting: Match[] = [];
  routed = 0;
  routedAt = 0;
  revision = 0;
  tickedAt = 0;

  tell(told: Omit<Told, "at">): void {
    this.log.push({ ...told, at: Math.max(this.now, this.routedAt, this.log.at(-1)?.at ?? 0) });
  }

  /** Takes what is told up to `seq`, and what comes due up to `until`, one after the other. */
  route(seq: number, until: number): void {
    while (this.routed < seq) {
      const told = this.log[this.routed++]!;
      this.comeDue(told.at);
      this.hear(told);
    }
    this.comeDue(until);
    this.routedAt = Math.max(this.routedAt, until);
    this.revision++;
  }

  private comeDue(until: number): void {
    for (;;) {
      const tick = this.tickedAt + 10_000;
      const oldest = Math.min(...this.waiting.map(({ at }) => at + 20_000));
      if (Math.min(tick, oldest) > until) return;
      if (oldest <= tick) {
        const gone = this.waiting.find(({ at }) => at + 20_000 === oldest)!;
        this.waiting.splice(this.waiting.indexOf(gone), 1);
        this.skips.push(`pair ${gone.id} within-passed`);
      } else {
        this.tickedAt = tick;
        this.owe("tick", "work", `@${tick}`, tick);
      }
    }
  }

  private hear({ kind, ids, n, task: of, at }: Told): void {
    const [id = ""] = ids;
    if (kind === "a" && n === 3) this.skips.push(`each ${id} filtered-by-error`);
    if (kind === "a" && (n === 1 || n === 2)) this.owe("each", "work", id, at);
    if (kind === "a" || kind === "b") this.pair({ leaf: kind, id, key: String(n % 2), at });
    if (of === "work" && kind === "succeeded") this.owe("good", "next", id, at);
    if (of === "work" && (kind === "failed" || kind === "lost" || kind === "retrying"))
      this.owe("bad", "next", id, at);
  }

  private pair(match: Match): void {
    const other = this.waiting.find(({ leaf, key }) => leaf !== match.leaf && key === match.key);
    if (other === undefined) {
      this.waiting.push(match);
      return;
    }
    this.waiting.splice(this.waiting.indexOf(other), 1);
    const [a, b] = match.leaf === "a" ? [match, other] : [other, match];
    this.owe("pair", "next", `${a.id},${b.id}`, match.at);
  }

  private owe(trigger: string, of: string, cause: string, dueAt: number): void {
    this.runs.push({
      trigger,
      task: of,
      cause,
      dueAt,
      state: "pending",
      attempt: 0,
      losses: 0,
      owner: null,
    });
  }

  /** The runs that are claimed next: of `next` first, which has the higher priority; then the oldest. */
  claim(owner: string, limit: number): readonly ModelRun[] {
    const due = this.runs.filter(({ state, dueAt }) => state === "pending" && dueAt <= this.now);
    const priority = ({ task: of }: ModelRun): number => (of === "next" ? 0 : 1);
    const chosen = [...due]
      .sort((one, other) => priority(one) - priority(other) || one.dueAt - other.dueAt)
      .slice(0, limit);
    return chosen.map((run) =>
      this.change(run, { state: "claimed", attempt: run.attempt + 1, owner }),
    );
  }

  change(run: ModelRun, fields: Partial<ModelRun>): ModelRun {
    const changed = { ...run, ...fields };
    this.runs[this.runs.indexOf(run)] = changed;
    return changed;
  }

  claimed(): readonly ModelRun[] {
    return this.runs.filter(({ state }) => state === "claimed");
  }
}
