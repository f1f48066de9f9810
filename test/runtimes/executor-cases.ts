// What becomes of a run whose body ends in some way: one row for each way, the same for every executor and every runtime unless the row says otherwise.
// Under vitest, test/unit/executor-outcomes.test.ts runs them; under any other runtime, run-executor-cases.ts does.
import { deepEqual, equal, match } from "node:assert/strict";
import {
  crashesWith,
  failsWith,
  isCancelled,
  outcomeIs,
  resultFault,
  succeedsWith,
  timesOut,
  type Case,
} from "./executor-case.ts";
import { heeding, refusing, talking } from "./executor-talk-cases.ts";

const returning: readonly Case[] = [
  {
    name: "returns its input",
    body: "returns-input",
    with: { a: [1, "ü", null, { b: true }] },
    expect: succeedsWith({ a: [1, "ü", null, { b: true }] }),
  },
  { name: "returns nothing", body: "returns-undefined", expect: succeedsWith(null) },
  {
    name: "returns a field that is undefined",
    body: "returns-undefined-field",
    expect: succeedsWith({ a: 1 }),
  },
  { name: "returns a proxy of plain data", body: "returns-proxy", expect: succeedsWith({ a: 1 }) },
  {
    name: "returns a function",
    body: "returns-function",
    expect: resultFault(/result is a function/),
  },
  { name: "returns a symbol", body: "returns-symbol", expect: resultFault(/result is a symbol/) },
  {
    name: "returns a bigint inside",
    body: "returns-bigint",
    expect: resultFault(/result\.size is a bigint/),
  },
  {
    name: "returns a WeakMap",
    body: "returns-weak-map",
    expect: resultFault(/result is a WeakMap/),
  },
  {
    name: "returns a promise inside",
    body: "returns-promise-inside",
    expect: resultFault(/result\.p is a Promise/),
  },
  {
    name: "returns a class instance",
    body: "returns-instance",
    expect: resultFault(/result is a Point/),
  },
  { name: "returns a cycle", body: "returns-cycle", expect: resultFault(/contains itself/) },
  {
    name: "returns a getter that throws",
    body: "returns-throwing-getter",
    expect: resultFault(/can't be read/),
  },
  {
    name: "returns too much",
    body: "returns-much",
    expect: resultFault(/more than 1048576 characters of JSON/),
  },
];

const throwing: readonly Case[] = [
  {
    name: "throws an error with a name, own properties and causes",
    body: "throws-error",
    expect: failsWith("CodedError", /^coded$/, (error) => {
      deepEqual({ ...error.data }, { code: "E_CODED", extra: { tries: 3 } });
      match(error.stack ?? "", /executor-tasks/);
      equal(error.cause?.name, "RangeError");
      equal(error.cause?.cause?.message, "threw its own cause");
    }),
  },
  {
    name: "throws a subclass of TypeError",
    body: "throws-type-error-subclass",
    expect: failsWith("Special", /^special$/),
  },
  {
    name: "throws an AggregateError",
    body: "throws-aggregate",
    expect: failsWith("AggregateError", /^both$/, (error) =>
      deepEqual(
        error.errors?.map((it) => `${it.name}: ${it.message}`),
        ["Error: one", "RangeError: two"],
      ),
    ),
  },
  {
    name: "throws an error of the system",
    body: "throws-system-error",
    expect: failsWith("Error", /no such file/i, (error) => {
      equal(error.data?.["code"], "ENOENT");
      equal(error.data?.["syscall"], "open");
    }),
  },
  {
    name: "throws a DOMException",
    body: "throws-dom-exception",
    expect: failsWith("NotAllowedError", /^not allowed$/),
  },
  { name: "throws text", body: "throws-string", expect: failsWith("Error", /^threw text$/) },
  { name: "throws null", body: "throws-null", expect: failsWith("Error", /^threw null$/) },
  {
    name: "throws undefined",
    body: "throws-undefined",
    expect: failsWith("Error", /^threw undefined$/),
  },
  {
    name: "throws an object",
    body: "throws-object",
    expect: failsWith("Error", /^threw \{"code":7\}$/, (error) =>
      deepEqual({ ...error.data }, { code: 7 }),
    ),
  },
  {
    name: "throws an object with a function",
    body: "throws-object-with-function",
    expect: failsWith("Error", /^threw /),
  },
  {
    name: "throws an error whose cause is a function",
    body: "throws-error-with-function-cause",
    expect: failsWith("Error", /^odd cause$/),
  },
  {
    name: "throws an error with a function among its properties",
    body: "throws-error-with-function-property",
    expect: failsWith("Error", /^odd property$/, (error) =>
      deepEqual({ ...error.data }, { kept: 1 }),
    ),
  },
  {
    name: "throws an error with proxies among its properties, which can't be sent",
    body: "throws-error-with-proxies",
    expect: failsWith("Error", /^odd properties$/, (error) =>
      deepEqual({ ...error.data }, { details: { a: 1 } }),
    ),
  },
  {
    name: "throws an object that can't be read",
    body: "throws-hostile",
    expect: failsWith("Error", /can't be read/),
  },
  {
    name: "overflows the stack",
    body: "overflows-stack",
    expect: outcomeIs("Failed", (error) => equal(error.name, "RangeError")),
  },
  {
    name: "calls process.abort",
    body: "calls-abort",
    needs: ["thread", "kill"],
    expect: outcomeIs("Failed", (error) => match(error.message, /not supported in workers/)),
  },
  {
    name: "calls process.chdir",
    body: "changes-directory",
    needs: ["thread", "kill"],
    expect: outcomeIs("Failed", (error) => match(error.message, /not supported in workers/)),
  },
];

const dying: readonly Case[] = [
  {
    name: "calls process.exit(0)",
    body: "exits",
    with: 0,
    needs: ["kill"],
    expect: crashesWith(/process\.exit\(0\)/, (error) =>
      match(error.cause?.stack ?? "", /executor-tasks/),
    ),
  },
  {
    name: "calls process.exit(7)",
    body: "exits",
    with: 7,
    needs: ["kill"],
    expect: crashesWith(/process\.exit\(7\)/),
  },
  {
    name: "emits at once, then exits",
    body: "exits-after-emitting",
    needs: ["kill"],
    expect: (seen) => {
      crashesWith(/process\.exit\(7\)/)(seen);
      deepEqual(
        seen.events.map((event) => event._tag),
        ["Started", "Emitted", "Ended"],
      );
    },
  },
  {
    name: "exits past every trap",
    body: "exits-for-real",
    needs: ["kill"],
    expect: crashesWith(/ended with code 5/),
  },
  {
    name: "throws in a timer while it runs",
    body: "throws-in-timer",
    needs: ["stray"],
    expect: crashesWith(/outside the task's promise: in a timer/, (error) =>
      deepEqual([error.cause?.name, error.cause?.data?.["code"]], ["CodedError", "E_CODED"]),
    ),
  },
  {
    name: "leaves a rejection unheard while it runs",
    body: "rejects-unheard",
    needs: ["stray"],
    expect: crashesWith(/outside the task's promise: unheard/),
  },
  {
    name: "fills its heap by pushing, with a limit",
    body: "fills-heap-by-push",
    order: { memoryBytes: 100_000_000 },
    needs: ["heap"],
    expect: crashesWith(/out of memory/),
  },
  {
    name: "fills its heap by a map, with a limit",
    body: "fills-heap-by-map",
    order: { memoryBytes: 100_000_000 },
    needs: ["heap"],
    expect: crashesWith(/out of memory/),
  },
  {
    name: "fills its heap by many arrays, with a limit",
    body: "fills-heap-by-arrays",
    order: { memoryBytes: 100_000_000 },
    needs: ["heap"],
    expect: crashesWith(/out of memory/),
  },
  {
    name: "holds buffers, which are no heap",
    body: "fills-buffers",
    order: { memoryBytes: 64_000_000 },
    expect: succeedsWith(96),
  },
];

const hanging: readonly Case[] = [
  "never-resolves",
  "spins-bare",
  "spins-in-map",
  "spins-in-fill",
  "spins-in-regex",
  "waits-in-atomics",
  "runs-program",
  "hashes-natively",
  "hangs-in-finally",
].flatMap((body): Case[] => [
  {
    name: `${body}, and is cancelled`,
    body,
    cancelled: true,
    needs: ["kill"],
    expect: isCancelled,
  },
  {
    name: `${body}, and its time is over`,
    body,
    order: { timeoutMillis: 30 },
    needs: ["kill"],
    expect: timesOut,
  },
]);

/** What the envelope alone decides, wherever a body runs. */
const envelopeCases: readonly Case[] = [...returning, ...throwing];
/** What also depends on where a body runs. */
export const hostCases: readonly Case[] = [
  ...dying,
  ...hanging,
  ...heeding,
  ...talking,
  ...refusing,
];
export const cases: readonly Case[] = [...envelopeCases, ...hostCases];
