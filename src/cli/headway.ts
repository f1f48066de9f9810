// How far `detent simulate` has got, on standard error: on a terminal one line that is drawn again in place and wiped at the end; elsewhere, as in the logs of CI, a line now and
// then, so that nobody takes minutes of silence for a hang.
import type { Headway } from "../simulation/internals.ts";

interface Target {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly write: (text: string) => unknown;
}

const redrawMillis = 100;
const lineMillis = 10_000;
/** What is left is not told sooner. */
const guessMillis = 2_000;
/** The first plan is played twice, and cold, or while threads begin: it says nothing of the others. */
const typicalPlan = 2;

export class HeadwayLine {
  readonly #target: Target;
  readonly #now: () => number;
  readonly #isLive: boolean;
  readonly #beganAt: number;
  /** When a typical plan would have begun, had smaller ones not been looked for. */
  #typicalAt: number | undefined;
  #smallerAt: number | undefined;
  #toldAt: number;
  #stage: string | undefined;
  #isDrawn = false;

  /** @param now milliseconds of a clock that nobody sets */
  constructor(target: Target, now: () => number, terminal: string | undefined) {
    this.#target = target;
    this.#now = now;
    this.#isLive = target.isTTY === true && terminal !== "dumb";
    this.#beganAt = now();
    this.#toldAt = this.#isLive ? -Infinity : this.#beganAt;
  }

  readonly tell = (headway: Headway): void => {
    const now = this.#now();
    this.#keepTime(headway, now);
    const isNews = this.#isLive && headway.stage !== this.#stage;
    this.#stage = headway.stage;
    if (!isNews && now - this.#toldAt < (this.#isLive ? redrawMillis : lineMillis)) return;
    this.#toldAt = now;
    const text = textOf(headway, now - (this.#typicalAt ?? now));
    if (!this.#isLive) return void this.#target.write(`${text}\n`);
    this.#isDrawn = true;
    // One that is as wide as the terminal would begin another line.
    this.#target.write(`\r\u001B[K${text.slice(0, (this.#target.columns || 80) - 1)}`);
  };

  #keepTime({ stage, plan }: Headway, now: number): void {
    if (stage === "smaller") this.#smallerAt ??= now;
    else if (stage === "plan" && plan >= typicalPlan) {
      const looking = this.#typicalAt === undefined ? 0 : now - (this.#smallerAt ?? now);
      this.#typicalAt = (this.#typicalAt ?? now) + looking;
      this.#smallerAt = undefined;
    }
  }

  wipe(): void {
    if (this.#isDrawn) this.#target.write("\r\u001B[K");
    this.#isDrawn = false;
  }
}

const textOf = ({ stage, plan, plans, owed, law }: Headway, millis: number): string => {
  const which = `${stage === "saved" ? "saved plan" : "plan"} ${plan} of ${plans}`;
  if (law !== null) return `${which} breaks ${law}: looking for a smaller one that does, too`;
  if (stage === "saved") return which;
  const left = (millis / (plan - typicalPlan)) * (plans - plan + 1);
  const guess =
    plan > typicalPlan + 1 && millis >= guessMillis ? `, about ${leftText(left)} left` : "";
  return `${which}: ${owed} ${owed === 1 ? "run was" : "runs were"} owed so far${guess}`;
};

const leftText = (millis: number): string => {
  const seconds = Math.ceil(millis / 1_000);
  return seconds < 60 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
};
