// Sabotage: engines with one fault in their protocol each, to see that the oracle sees it.
import { claiming, dying } from "./claiming-mutants.ts";
import type { Mutant } from "./mutant.ts";
import { deploying, hurrying, routing } from "./routing-mutants.ts";

const storing: readonly Mutant[] = [
  {
    name: "acknowledged-unflushed",
    fault: "what was acknowledged may still be lost with the power",
    tamper: (store) => void (store.keep = () => undefined),
  },
];

/** All of them; each must be seen by the oracle. */
export const mutants: readonly Mutant[] = [
  ...routing,
  ...claiming,
  ...dying,
  ...hurrying,
  ...deploying,
  ...storing,
];
