// Goal: a set of definitions is told what it can't mean, with its place and its mend, and nothing else. Method: small sets, one fault each; the command as a process.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  absent,
  all,
  any,
  at,
  checkOf,
  cron,
  definitionsOf,
  detent,
  event,
  every,
  failure,
  result,
  settled,
  status,
  task,
  trigger,
  type Condition,
  type Trigger,
} from "../../src/core/index.ts";
import { bundleCli, newPlace } from "../support/cli.ts";

const now = Date.parse("2026-11-24T12:00:00Z");
const work = task({ id: "work", run: (input: unknown) => input });
const next = task({ id: "next", run: (input: unknown) => input });
const start = trigger("start", { when: event("go"), run: work, input: { kind: "jpg" } });

const found = (
  triggers: readonly Trigger[],
  { tasks = [work, next], emitted = new Map<string, ReadonlySet<string>>() } = {},
) => checkOf(definitionsOf(detent({ tasks, triggers })), { now, emitted });
const said = (...triggers: readonly Trigger[]) =>
  found([start, ...triggers]).map(({ level, kind, message }) => `${level} ${kind}: ${message}`);
const of = (when: Condition, more: object = {}): Trigger =>
  trigger("t", { when, run: next, input: null, ...more });

test("a set that is sound has no findings", () => {
  expect(
    said(
      of(
        any([
          all([result(work, { is: { a: 1 }, where: { a: 1 } }), event("e", { k: 1 })]),
          absent(event("beat"), { within: "1 h", after: status(work, ["expired", "running"]) }),
          cron("30 12 * * *", { timeZone: "Europe/Paris" }),
          failure(work, { input: { kind: "jpg" } }),
        ]),
      ),
      trigger("silent", { when: absent(event("beat"), { within: "1 h" }), run: next, input: null }),
    ),
  ).toEqual([]);
});

describe("a condition that nothing satisfies is a fault", () => {
  const dead = (condition: string) =>
    `Trigger "t" can never fire: condition "when", ${condition}, is never satisfied: `;
  test.each([
    [
      status(work, "expired"),
      `fault dead: ${dead("status(work, expired)")}no run of task "work" is ever expired: it has no expireAfter; change or remove it`,
    ],
    [
      result(work, { is: { kind: "a" }, where: { kind: "b" } }),
      `fault contradiction: ${dead('result(work, {"kind":"a"})')}no value is what "is" asks for and passes "where" (result.kind is "a", not "b"); change or remove it`,
    ],
    [
      result(work, { is: 1, where: (value) => value === 2 }),
      `fault contradiction: ${dead("result(work, 1)")}no value is what "is" asks for and passes "where" (the predicate says no to 1); change or remove it`,
    ],
    [
      result(work, { input: { kind: "png" } }),
      `fault contradiction: ${dead('result(work, {"kind":"png"})')}no trigger runs task "work" with such an input (input.kind is "jpg", not "png"); change or remove it`,
    ],
  ])("%j", (when, line) => {
    expect(said(of(when))).toEqual([line]);
  });

  test("also in a branch of an any, which does not keep the trigger from firing, and in the start of an absence, which does", () => {
    const never = status(work, "expired");
    const why = `no run of task "work" is ever expired: it has no expireAfter; change or remove it`;
    expect(said(of(any([event("e"), never])))).toEqual([
      `fault dead: Trigger "t": condition "any.1", status(work, expired), is never satisfied: ${why}`,
    ]);
    expect(said(of(absent(event("e"), { within: "1 h", after: never })))).toEqual([
      `fault dead: Trigger "t" can never fire: condition "when.after", status(work, expired), is never satisfied: ${why}`,
    ]);
    expect(said(of(absent(any([never, event("e")]), { within: "1 h" })))[0]).toContain(
      'Trigger "t": condition "when.absent.any.0"',
    );
  });

  test("and so are leaves that wait for each other under keys that are never the same", () => {
    const kind = (s: { payload: { kind: string } }) => s.payload.kind;
    const joined = (
      by: (signal: any) => string | undefined,
      ...parts: readonly [Condition, ...Condition[]]
    ) => said(of(all(parts), { by })).map((line) => line.split(": ").slice(1).join(": "));
    const png = event("a", { kind: "png" });
    const jpg = event("b", { kind: "jpg", size: 1 });
    expect(joined(kind, png, event("c"), jpg)).toEqual([
      `Trigger "t": its "by" never brings together condition "all.0", event(a, {"kind":"png"}), with the key "png" and condition "all.2", event(b, {"kind":"jpg","size":1}), with the key "jpg"; let their filters, or "by", agree`,
    ]);
    expect(joined(kind, any([png, jpg]), event("b", { kind: "gif" }))).toHaveLength(1);
    expect(joined(kind, any([png, jpg]), event("b", { kind: "png" }))).toEqual([]);
    expect(joined(kind, any([png, event("c")]), jpg)).toEqual([]);
    expect(joined((s) => `${kind(s)}/${s.payload.size}`, png, jpg)).toEqual([]);
    expect(joined((s) => ("size" in s.payload ? "x" : "y"), png, jpg)).toEqual([]);
    expect(joined((s) => s.name, png, jpg)).toHaveLength(1);
    expect(joined(() => undefined, png, jpg)).toEqual([]);
    expect(
      joined((s) => s.input.kind, result(work, { input: { kind: "jpg" } }), result(work)),
    ).toEqual([]);
    expect(said(of(any([png, jpg]), { by: kind }))).toEqual([]);
  });

  test("but not where an input is made, or a task's options allow it", () => {
    const making = trigger("more", {
      when: event("more"),
      run: work,
      input: (f) => f.event.payload,
    });
    const only = task({ id: "only", run: () => null, onLost: "fail" });
    const sets = [
      only,
      task({ ...only, onLost: "retry" }),
      task({ ...only, retry: { attempts: 2 } }),
    ];
    expect(said(making, of(result(work, { input: { kind: "png" } })))).toEqual([]);
    const states = (set: (typeof sets)[number]) =>
      found(
        [
          trigger("s", { when: event("go"), run: set }),
          of(status(set, "retrying")),
          trigger("l", { when: status(set, "lost"), run: next, input: null }),
        ],
        { tasks: [set, next] },
      ).map(({ trigger: id }) => id);
    expect(sets.map(states)).toEqual([["t", "l"], [], ["l"]]);
  });
});

test("a schedule whose time is over is a note, with its last occurrence", () => {
  expect(said(of(at("2026-01-01T00:00Z")))).toEqual([
    'note over: Trigger "t" can never fire: condition "when", at("2026-01-01T00:00Z"), is over: its last occurrence was 2026-01-01T00:00:00.000Z; remove it, or give it another end',
  ]);
  const after = trigger("after", { when: result(next), run: work, input: 1 });
  expect(found([of(at("2026-01-01T00:00Z")), after]).map(({ kind }) => kind)).toEqual([
    "over",
    "by-hand",
  ]);
  expect(said(of(every("1 h", { endAt: "2026-11-24T12:00:00.001Z" })))[0]).toContain("is over");
});

test("a trigger that only runs by hand lead to is a note, and so is a task that no trigger runs", () => {
  const other = task({ id: "other", run: () => null });
  const triggers = [
    start,
    of(result(other)),
    trigger("u", { when: all([event("e"), settled(next)]), run: next, input: null }),
  ];
  const notes = found(triggers, { tasks: [work, next, other] });
  expect(notes.map(({ level, kind, trigger: id, task: of }) => [level, kind, id, of])).toEqual([
    ["note", "by-hand", "t", "next"],
    ["note", "by-hand", "u", "next"],
    ["note", "loop", "u", "next"],
    ["note", "unused-task", null, "other"],
  ]);
});

describe("a loop", () => {
  const back = (when: Condition, more: object = {}) =>
    trigger("back", { when, run: work, input: null, ...more });
  const path = ["work", "t", "next", "back", "work"];

  test("is told once with its path, and is a fault if nothing on its way ends it", () => {
    expect(found([start, of(result(work)), back(failure(next))])).toEqual([
      {
        level: "fault",
        kind: "loop",
        trigger: "t",
        task: "work",
        path,
        message:
          'Task "work" triggers itself: "work" succeeded, so trigger "t" runs "next"; "next" failed, so trigger "back" runs "work"; nothing on the way ends it: give one of the triggers a filter, a throttle or another condition',
      },
    ]);
    expect(found([start, trigger("self", { when: settled(work), run: work })])[0]).toMatchObject({
      level: "fault",
      path: ["work", "self", "work"],
    });
  });

  test.each([
    ["a filter", result(next, { is: 1 }), {}],
    ["another signal", all([result(next), event("e")]), {}],
    ["flow control", result(next), { throttle: "1 h" }],
    ["time", absent(result(next), { within: "1 h", after: status(next, "running") }), {}],
  ])("is a note where %s may end or brake it", (_, when, more) => {
    expect(found([start, of(result(work)), back(when, more)])).toMatchObject([
      { level: "note", kind: "loop", path },
    ]);
  });

  test("leads through events that tasks have been seen to emit", () => {
    const triggers = [start, of(event("made")), back(result(next))];
    expect(found(triggers)).toEqual([]);
    const emitted = new Map([["work", new Set(["made"])]]);
    expect(found(triggers, { emitted })).toMatchObject([{ kind: "loop", level: "note", path }]);
  });

  test("is not what only ends a watch", () => {
    expect(
      found([start, back(absent(result(work), { within: "1 h", after: event("go") }))], {
        tasks: [work],
      }),
    ).toEqual([]);
  });
});

describe("a time of day in a gap of the next year is a note that says what becomes of it", () => {
  const gap = (expression: string, options: object) =>
    said(of(cron(expression, options))).map((line) => line.split(", names ")[1]);
  const paris = { timeZone: "Europe/Paris" };

  test.each([
    ["30 2 * * *", paris],
    ["15,45 2 * * 0", paris],
  ])("%s %j", (expression, options) => {
    // The next year has its gap on the 28th.
    expect(gap(expression, options)).toEqual([
      expect.stringMatching(
        /^2027-03-28T02:(30|15), which clocks there leave out: it runs at 2027-03-28T01:00:00.000Z instead$/,
      ),
    ]);
  });

  test("by what dst asks for; not for expressions of every hour, other times, other zones, or after the schedule's end", () => {
    const compatible = { ...paris, dst: "compatible" };
    expect(gap("30 2 * * *", compatible)[0]).toContain("runs at 2027-03-28T01:30:00.000Z instead");
    expect(gap("30 2 * * *", { ...paris, dst: "literal" })[0]).toContain("does not run then");
    expect(gap("0 */2 * * *", paris)[0]).toContain("2027-03-28T02:00, which clocks there leave");
    expect(gap("30 * * * *", paris)).toEqual([]);
    expect(gap("30 3 * * *", paris)).toEqual([]);
    expect(gap("30 2 * * *", {})).toEqual([]);
    expect(gap("30 2 * * *", { timeZone: "Asia/Tokyo" })).toEqual([]);
    expect(gap("30 2 * * *", { ...paris, endAt: "2027-03-01T00:00Z" })).toEqual([]);
    expect(gap("30 2 * * *", { ...paris, startAt: "2027-04-01T00:00Z" })).toEqual([]);
  });
});

describe("the command", () => {
  const place = newPlace();
  beforeAll(() => {
    bundleCli();
    place.write(
      "sound.js",
      `import { detent, event, task, trigger } from "detent";
       const work = task({ id: "work", run: () => null });
       export default detent({ tasks: [work], triggers: [
         trigger("a", { when: event('<b> "x"', { a: 1 }), run: work }) ] });`,
    );
    place.write(
      "faulty.js",
      `import { cron, detent, result, task, trigger } from "detent";
       const work = task({ id: "work", run: (_, ctx) => ctx.emit("made") });
       export default detent({ tasks: [work], triggers: [
         trigger("yearly", { when: cron("30 2 28 3 *", { timeZone: "Europe/Paris" }), run: work }),
         trigger("again", { when: result(work), run: work }) ] });`,
    );
  }, 60_000);
  afterAll(() => place.remove());

  test.concurrent("exits with 1 where there is a fault and with 0 where there is none, in words and in JSON", async () => {
    const [sound, faulty] = await Promise.all([
      place.detent(["check", "sound.js"]),
      place.detent(["check", "faulty.js", "--json", "--from", "2026-11-24T12:00Z"]),
    ]);
    expect(sound).toEqual({ code: 0, stdout: "1 trigger, 1 task: 0 faults\n", stderr: "" });
    expect(faulty.code).toBe(1);
    expect(JSON.parse(faulty.stdout)).toMatchObject({
      app: "main",
      triggers: 2,
      tasks: 1,
      findings: [
        { level: "fault", kind: "loop", task: "work", path: ["work", "again", "work"] },
        {
          level: "note",
          kind: "gap",
          trigger: "yearly",
          message: expect.stringContaining("2027-03-28T02:30"),
        },
      ],
    });
  });

  test.concurrent("draws the graph, with every name escaped", async () => {
    const [sound, faulty] = await Promise.all([
      place.detent(["check", "sound.js", "--mermaid"]),
      place.detent(["check", "faulty.js", "--mermaid"]),
    ]);
    expect(sound.stdout).toBe(
      `flowchart LR
  n0["work"]
  n1{{"a"}}
  n1 --> n0
  n2>"&lt;b&gt; #quot;x#quot;"]
  n2 --> n1
`,
    );
    expect(faulty.stdout).toContain('n0 -->|"succeeded"| n2');
    expect(faulty.stdout).toContain("class n2,n0 fault");
  });
});
