// `detent simulate --html`: keeps the world that a person will want to look at, and writes its page.
import { writeFileSync } from "node:fs";
import type { Played } from "../core/simulation/play.ts";
import { pageOf } from "../simulation/page.ts";
import type { SimulationViolation } from "../simulation/report.ts";
import type { SimulateInternals } from "../simulation/internals.ts";

/** The world of the first law that was broken, or else that of the first plan. */
export class Shown implements SimulateInternals {
  #played: Played | undefined;
  #violation: SimulationViolation | undefined;

  readonly onWorld = (played: Played, violation?: SimulationViolation): void => {
    if (this.#violation !== undefined) return;
    this.#played = played;
    this.#violation = violation;
  };

  get law(): string | undefined {
    return this.#violation?.law;
  }

  write(target: string, app: string): void {
    if (this.#played !== undefined)
      writeFileSync(
        target,
        pageOf(this.#played, { title: `detent simulate ${app}`, broken: this.#violation }),
      );
  }
}
