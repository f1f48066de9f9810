// JSON values as the store keeps them: what may be stored, in which canonical form, and the first place where a value is none.

import { errorDataOf } from "./errors.ts";

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/**
 * The canonical text of a JSON value: keys sorted by code unit, no spaces. Equal values give equal text, so fingerprints, leaf keys and
 * comparisons do not depend on the order in which a user wrote an object's keys. Keys whose value is `undefined` are left out.
 */
export const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item ?? null)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  fields.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`).join(",")}}`;
};

/** The largest payload, input or result that a store takes, in UTF-16 code units of its JSON text. */
const jsonLengthMax = 1_048_576;

const depthMax = 200;

/**
 * Why a value can't be stored, with the path to the first bad place (`payload.files[2].size is a bigint`), or `undefined` if it can. Only values that
 * come back equal from JSON pass: no functions, class instances, dates, `undefined` in arrays, NaN, infinities, `-0`, cycles or lone surrogates.
 * A key whose value is `undefined` counts as absent.
 */
export const jsonFault = (value: unknown, place: string): string | undefined => {
  const walk: Walk = { left: jsonLengthMax };
  let fault: string | undefined;
  try {
    fault = faultAt(value, place, 0, walk);
  } catch (thrown) {
    return `${place} can't be read: ${errorDataOf(thrown).message}`;
  }
  if (fault !== undefined) return fault;
  // The walk counts at least a 25th of the text (a number is one step and up to 24 characters); only where it may matter is the text made.
  if (walk.left > (jsonLengthMax * 24) / 25) return undefined;
  return JSON.stringify(value).length > jsonLengthMax ? tooLong(place) : undefined;
};

/** How much may still come. Without it, a value that contains the same part twice, at each of many levels, would be walked for ever. */
interface Walk {
  left: number;
}

const tooLong = (place: string): string =>
  `${place} is more than ${jsonLengthMax} characters of JSON: store it elsewhere and pass its name`;

const faultAt = (value: unknown, place: string, depth: number, walk: Walk): string | undefined => {
  walk.left -= typeof value === "string" ? value.length + 2 : 1;
  if (walk.left < 0) return tooLong(place.split(/[.[]/, 1)[0] ?? place);
  switch (typeof value) {
    case "boolean":
      return undefined;
    case "string":
      return value.isWellFormed()
        ? undefined
        : `${place} has a lone surrogate, which no store keeps`;
    case "number":
      if (!Number.isFinite(value)) return `${place} is ${value}, which JSON has no word for`;
      return Object.is(value, -0) ? `${place} is -0, which JSON turns into 0` : undefined;
    case "object":
      if (value === null) return undefined;
      if (depth >= depthMax)
        return `${place.slice(0, 60)}… lies more than ${depthMax} levels deep, or contains itself`;
      return Array.isArray(value)
        ? arrayFault(value, place, depth, walk)
        : objectFault(value, place, depth, walk);
    default:
      return `${place} is ${typeof value === "undefined" ? "undefined" : `a ${typeof value}`}, which is not JSON`;
  }
};

const arrayFault = (
  items: readonly unknown[],
  place: string,
  depth: number,
  walk: Walk,
): string | undefined => {
  for (let index = 0; index < items.length; index++) {
    const fault = faultAt(items[index], `${place}[${index}]`, depth + 1, walk);
    if (fault !== undefined) return fault;
  }
  return undefined;
};

const plainKey = /^[A-Za-z_$][\w$]*$/;

const objectFault = (
  value: object,
  place: string,
  depth: number,
  walk: Walk,
): string | undefined => {
  const prototype: unknown = Object.getPrototypeOf(value);
  // An object from another realm (a worker, a vm) has another Object.prototype, whose own prototype is null like ours.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    return `${place} is a ${value.constructor?.name ?? "class instance"}, which JSON would turn into something else`;
  }
  for (const [key, field] of Object.entries(value)) {
    if (field === undefined) continue;
    walk.left -= key.length;
    if (!key.isWellFormed())
      return `${place} has a key with a lone surrogate, which no store keeps`;
    const fault = faultAt(
      field,
      plainKey.test(key) ? `${place}.${key}` : `${place}[${JSON.stringify(key)}]`,
      depth + 1,
      walk,
    );
    if (fault !== undefined) return fault;
  }
  return undefined;
};
