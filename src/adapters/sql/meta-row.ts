// An app's row in `meta`: where its log ends, how far it is routed, how many rows there are of each kind.
import { runStates, type RunState } from "../../core/run.ts";
import type { Cell, Row } from "./cell.ts";

/** Rows of one app have places from `number * appSpan` on. */
export const appSpan = 2 ** 36;

/** docs/store.md says what each field counts. */
export interface Meta {
  revision: number;
  routedSeq: number;
  routedAt: number;
  newestAt: number;
  signals: number;
  strays: number;
  runs: number;
  skips: number;
  matches: number;
  signalsPurged: number;
  skipsPurged: number;
  tombstones: number;
  generation: number | null;
  readonly states: { [state in RunState]: number };
}

export const metaFields = [
  "revision",
  "routed_seq",
  "routed_at",
  "newest_at",
  "signals",
  "strays",
  "runs",
  "skips",
  "matches",
  "signals_purged",
  "skips_purged",
  "tombstones",
  "generation",
  ...runStates,
];
const counted = [
  "revision",
  "routedSeq",
  "routedAt",
  "newestAt",
  "signals",
  "strays",
  "runs",
  "skips",
  "matches",
  "signalsPurged",
  "skipsPurged",
  "tombstones",
] as const satisfies readonly (keyof Meta)[];

/** The row has the cells in the order of `metaFields`. */
export const metaOf = (row: Row): Meta => {
  const [generation, ...states] = row.slice(counted.length) as readonly (number | null)[];
  return {
    ...(Object.fromEntries(counted.map((field, index) => [field, row[index]])) as Omit<
      Meta,
      "generation" | "states"
    >),
    generation: generation ?? null,
    states: Object.fromEntries(
      runStates.map((state, index) => [state, states[index]]),
    ) as Meta["states"],
  };
};

export const metaCells = (meta: Meta): readonly Cell[] => [
  ...counted.map((field) => meta[field]),
  meta.generation,
  ...runStates.map((state) => meta.states[state]),
];
