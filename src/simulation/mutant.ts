// A mutant: an engine with one fault in its protocol. It stands between the engine and its store and changes what the engine says or hears, or breaks the simulated store;
// production code knows nothing of it.
import type { Run } from "../core/run.ts";
import type { SimulatedEngine } from "../core/simulation/simulated-engine.ts";
import type { WorldInternals } from "../core/simulation/world-options.ts";
import type { Batch, StorePort } from "../core/store.ts";

export interface Mutant extends Pick<WorldInternals, "wrap" | "tamper"> {
  readonly name: string;
  /** What it does wrong. */
  readonly fault: string;
}

type Change = (batch: Batch, engine: SimulatedEngine) => Batch;

/** A mutant that says something else than the engine does. */
export const saying = (name: string, fault: string, change: Change): Mutant => ({
  name,
  fault,
  wrap: (port, engine) => ({
    ...port,
    get abilities() {
      return port.abilities;
    },
    commit: (batch) => port.commit(change(batch, engine)),
  }),
});

/** A mutant that does something else. */
export const doing = (
  name: string,
  fault: string,
  change: (port: StorePort, engine: SimulatedEngine) => Partial<StorePort>,
): Mutant => ({
  name,
  fault,
  wrap: (port, engine) => ({
    ...port,
    get abilities() {
      return port.abilities;
    },
    ...change(port, engine),
  }),
});

export const isRoute = (batch: Batch): boolean =>
  batch.watermark !== undefined && batch.generation === undefined;
export const isSettle = ({ checks }: Batch): boolean => checks[0]?._tag === "Held";
export const isReclaim = ({ checks }: Batch): boolean => checks[0]?._tag === "OwnerOpen";

export const patched = (batch: Batch, change: (patch: Partial<Run>) => Partial<Run>): Batch => ({
  ...batch,
  patches: (batch.patches ?? []).map(({ run, patch }) => ({ run, patch: change(patch) })),
});
