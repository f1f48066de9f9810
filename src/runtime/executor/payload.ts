// How large inputs and results are. Each is stored and copied between threads, so large ones are better left where they are, and named by a path or key.
import type { Json } from "../../core/json.ts";

/** In characters of JSON text. A store takes up to four times as much. */
const lengthMax = 262_144;

export class Scales {
  readonly #warn: (warning: string) => void;
  readonly #told = new Set<string>();

  constructor(warn: (warning: string) => void) {
    this.#warn = warn;
  }

  /** Warns of a task whose inputs or results are large, once of each. */
  weigh(task: string, what: "input" | "result", value: Json): void {
    const about = `the ${what} of task ${task}`;
    if (this.#told.has(about) || spareOf(value, lengthMax) >= 0) return;
    this.#told.add(about);
    const length = JSON.stringify(value).length.toLocaleString("en");
    this.#warn(
      `${about} has ${length} characters of JSON, which each run stores and copies between threads: above ${lengthMax.toLocaleString("en")}, put it into a file or database and hand over its path or key`,
    );
  }
}

/** What is left of so many characters when the value is written as JSON, escapes aside; below zero as soon as it is too long. Counts no further than that. */
const spareOf = (value: Json, length: number): number => {
  if (typeof value === "string") return length - value.length - 2;
  if (typeof value !== "object" || value === null) return length - String(value).length;
  let spare = length - 1;
  if (Array.isArray(value))
    for (const item of value as readonly Json[]) {
      spare = spareOf(item, spare - 1);
      if (spare < 0) return spare;
    }
  else
    for (const [key, field] of Object.entries(value)) {
      spare = spareOf(field, spare - key.length - 4);
      if (spare < 0) return spare;
    }
  return spare;
};
