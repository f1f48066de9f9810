// Goal: of a run's causes all is read that tells of it, each row once, and no further back than is asked for. Method: a memory store that is strict about what it is asked for
// and notes it; its rows are written by hand, for there must be many.
import { expect, test } from "vitest";
import { signalNamed, whyRun } from "../../src/core/index.ts";
import { living, runRow, eventRow } from "../support/evidence.ts";

test("a chain is followed through 100 runs unless another number is given; what lies further back is missing", () => {
  const { world, write } = living();
  const chain = Array.from({ length: 102 }, (_, n) => n);
  write({
    signals: chain.map((n) => eventRow(`e-${n}`, n === 0 ? null : `run-${n - 1}`)),
    runs: chain.map((n) => runRow({ id: `run-${n}`, cause: [`e-${n}`] })),
  });
  const missing = (runsMax?: number) =>
    world.run(whyRun(world.store, "run-101", runsMax === undefined ? {} : { runsMax }))?.why.missing
      .runs;
  expect(missing()).toEqual(["run-1"]);
  expect(missing(101)).toEqual(["run-0"]);
  expect(missing(102)).toEqual([]);
  expect(missing(1)).toEqual(["run-100"]);
});

test("the bound on a chain holds where a run came of several", () => {
  const { world, write } = living();
  const names = ["a", "b", "c"];
  write({
    signals: names.map((name) => eventRow(`of-${name}`, name)),
    runs: [
      ...names.map((name) => runRow({ id: name, cause: ["first"] })),
      runRow({ id: "last", cause: names.map((name) => `of-${name}`) }),
    ],
  });
  const found = world.run(whyRun(world.store, "last", { runsMax: 3 }))!;
  expect(found.why.missing).toEqual({ runs: ["a"], signals: ["first"] });
});

test("nothing of a chain is read twice, and of what the log does not have nothing is asked", () => {
  const { world, noted, write } = living();
  const occurrence = '{"_tag":"Every","duration":"1 min"}#0@0';
  const told = ["result", "status"].map((kind) => `${kind}:one:1:succeeded`);
  const status = { _tag: "Status", task: "work", run: "one", attempt: 1, token: 1 } as const;
  write({
    signals: [
      eventRow("x", "zero"),
      eventRow("x2", "zero"),
      eventRow("outside"),
      {
        id: "status:one:1:succeeded",
        signal: { ...status, state: "succeeded", input: null, result: 1 },
        origin: "one",
        dueAt: null,
      },
    ],
    runs: [
      runRow({ id: "clock", cause: [occurrence] }),
      runRow({ id: "zero", cause: ["y", "outside"] }),
      runRow({ id: "one", cause: ["x", "x2", occurrence] }),
      runRow({ id: "last", cause: ["x", ...told] }),
    ],
  });
  const { store, repeated, searches } = noted();
  expect(world.run(whyRun(store, "last"))?.why).toMatchObject({
    missing: { runs: [], signals: ["y"] },
    reason: {
      causes: [
        { signal: "x", from: { run: "zero" } },
        {
          result: 1,
          from: {
            causes: [{ signal: "x" }, { signal: "x2" }, { _tag: "Occurrence", dueAt: 0 }],
          },
        },
        { _tag: "Move", from: { _tag: "ToldBefore" } },
      ],
    },
  });
  expect(world.run(whyRun(store, "clock"))?.why.missing).toEqual({ runs: [], signals: [] });
  expect([repeated(), searches()]).toEqual([[], []]);
  expect(world.run(signalNamed(store, occurrence))).toBeUndefined();
});
