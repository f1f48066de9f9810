// Stands for vitest in a mutant's process: collects the tests of one file, and runs them until one fails. Has what the tests of the core use, no more.
import * as vitest from "vitest";

export const { vi } = vitest;
// Not called `expect` here: the linter would take what follows for a test.
const real = vitest.expect;

// vitest's own toMatchInlineSnapshot needs a file to write to. Here only the words count.
const bare = (value) =>
  (typeof value === "string" ? value : JSON.stringify(value))
    .replaceAll(/[\s"\\[\]{},]+/g, " ")
    .trim();
const toMatchInlineSnapshot = (received) => (snapshot) => real(bare(received)).toBe(bare(snapshot));

export const expect = Object.assign(
  (received, ...more) =>
    new Proxy(real(received, ...more), {
      get: (assertion, name) =>
        name === "toMatchInlineSnapshot"
          ? toMatchInlineSnapshot(received)
          : Reflect.get(assertion, name, assertion),
    }),
  real,
);

/** @type {{ name: string, body: () => unknown }[]} */
let tests = [];
/** @type {string[]} */
let names = [];
/** @type {Record<"beforeAll" | "afterAll" | "beforeEach" | "afterEach", (() => unknown)[]>} */
let hooks = { beforeAll: [], afterAll: [], beforeEach: [], afterEach: [] };

/** Before a file is imported. */
export const begin = () => {
  [tests, names] = [[], []];
  hooks = { beforeAll: [], afterAll: [], beforeEach: [], afterEach: [] };
};

/** The first failure, or undefined. */
export const run = async () => {
  let failure;
  const attempt = async (name, body) => {
    if (failure !== undefined) return;
    try {
      await body();
    } catch (thrown) {
      failure = { name, message: thrown instanceof Error ? thrown.message : String(thrown) };
    }
  };
  for (const hook of hooks.beforeAll) await attempt("(beforeAll)", hook);
  for (const { name, body } of tests) {
    for (const hook of hooks.beforeEach) await attempt(name, hook);
    await attempt(name, body);
    for (const hook of hooks.afterEach) await attempt(name, hook);
  }
  for (const hook of hooks.afterAll) await attempt("(afterAll)", hook);
  return failure;
};

/** Between the two may stand options, which are vitest's business. */
const add = (name, ...rest) =>
  void tests.push({
    name: [...names, name].join(" > "),
    body: rest.find((it) => typeof it === "function"),
  });

const each = (register) => (cases) => (name, body) => {
  cases.forEach((given, index) => {
    const row = Array.isArray(given) ? given : [given];
    register(`${name} (case ${index + 1})`, () => body(...row));
  });
};

export const test = Object.assign(add, {
  each: each(add),
  concurrent: add,
  sequential: add,
  skipIf: (is) => (is ? () => {} : add),
});

export const describe = Object.assign(
  (name, body) => {
    names.push(name);
    body();
    names.pop();
  },
  { each: each((name, body) => describe(name, body)) },
);

export const beforeAll = (hook) => void hooks.beforeAll.push(hook);
export const afterAll = (hook) => void hooks.afterAll.push(hook);
export const beforeEach = (hook) => void hooks.beforeEach.push(hook);
export const afterEach = (hook) => void hooks.afterEach.push(hook);
