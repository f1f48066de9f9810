// The trace of a world: what happened, as lines that a person reads, and one hash over every step that was taken.
import { occurrencesText } from "../condition-text.ts";
import { formatInstant } from "../instant.ts";
import { mixed, numberOf } from "./chance.ts";

export interface Line {
  readonly at: number;
  /** Since the beginning, on the clock that nobody sets. */
  readonly elapsed: number;
  /** Counted from 0; null: the world around the engines. */
  readonly engine: number | null;
  readonly text: string;
}

export class Trace {
  readonly lines: Line[] = [];
  #one = 0x243f6a88;
  #other = 0x85a308d3;

  step(order: number, elapsed: number): void {
    this.#one = mixed(this.#one, order);
    this.#other = mixed(this.#other ^ order, elapsed % 2 ** 32);
  }

  add(line: Line): void {
    this.lines.push(line);
    this.#one = mixed(this.#one, numberOf(line.text));
  }

  /** 16 hexadecimal digits. */
  get hash(): string {
    return [this.#one, this.#other].map((bits) => bits.toString(16).padStart(8, "0")).join("");
  }
}

/** A line as text: when, who, what. */
export const lineText = ({ at, engine, text }: Line): string =>
  `${formatInstant(at)}  ${engine === null ? "world   " : `engine ${engine}`}  ${occurrencesText(text)}`;
