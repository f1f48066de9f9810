// A rule of the store contract: its words and its check. Rules are written as tests are, and gathered here, so that any runner can run them: vitest, node:test, `detent conform`.
export { expect } from "./expect.ts";

export interface Rule {
  /** What the rule is about. */
  readonly part: string;
  /** A sentence that could be false. */
  readonly name: string;
  readonly timeoutMillis: number;
  /** Rejects if the rule is broken. */
  readonly check: () => Promise<void>;
}

type Check = () => Promise<void>;

const timeoutMillisDefault = 30_000;

let gathered: Omit<Rule, "part">[] = [];

/** The rules that `write` writes down by `test`. */
export const rulesOf = (part: string, write: () => void): readonly Rule[] => {
  gathered = [];
  write();
  return gathered.map((rule) => ({ part, ...rule }));
};

const rule = (name: string, timeoutMillis: number, check: Check): void =>
  void gathered.push({ name, timeoutMillis, check });

interface Options {
  readonly timeout: number;
}

export const test = Object.assign(
  (...given: readonly [string, Check] | readonly [string, Options, Check]): void => {
    const [name, second, third] = given;
    if (typeof second === "function") rule(name, timeoutMillisDefault, second);
    else if (third !== undefined) rule(name, second.timeout, third);
  },
  {
    /** One rule for each case; `%s` in its name is the case itself, `$field` a field of it. */
    each:
      <Case>(cases: readonly Case[]) =>
      (name: string, check: (each: Case) => Promise<void>): void => {
        for (const each of cases) rule(nameOf(name, each), timeoutMillisDefault, () => check(each));
      },
  },
);

const nameOf = (name: string, each: unknown): string =>
  name
    .replace("%s", () => String(each))
    .replace(/\$(\w+)/g, (_, field: string) => String((each as Record<string, unknown>)[field]));
