// Cells of a row: what a database gives and takes, and the JSON texts in between. Values that are read are frozen, because they may be kept and shared.
import { keptOf } from "../../core/kept.ts";

/** What a database has given for a row, in the order of the selection. */
export type Row = readonly unknown[];

export type Cell = string | number | null;

/** The JSON text of a kept value. Several in a row are often the same one: a result goes into three tables. */
export const textOf = (value: unknown): string => {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (value !== last.value) last = { value, text: JSON.stringify(value) };
  return last.text;
};

let last: { readonly value: object | null; readonly text: string } = { value: null, text: "null" };

export const textOrNull = (value: unknown): string | null =>
  value === null || value === undefined ? null : textOf(value);

export const json = (cell: unknown): unknown => keptOf(cell as string);

export const jsonOrNull = (cell: unknown): unknown =>
  typeof cell === "string" ? keptOf(cell) : null;
