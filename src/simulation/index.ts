// Entry point `detent/simulation`: worlds in virtual time, with faults, in which the engine of production runs.
export type { Environment, IntervalInput } from "../core/simulation/environment.ts";
export { AsyncTaskError, fake, type Fake, type FakeOptions } from "../core/simulation/fake.ts";
export type { Fault, FaultKind, FaultName, FaultsInput } from "../core/simulation/fault.ts";
export type { Departure, Strategy } from "../core/simulation/interleaving.ts";
export type { Plan } from "../core/simulation/plan.ts";
export type { Laws, Scene } from "../core/simulation/laws.ts";
export type {
  Reason,
  WorldEvent,
  WorldRun,
  WorldSkip,
  WorldWaiting,
} from "../core/simulation/view.ts";
export type { Emission, EmissionOptions } from "../core/simulation/client.ts";
export type { Durability } from "../core/simulation/simulated-store.ts";
export { world, type World } from "../core/simulation/world.ts";
export { NotIdleError } from "../core/simulation/world-state.ts";
export type { WorldOptions } from "../core/simulation/world-options.ts";
export { loaded } from "./loaded.ts";
export type { WrittenPlan } from "./shrink.ts";
export type { SimulateOptions } from "./options.ts";
export type { SimulationReport, SimulationViolation } from "./report.ts";
export { simulate } from "./simulate.ts";
