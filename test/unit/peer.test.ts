// Goal: whoever lacks an optional package is told which, what to run, and from where it was looked for. Method: failures as runtimes word them.
import { expect, test } from "vitest";
import { withPeer } from "../../src/core/peer.ts";

const rejection = async (message: string): Promise<unknown> => {
  const fault = Object.assign(new Error(message), { code: "ERR_MODULE_NOT_FOUND" });
  const asked = withPeer({ part: "detent/bullmq", peer: "bullmq", range: "6" }, () =>
    Promise.reject(fault),
  );
  return asked.catch((error: unknown) => (error === fault ? "as it was" : error));
};

test.each([
  [
    "Cannot find package 'bullmq' imported from /app/node_modules/detent/dist/adapters/bullmq/index.js",
    " where /app/node_modules/detent finds it",
  ],
  [
    "Cannot find package 'bullmq' from '/clone/src/adapters/bullmq/index.ts'",
    " where /clone/src/adapters/bullmq/index.ts finds it",
  ],
  ['Import "bullmq" not a dependency', ""],
])("%s", async (message, where) => {
  expect(await rejection(message)).toMatchObject({
    name: "InputError",
    message: `detent/bullmq needs the package bullmq, which is not installed${where}: npm install bullmq@6`,
    cause: { message },
  });
});

test("what the package itself lacks is another fault", async () => {
  expect(
    await rejection("Cannot find package 'msgpackr' imported from /app/node_modules/bullmq/x.js"),
  ).toBe("as it was");
});
