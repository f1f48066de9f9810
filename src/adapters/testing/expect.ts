// What the rules expect, in the words of the runners that people know. A rule that is broken says where the answer begins to differ, in one line; and what was expected and
// given, for runners that show more.

class ExpectationError extends Error {
  override readonly name = "ExpectationError";
  readonly expected: unknown;
  readonly actual: unknown;
  constructor(message: string, expected: unknown, actual: unknown) {
    super(message);
    this.expected = expected;
    this.actual = actual;
  }
}

export interface Expectation {
  readonly toBe: (expected: unknown) => void;
  /** By value; a field that is `undefined` is no field. */
  readonly toEqual: (expected: unknown) => void;
  /** As toEqual, but objects may have fields that are not expected. */
  readonly toMatchObject: (expected: unknown) => void;
  readonly toHaveLength: (expected: number) => void;
  readonly toBeNull: () => void;
  readonly toBeGreaterThan: (bound: number) => void;
  readonly toBeLessThan: (bound: number) => void;
  readonly toBeLessThanOrEqual: (bound: number) => void;
}

/** `about` is told beside what differs. */
export const expect = (actual: unknown, about?: string): Expectation => {
  const demand = (difference: string | undefined, expected: unknown): void => {
    if (difference === undefined) return;
    throw new ExpectationError(
      about === undefined ? difference : `${difference} (${about})`,
      expected,
      actual,
    );
  };
  const compare = (holds: boolean, words: string, bound: unknown): void =>
    demand(holds ? undefined : `expected ${words} ${shown(bound)}, got ${shown(actual)}`, bound);
  const value = actual as number;
  return {
    toBe: (expected) => compare(Object.is(actual, expected), "exactly", expected),
    toEqual: (expected) => demand(differenceOf(expected, actual, { isPart: false }), expected),
    toMatchObject: (expected) => demand(differenceOf(expected, actual, { isPart: true }), expected),
    toHaveLength: (expected) =>
      compare(
        (actual as { readonly length?: unknown } | null)?.length === expected,
        "as many items as",
        expected,
      ),
    toBeNull: () => compare(actual === null, "exactly", null),
    toBeGreaterThan: (bound) => compare(value > bound, "more than", bound),
    toBeLessThan: (bound) => compare(value < bound, "less than", bound),
    toBeLessThanOrEqual: (bound) => compare(value <= bound, "at most", bound),
  };
};

interface Comparing {
  readonly isPart: boolean;
  readonly path?: string;
}

/** Where two values begin to differ; undefined where they don't. */
const differenceOf = (
  expected: unknown,
  actual: unknown,
  { isPart, path = "" }: Comparing,
): string | undefined => {
  const differs = `expected ${shown(expected)}, got ${shown(actual)}${path === "" ? "" : ` at ${path}`}`;
  if (!isObject(expected) || !isObject(actual))
    return Object.is(expected, actual) ? undefined : differs;
  if (Array.isArray(expected) !== Array.isArray(actual)) return differs;
  if (Array.isArray(expected) && expected.length !== (actual as unknown as unknown[]).length)
    return differs;
  const own = isPart && !Array.isArray(expected) ? [] : Object.keys(actual);
  for (const field of new Set([...Object.keys(expected), ...own])) {
    const place = Array.isArray(expected) ? `${path}[${field}]` : `${path}.${field}`;
    const difference = differenceOf(expected[field], actual[field], { isPart, path: place });
    if (difference !== undefined) return difference;
  }
  return undefined;
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

const shownMax = 200;

const shown = (value: unknown): string => {
  const text = (typeof value === "bigint" ? `${value}n` : JSON.stringify(value)) ?? String(value);
  return text.length > shownMax ? `${text.slice(0, shownMax)}…` : text;
};
