// The options that all schedules have, and how they are read: every fault is noted with the schedule's place, and reading goes on.
import { readDuration, type DurationInput } from "./duration.ts";
import { readInstant, type InstantInput } from "./instant.ts";
import { noOption, shown, type Reading } from "./reading.ts";

/** What becomes of an occurrence that is noticed too late. */
type Missed = "skip" | "latest" | "all";

/** What an occurrence does while a run of its trigger is not over. */
export type Overlap = "allow" | "skip" | "bufferOne" | "bufferAll" | "cancelOther";

export interface ScheduleOptions {
  /** Which of the occurrences noticed later than `missedAfter` still run: none, the newest, all. Default "latest". */
  readonly missed?: Missed;
  /** An occurrence noticed within this time is on time. Default 1 minute. */
  readonly missedAfter?: DurationInput;
  /** Older ones are skipped whatever `missed` says. Default: no limit. */
  readonly missedWithin?: DurationInput;
  /** With "all", at most this many run, the newest. Default 1,000. */
  readonly missedMax?: number;
  /**
   * What becomes of an occurrence while runs of its trigger are not over, retries included. "allow": it runs beside them. "skip": it becomes a skip. "bufferOne": it waits for
   * their end, unless another one waits; then it becomes a skip. "bufferAll": all wait, at most `waitingMax` of the trigger, and run one after the other. "cancelOther": they
   * are cancelled, and it runs once they are over; only the newest waits. Default "allow".
   */
  readonly overlap?: Overlap;
  /** A run waits up to this long after its occurrence, by a hash of its id; of `every`, less than the interval. Of a join's leaves no run is made to wait. Default 0. */
  readonly jitter?: DurationInput;
  /** The first instant at which an occurrence may lie; included. Default: no bound. */
  readonly startAt?: InstantInput;
  /** The last instant at which an occurrence may lie; included. Default: no bound. */
  readonly endAt?: InstantInput;
}

/** A schedule's policies with defaults filled in. */
export interface SchedulePolicy {
  readonly missed: Missed;
  readonly missedAfterMillis: number;
  readonly missedWithinMillis: number | undefined;
  readonly missedMax: number;
  readonly overlap: Overlap;
  readonly jitterMillis: number;
}

/** The words of a schedule, of which nothing is known yet. */
export type RawSchedule = { readonly [name: string]: unknown };

/** Reads the words of one schedule and keeps what is wrong with them. A wrong word counts as its default, so that the next ones can be read. */
export class ScheduleReader {
  readonly faults: string[] = [];
  private readonly schedule: RawSchedule;
  private readonly place: string;

  /** `place` is how a message names the schedule: `cron("0 2 * * *")`. */
  constructor(schedule: RawSchedule, place: string) {
    this.schedule = schedule;
    this.place = place;
  }

  note(fault: string): void {
    this.faults.push(`${this.place}: ${fault}`);
  }

  /** What `read` makes of a word; undefined when the word is absent or wrong. */
  take<Value>(name: string, read: (word: unknown) => Reading<Value>): Value | undefined {
    const word = this.schedule[name];
    if (word === undefined) return undefined;
    const reading = read(word);
    if (reading.ok) return reading.value;
    this.note(`${name}: ${reading.message}`);
    return undefined;
  }

  choice<Word extends string>(name: string, words: readonly [Word, ...Word[]]): Word {
    const word = this.schedule[name];
    const found = word === undefined ? words[0] : words.find((it) => it === word);
    if (found === undefined)
      this.note(
        `${name} is ${shown(word)}; give ${words.map((it) => JSON.stringify(it)).join(" or ")}`,
      );
    return found ?? words[0];
  }

  /** Notes every option that is none of `names`: a misspelt one would silently do nothing. `word` is the schedule's own. */
  only(names: readonly string[], word: string): void {
    for (const name of Object.keys(this.schedule)) {
      if (name === "options")
        this.note(
          `options is ${shown(this.schedule[name])}; give an object such as { ${names[0]}: … }`,
        );
      else if (name !== "_tag" && name !== word && !names.includes(name))
        this.note(`${shown(name)} ${noOption(name, names)}`);
    }
  }
}

export const optionNames: readonly (keyof ScheduleOptions)[] = [
  "missed",
  "missedAfter",
  "missedWithin",
  "missedMax",
  "overlap",
  "jitter",
  "startAt",
  "endAt",
];

/** The policies that a schedule's words ask for. */
export const policyOf = (reader: ScheduleReader): SchedulePolicy => ({
  missed: reader.choice("missed", ["latest", "skip", "all"]),
  missedAfterMillis: reader.take("missedAfter", readDuration) ?? 60_000,
  missedWithinMillis: reader.take("missedWithin", readDuration),
  missedMax: reader.take("missedMax", readCount) ?? 1_000,
  overlap: reader.choice("overlap", ["allow", "skip", "bufferOne", "bufferAll", "cancelOther"]),
  jitterMillis: reader.take("jitter", readDuration) ?? 0,
});

/** The bounds of a schedule, both included. */
export const boundsOf = (
  reader: ScheduleReader,
): { readonly startAt: number; readonly endAt: number } => {
  const startAt = reader.take("startAt", readInstant) ?? -Infinity;
  const endAt = reader.take("endAt", readInstant) ?? Infinity;
  if (startAt > endAt) reader.note("startAt lies after endAt, so nothing is left; exchange them");
  return { startAt, endAt };
};

const readCount = (word: unknown): Reading<number> =>
  typeof word === "number" && Number.isSafeInteger(word) && word >= 1
    ? { ok: true, value: word }
    : { ok: false, message: `${shown(word)} is no count; give a whole number of at least 1` };
