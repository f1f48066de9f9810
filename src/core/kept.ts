// Values that a store keeps in memory: copied from the caller once, as JSON would copy them, and frozen, so that neither the giver nor a reader can change what is
// stored. A kept value carries an invisible mark and is shared as it is the next time: a payload of a megabyte is copied once, not once a row.

/** A constructor that makes nothing: the private field of a class that extends it lands on the object it is given. */
const Given = function (value: object): object {
  return value;
} as unknown as new (value: object) => object;

class Mark extends Given {
  readonly #kept = true;
  static put<Value extends object>(value: Value): Value {
    return new Mark(value) as Value;
  }
  static isOn(value: object): boolean {
    return #kept in value && value.#kept;
  }
}

/** The same value, deeply frozen and no longer tied to the caller's object: what JSON would have made of it. */
export const kept = <Value>(value: Value): Value => {
  if (typeof value !== "object" || value === null) return isExact(value) ? value : jsonCopy(value);
  if (Mark.isOn(value)) return value;
  const copy = Array.isArray(value) ? keptItems(value) : keptFields(value);
  return copy === undefined ? kept(jsonCopy(value)) : (Object.freeze(Mark.put(copy)) as Value);
};

/** A value that was just made here of kept parts: frozen as it is. */
export const keptAsIs = <Value extends object>(value: Value): Value =>
  Object.freeze(Mark.put(value));

/** The kept value that a JSON text stands for. */
export const keptOf = (text: string): unknown => sealed(JSON.parse(text));

/** Freezes what nobody else has yet seen, in place. */
const sealed = (value: unknown): unknown => {
  if (typeof value !== "object" || value === null) return value;
  for (const field of Object.values(value)) sealed(field);
  return Object.freeze(Mark.put(value));
};

const keptItems = (items: readonly unknown[]): unknown[] | undefined => {
  const copy: unknown[] = [];
  for (const item of items) {
    if (!isExact(item)) return undefined;
    copy.push(typeof item === "object" && item !== null ? kept(item) : item);
  }
  return copy;
};

const keptFields = (value: object & { readonly toJSON?: unknown }): object | undefined => {
  if (typeof value.toJSON === "function") return undefined;
  const copy: Record<string, unknown> = { ...value };
  for (const key in copy) {
    const field = copy[key];
    if (typeof field === "object" && field !== null) copy[key] = kept(field);
    else if (!isExact(field)) return undefined;
  }
  return copy;
};

/** Whether JSON gives a value back as it is; objects are looked into elsewhere. */
const isExact = (value: unknown): boolean => {
  switch (typeof value) {
    case "number":
      return value === 0 ? !Object.is(value, -0) : Number.isFinite(value);
    case "string":
    case "boolean":
    case "object":
      return true;
    default:
      return false;
  }
};

/** The slow way, for the few values that JSON changes: drops `undefined`, turns -0 into 0. */
const jsonCopy = <Value>(value: Value): Value => {
  const text = JSON.stringify(value);
  return text === undefined ? value : (JSON.parse(text) as Value);
};
