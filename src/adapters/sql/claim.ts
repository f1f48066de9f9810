// Which of the runs that lie at the beginnings of their lines a claim takes.
import type { ClaimReply } from "../../core/store.ts";

export interface Candidate {
  readonly place: number;
  readonly task: string;
  readonly key: string | null;
  readonly priority: number;
  readonly dueAt: number;
}

/** How many runs of a task and concurrency key may still be held. */
export interface Rooms {
  readonly of: (task: string, key: string | null) => number;
  readonly take: (task: string, key: string | null) => void;
}

/** At most `limit`, by priority, `dueAt` and creation; and when the next of those that are left, and have room, is due. */
export const pick = <Each extends Candidate>(
  candidates: readonly Each[],
  { limit, rooms, now }: { readonly limit: number; readonly rooms: Rooms; readonly now: number },
): { readonly taken: readonly Each[] } & Pick<ClaimReply, "nextDueAt"> => {
  const taken = new Set<Each>();
  for (const candidate of candidates.filter(({ dueAt }) => dueAt <= now).toSorted(inOrder)) {
    if (taken.size >= limit) break;
    const { task, key } = candidate;
    if (rooms.of(task, key) <= 0) continue;
    rooms.take(task, key);
    taken.add(candidate);
  }
  let nextDueAt: number | null = null;
  for (const candidate of candidates) {
    const { task, key, dueAt } = candidate;
    if (taken.has(candidate) || rooms.of(task, key) <= 0) continue;
    if (nextDueAt === null || dueAt < nextDueAt) nextDueAt = dueAt;
  }
  return { taken: [...taken], nextDueAt };
};

const inOrder = (a: Candidate, b: Candidate): number =>
  b.priority - a.priority || a.dueAt - b.dueAt || a.place - b.place;
