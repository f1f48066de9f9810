// What a simulation has found: of each law that was broken, the smallest plan that breaks it; and plans that went two ways.
import type { Played } from "../core/simulation/play.ts";
import type { Plan } from "../core/simulation/plan.ts";
import type { SimulateOptions } from "./options.ts";
import type { SimulationViolation } from "./report.ts";
import { savePlan } from "./saved.ts";
import { shrunk, writtenOf } from "./shrink.ts";
import { timelineOf } from "./timeline.ts";
import { twoWaysOf, type TwoWays } from "./two-ways.ts";

export interface FindingsListener {
  /** What is found is neither made smaller nor seen again. */
  readonly isQuick?: boolean;
  /** Is given the world of each finding. */
  readonly onWorld?: (played: Played, violation?: SimulationViolation) => void;
  /** Is told the law before a plan that broke it is made smaller, which may take seconds. */
  readonly onSmaller?: (law: string) => void;
}

/** Plays a plan; undefined if that can't be now. */
type Replay = (plan: Plan) => Played | undefined;

export class Findings {
  readonly #violations = new Map<string, SimulationViolation>();
  readonly #replay: Replay;
  readonly #options: SimulateOptions;
  readonly #listener: FindingsListener;

  constructor(replay: Replay, options: SimulateOptions, listener: FindingsListener) {
    this.#replay = replay;
    this.#options = options;
    this.#listener = listener;
  }

  /** One for each law, in the order in which they were found. */
  get violations(): readonly SimulationViolation[] {
    return [...this.#violations.values()];
  }

  /** The same plan must go the same way: otherwise a function of the user's reads a clock, chance or something that it has kept. True: it went another way. */
  seeAgain(plan: Plan, first: Played): boolean {
    const again = this.#replay(plan);
    const told = again && twoWaysOf(first, again, this.#options);
    if (told !== undefined) this.tellTwoWays(plan, first, told);
    return told !== undefined;
  }

  tellTwoWays(plan: Plan, first: Played, { message, timeline }: TwoWays): void {
    const law = "deterministic";
    this.#violations.set(law, { law, message, plan: writtenOf(plan, first), timeline });
  }

  /** Explains the laws that a plan broke and no one before it did. */
  explain(plan: Plan, found: Played): void {
    const fresh = found.violations.filter(({ law }) => !this.#violations.has(law));
    if (fresh.length === 0) return;
    // What is not there again can't be made smaller.
    const isFirm = this.#listener.isQuick !== true && !this.seeAgain(plan, found);
    for (const { law, message } of fresh) this.#explain(plan, { found, law, message, isFirm });
  }

  #explain(
    plan: Plan,
    broken: {
      readonly found: Played;
      readonly law: string;
      readonly message: string;
      readonly isFirm: boolean;
    },
  ): void {
    const { found, law, message, isFirm } = broken;
    const whole = writtenOf(plan, found);
    if (isFirm) this.#listener.onSmaller?.(law);
    const smallest = isFirm ? shrunk(this.#replay, { plan, found, law }) : whole;
    const last = smallest === whole ? found : this.#replay(smallest);
    const violation = last?.violations.find((it) => it.law === law);
    const shown =
      last === undefined || violation === undefined
        ? { law, message, plan: whole, timeline: found.world.timeline().slice(-15) }
        : {
            law,
            message: violation.message,
            plan: smallest,
            timeline: timelineOf(last, violation),
          };
    const { save } = this.#options;
    const told = save === undefined ? shown : { ...shown, file: savePlan(save, shown) };
    this.#violations.set(law, told);
    this.#listener.onWorld?.(last ?? found, told);
  }
}
