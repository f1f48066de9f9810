// Goal: laws of a user's own are asked when they should be, and what is wrong with them is told by their names. Method: simulations of one plan without faults.
import { expect, test } from "vitest";
import { cron, detent, event, task, trigger } from "../../src/core/index.ts";
import { simulate, world, type SimulateOptions } from "../../src/simulation/index.ts";

const work = task({ id: "work", run: () => null });
const app = detent({
  tasks: [work],
  triggers: [
    trigger("t", {
      when: event<{ n: number }>("e"),
      run: work,
      input: (f) => f.event.payload.n.toFixed(),
    }),
  ],
});
const calm: SimulateOptions = { runs: 1, faults: "none", for: "10 s" };
const once = (payload: unknown): SimulateOptions => ({
  ...calm,
  world: (w) => w.at("1 s", () => void w.emit("e", payload)),
});

test("what is to hold eventually is asked after everything has ended, although nothing happens any more", async () => {
  const eventually = {
    always: () => true,
    over: (s: { runs: () => readonly { done: boolean }[] }) => s.runs().every(({ done }) => done),
    never: () => false,
  };
  const { violations } = await simulate(app, { ...once({ n: 1 }), eventually });
  expect(violations.map(({ law }) => law)).toEqual(["never"]);
});

test("a law that throws is told of by its name", async () => {
  const always = { "all is well": () => (undefined as unknown as string[]).length > 0 };
  const { violations } = await simulate(app, { ...once({ n: 1 }), always });
  expect(violations).toMatchObject([
    {
      law: "no-error",
      message: expect.stringContaining('the law "all is well" threw TypeError: Cannot read'),
    },
  ]);
});

test("where no run was owed, the first skip says why, or that no trigger was satisfied", async () => {
  expect((await simulate(app, once(null))).vacuous).toEqual([
    expect.stringMatching(
      /^no run was owed in any plan; the first skip is of t: input-failed \(.*null/,
    ),
  ]);
  const silent = { ...calm, world: () => undefined };
  expect((await simulate(app, silent)).vacuous).toEqual([
    "no run was owed in any plan; no trigger was satisfied",
  ]);
});

test("a timeline names occurrences as people write them", () => {
  const minutes = trigger("m", { when: cron("* * * * *", { timeZone: "Asia/Tokyo" }), run: work });
  const it = world(detent({ tasks: [work], triggers: [minutes] }));
  it.advance("1 min");
  expect(it.timeline().join("\n")).toContain(
    'because of cron("* * * * *", Asia/Tokyo) at 2026-01-01T00:01:00.000Z',
  );
});

test.each([
  [
    0,
    "returned the number 0; a law returns true or false, at once: compare the number, as in … === 0",
  ],
  [
    3,
    "returned the number 3; a law returns true or false, at once: compare the number, as in … === 0",
  ],
  [undefined, 'returned nothing; a law returns true or false, at once: is a "return" missing?'],
  [[], "returned an array; a law returns true or false, at once: compare its length"],
  ["", 'returned ""; a law returns true or false, at once: compare it'],
])("a law of any kind that answers %s is refused by its name", async (answer, message) => {
  const law = { "none is lost": () => answer as unknown as boolean };
  for (const laws of [{ always: law }, { eventually: law }, { sometimes: law }])
    // oxlint-disable-next-line no-await-in-loop
    await expect(simulate(app, { ...once({ n: 1 }), ...laws })).rejects.toMatchObject({
      name: "InputError",
      message: expect.stringContaining(`the law "none is lost" ${message}`),
    });
});
