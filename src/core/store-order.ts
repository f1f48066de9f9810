// The order of rows, the same in every store: by a key, whose parts compare one after the other. A page of a list ends with the key of its last row.
import { StoreError } from "./errors.ts";
import type { Tombstone } from "./purge.ts";
import type { Cursor, Deadline, Open, Tables, Waiting } from "./store.ts";

export type Key = readonly (string | number)[];

export const cursorKeyOf = (row: Pick<Cursor, "trigger" | "leaf">): Key => [row.trigger, row.leaf];
export const waitingKeyOf = (row: Pick<Waiting, "trigger" | "leaf" | "at" | "order">): Key => [
  row.trigger,
  row.leaf,
  row.at,
  row.order,
];
export const deadlineKeyOf = (row: Pick<Deadline, "at" | "id">): Key => [row.at, row.id];
export const tombstoneKeyOf = (row: Pick<Tombstone, "kind" | "id">): Key => [row.kind, row.id];
export const openKeyOf = (row: Pick<Open, "scope" | "run">): Key => [row.scope, row.run];

/** The trigger that a deadline belongs to. */
export const triggerOfDeadline = (due: Deadline["due"]): string | null => {
  if (due._tag === "Paused") return "trigger" in due.subject ? due.subject.trigger : null;
  return due._tag === "Hear" ? null : due.trigger;
};

/** What the parts of each table's key are. One number: the order in which rows were stored; an attempt's: that of its run, and its token. */
const keyKinds: { readonly [Table in keyof Tables]: readonly ("string" | "number")[] } = {
  run: ["number"],
  attempt: ["number", "number"],
  signal: ["number"],
  skip: ["number"],
  owner: ["number"],
  waiting: ["string", "string", "number", "number"],
  cursor: ["string", "string"],
  deadline: ["number", "string"],
  tombstone: ["string", "string"],
};

/** People look at what happened last, but at what waits from its beginning. */
export const defaultOrder: { readonly [Table in keyof Tables]: "newest" | "oldest" } = {
  run: "newest",
  attempt: "oldest",
  signal: "newest",
  skip: "newest",
  waiting: "oldest",
  cursor: "oldest",
  deadline: "oldest",
  owner: "oldest",
  tombstone: "oldest",
};

export const compareKeys = (a: Key, b: Key): number => {
  for (const [index, left] of a.entries()) {
    const right = b[index];
    const order =
      typeof left === "number" ? left - (right as number) : compareText(left, right as string);
    if (order !== 0) return order;
  }
  return 0;
};

/** Texts by code point, which is the order of their UTF-8 bytes and so a database's. JavaScript's own `<` differs above U+FFFF. */
const compareText = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return rankOf(left) - rankOf(right);
  }
  return a.length - b.length;
};

/** A code unit's place by code point: surrogates stand for what lies above U+FFFF. */
const rankOf = (unit: number): number =>
  unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit;

/** The `next` of a page whose last row has this key. */
export const pageOf = (key: Key): string => JSON.stringify(key);

/** The key that a page's `next` stands for, or undefined if it is none of this table. */
export const keyOfPage = (table: keyof Tables, page: string): Key | undefined => {
  const kinds = keyKinds[table];
  try {
    const key: unknown = JSON.parse(page);
    return Array.isArray(key) &&
      key.length === kinds.length &&
      key.every((part, index) => typeof part === kinds[index])
      ? key
      : undefined;
  } catch {
    return undefined;
  }
};

export const pageError = (table: keyof Tables, page: string | undefined): StoreError =>
  new StoreError({
    operation: "list",
    message: `"${page}" is not the end of a page of ${table}s: pass the "next" of an earlier page`,
  });
