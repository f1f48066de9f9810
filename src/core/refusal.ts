// Refusals: whether a run may make a move now, by the table of moves in run.ts and by who asks. A refusal is a value that its caller branches on, never an error.
import { isTerminal, moves, runStates, type Run, type RunState } from "./run.ts";

export type MoveName = keyof typeof moves;

/** What a person may ask of a run. Neither is a move of its own: a held run is cancelled by its holder, and a retry is another run. */
export const requests = {
  cancel: { of: ["pending", "claimed", "running"] },
  retry: { of: runStates.filter(isTerminal) },
} as const satisfies Record<string, { of: readonly RunState[] }>;

export type Asked =
  | {
      readonly move: MoveName;
      /** Who makes the move, where only the holder may. */
      readonly by?: { readonly owner: string; readonly token: number };
    }
  | { readonly request: keyof typeof requests };

/**
 * Why not: there is no such run; it is over; it is not over yet; it is in another state than those of `allowed`; it is held by somebody else, or by the same
 * engine under a later claim.
 */
export interface Refusal {
  readonly reason: "unknown" | "over" | "not-over" | "other-state" | "not-holder";
  readonly state: RunState | null;
  readonly allowed: readonly RunState[];
}

/** Why what is asked can't be done to the run, or undefined if it can. */
export const refusalOf = (run: Run | undefined, asked: Asked): Refusal | undefined => {
  const allowed: readonly RunState[] =
    "move" in asked ? moves[asked.move].from : requests[asked.request].of;
  const refused = (reason: Refusal["reason"]): Refusal => ({
    reason,
    state: run?.state ?? null,
    allowed,
  });
  if (run === undefined) return allowed.length === 0 ? undefined : refused("unknown");
  if (!allowed.includes(run.state)) {
    if (isTerminal(run.state)) return refused("over");
    return refused("request" in asked ? "not-over" : "other-state");
  }
  const by = "move" in asked ? asked.by : undefined;
  return by === undefined || (by.owner === run.owner && by.token === run.token)
    ? undefined
    : refused("not-holder");
};
