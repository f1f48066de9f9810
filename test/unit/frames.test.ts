// Goal: of a stack, people are shown where their own code was, and nothing that the runtime, packages or detent called. Method: stacks as runtimes write them.
import { expect, test } from "vitest";
import { pathOf, placeText, userFrames } from "../../src/core/frames.ts";

const shown = (stack: string): readonly string[] =>
  userFrames(stack).map((frame) => `${frame.name ?? ""} ${placeText(frame)}`);

test("frames of the user's code go before detent's, and what called detent is left out", () => {
  expect(
    shown(`RangeError: no
    at crop (file:///home/me/a%20b/tasks.ts:12:9)
    at new Picture (/home/me/picture.ts?tsx-namespace=1:3:5)
    at /home/me/tasks.ts:30:3
    at query (/home/me/node_modules/pg/lib/client.js:1:1)
    at async Promise.all (index 0)
    at process.processTicksAndRejections (node:internal/process/task_queues:104:5)
    at async Object.run (C:\\work\\tasks.ts:7:1)
    at async endOf (file:///home/me/node_modules/detent/dist/runtime/executor/envelope.js:70:5)
    at main (/home/me/main.ts:1:1)`),
  ).toEqual([
    "crop /home/me/a b/tasks.ts:12:9",
    "new Picture /home/me/picture.ts:3:5",
    " /home/me/tasks.ts:30:3",
    "async Object.run C:\\work\\tasks.ts:7:1",
  ]);
});

test("detent's own frames at the top are passed over: those of a context that refuses", () => {
  expect(
    shown(`InputError: emit("x"): no
    at Part.#emit (file:///clone/dist/runtime/executor/envelope.js:1:1)
    at Object.emit (file:///clone/src/runtime/executor/envelope.ts:1:1)
    at body (/home/me/tasks.ts:2:2)
    at endOf (file:///clone/dist/runtime/executor/envelope.js:1:1)`),
  ).toEqual(["body /home/me/tasks.ts:2:2"]);
});

test("an error in which no code of the user's took part has none", () => {
  expect(
    shown(`ResultError: no
    at endOf (/clone/src/runtime/executor/envelope.ts:1:1)
    at main (/home/me/main.ts:1:1)`),
  ).toEqual([]);
  expect(userFrames(undefined)).toEqual([]);
  expect(
    shown("at the door (of 3 rooms)\n    at eval (eval at x (/a.js:1:1), <anonymous>:1:1)"),
  ).toEqual([]);
});

test("the user's own dist/cli is not detent's, which has names with a hash there", () => {
  expect(
    shown(`E
    at a (/home/me/app/dist/cli/tasks.js:1:1)
    at b (/home/me/app/dist/cli/main-jdwBEc1x.js:1:1)`),
  ).toEqual(["a /home/me/app/dist/cli/tasks.js:1:1"]);
});

test("what a message says of itself as a frame brings no escape sequences to a terminal", () => {
  expect(shown("E\n    at \u001b[31mhi (/a.js:1:2)\n    at b (/b.js:3:4)")).toEqual([
    "b /b.js:3:4",
  ]);
});

test("five at most", () => {
  expect(shown("E\n" + "    at a (/a.js:1:2)\n".repeat(9))).toHaveLength(5);
});

test("a path is decoded where it was a URL, and only there", () => {
  expect(["file:///a%20b.ts", "/a%20b.ts", "file:///C:/a.ts", "file:///a%.ts"].map(pathOf)).toEqual(
    ["/a b.ts", "/a%20b.ts", "C:/a.ts", "/a%.ts"],
  );
});
