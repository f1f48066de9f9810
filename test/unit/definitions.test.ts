// Goal: a faulty set of definitions reports every fault at once, each with its place and its mend.
import { expect, test } from "vitest";
import {
  absent,
  all,
  any,
  cron,
  defineEvent,
  definitionsOf,
  DefinitionError,
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
} from "../../src/core/index.ts";
import { optionsOf } from "../../src/core/definitions.ts";
import { taskOptionsOf } from "../../src/core/task.ts";

const faultsOf = (define: () => unknown): readonly string[] => {
  try {
    define();
  } catch (error) {
    if (error instanceof DefinitionError) return error.faults;
    throw error;
  }
  return [];
};

const work = task({ id: "work", run: (input: unknown) => input });
const anything = {
  "~standard": { version: 1, vendor: "test", validate: (value: unknown) => ({ value }) },
};

test("all faults of a set are reported together, each with the trigger and the condition that it lies in", () => {
  const faults = faultsOf(() =>
    detent({
      app: "no spaces",
      tasks: [work, task({ id: "bad", run: () => 1, timeout: "soon", retry: { attempts: 0 } })],
      triggers: [
        trigger("report", {
          when: all([cron("61 * * * *"), cron("0 0 * * *", { timeZone: "Europe/Pariss" })]),
          run: work,
          input: null,
        }),
        trigger("report", { when: event(""), run: work, input: null }),
        trigger("a b", { when: event("x"), run: work, input: null }),
        trigger("hasty", { when: event("x"), run: work, within: 0 }),
        trigger("lost", { when: event("x"), run: "wrok" }),
        trigger("empty", {
          when: all([]),
          run: work,
          within: "-1 s",
          waitingMax: 0,
          take: "newest" as never,
          input: { n: 1n } as never,
        }),
      ],
    }),
  );
  expect(faults.map((fault) => fault.slice(0, 70))).toMatchInlineSnapshot(`
    [
      "App: the id "no spaces" must be 1 to 100 letters, digits, dots, unders",
      "Task "bad": timeout: "soon" is no duration; give milliseconds as a num",
      "Task "bad": retry.attempts is 0; give a whole number of at least 1",
      "Trigger "report": condition "all.0": cron("61 * * * *"): minute "61" i",
      "Trigger "report": condition "all.1": cron("0 0 * * *"): timeZone: "Eur",
      "Trigger "report": condition "when": the event name "" must be 1 to 200",
      "Trigger: the id "a b" must be 1 to 100 letters, digits, dots, undersco",
      "Trigger "hasty": within is 0; give at least 1 ms, or leave it out",
      "Trigger "lost": run names the task "wrok", which the app does not have",
      "Trigger "empty": condition "when": all has no conditions; give at leas",
      "Trigger "empty": input.n is a bigint, which is not JSON",
      "Trigger "empty": take is "newest"; give "oldest", "latest" or "every"",
      "Trigger "empty": within "-1 s" is negative; a duration is 0 or more",
      "Trigger "empty": waitingMax is 0; give a whole number of at least 1",
      "Trigger "report" is defined more than once; ids are unique in an app",
    ]
  `);
});

test("a trigger that names a task which the app does not have is a fault that says which tasks there are: at once, where all of them are given, and when they are imported otherwise", () => {
  const triggers = [trigger("t", { when: result("wrok"), run: "Work", input: null })];
  const unknown = [
    'Trigger "t": run names the task "Work", which the app does not have; did you mean "work"?',
    'Trigger "t": condition "when" names the task "wrok", which the app does not have; did you mean "work"?',
  ];
  expect(faultsOf(() => detent({ app: "no spaces", tasks: [work], triggers })).slice(1)).toEqual(
    unknown,
  );
  const app = detent({ tasks: ["file:///tasks.ts"], triggers });
  expect(faultsOf(() => definitionsOf(app, [work]))).toEqual(unknown);
});

test("moving a leaf in the tree keeps its key, changing its data does not", () => {
  const keysOf = (when: Parameters<typeof trigger>[1]["when"]): string[] =>
    definitionsOf(
      detent({ tasks: [work], triggers: [trigger("t", { when, run: "work", input: null })] }),
    )
      .triggers.get("t")!
      .leaves.map(({ key }) => key);
  const [a, b] = keysOf(all([event("a"), event("b")]));
  expect(keysOf(all([event("b"), event("a")]))).toEqual([b, a]);
  expect(keysOf(all([event("b"), event("a"), event("a")]))).toEqual([b, a, a?.replace("#0", "#1")]);
  expect(keysOf(all([event("b"), event("a", { kind: 1 } as never)]))[1]).not.toBe(a);
});

test.each([
  [
    () => detent({ tasks: [work], trigers: [] } as never),
    'App: "trigers" is no option; did you mean "triggers"?',
  ],
  [
    () => detent({ tasks: [{ ...work, retyr: 1 } as never] }),
    'Task "work": "retyr" is no option; did you mean "retry"?',
  ],
  [
    () =>
      detent({
        tasks: [work],
        triggers: [
          { ...trigger("t", { when: event("e"), run: work, input: null }), withn: 1 } as never,
        ],
      }),
    'Trigger "t": "withn" is no option; did you mean "within"?',
  ],
  [
    () =>
      detent({
        tasks: [work],
        triggers: [
          trigger("t", {
            when: event("e", { where: () => true } as never),
            run: work,
            input: null,
          }),
        ],
      }),
    'Trigger "t": condition "when": where.where is a function, which is not JSON; a predicate stands by itself: (value) => true or false',
  ],
  [
    () =>
      detent({
        tasks: [work],
        triggers: [
          trigger("t", {
            when: { _tag: "Status", task: "work", states: ["succeded"] } as never,
            run: work,
            input: null,
          }),
        ],
      }),
    'Trigger "t": condition "when": "succeded" is no state; did you mean "succeeded"?',
  ],
  [
    () =>
      detent({
        tasks: [work],
        triggers: [trigger("t", { when: { _tag: "Never" } as never, run: work, input: null })],
      }),
    'Trigger "t": condition "when": "Never" is no kind of condition',
  ],
  [() => detent({ tasks: [null as never] }), "App: tasks[0] is neither a module's URL nor a task"],
  [
    () => detent({ tasks: [work], triggers: [null as never] }),
    "App: triggers[0] is no trigger; make one with trigger(id, { … })",
  ],
  [
    () => detent(undefined as never),
    'App: tasks is no list; give [new URL("./tasks.ts", import.meta.url)]',
  ],
])("what plain JavaScript gets wrong is told where it stands: %#", (define, fault) => {
  expect(faultsOf(define)).toEqual([fault]);
});

test("misspelt options of tasks, triggers and what is in them are told all at once: with the nearest, or else with all that there are", () => {
  const wrong = { ...work, timout: 1, zone: 2, retry: { attempts: 1, frist: 3 } };
  const options = { when: event("e"), run: "work", wen: 1, batch: { siz: 2, within: "1 s" } };
  const define = () =>
    detent({ tasks: [wrong as never], triggers: [trigger("t", options as never)] });
  expect(faultsOf(define)).toEqual([
    'Task "work": "timout" is no option; did you mean "timeout"?',
    'Task "work": "zone" is no option; there are id, run, retry, timeout, expireAfter, concurrency, priority, onLost, lossesMax, crashesMax, memory, isolation',
    'Task "work": retry.frist is no option; did you mean "first"?',
    'Trigger "t": "wen" is no option; did you mean "when"?',
    'Trigger "t": batch.siz is no option; did you mean "size"?',
    expect.stringMatching(/^Trigger "t": batch\.size is undefined; give a whole number/),
  ]);
});

test("an option that a condition does not have is a fault: misspelt, it would let everything pass", () => {
  const faultsOfWhen = (when: unknown): readonly string[] =>
    faultsOf(() =>
      detent({
        tasks: [work],
        triggers: [trigger("t", { when: when as Condition, run: work, input: null })],
      }),
    ).map((fault) => fault.replace('Trigger "t": condition "when": ', ""));
  expect(faultsOfWhen(failure(work, { errors: "RangeError" } as never))).toEqual([
    '"errors" is no option; did you mean "error"?',
  ]);
  expect(faultsOfWhen(result(work, { Is: 1 } as never))).toEqual([
    '"Is" is no option; did you mean "is"?',
  ]);
  expect(faultsOfWhen(status(work, "running", { where: 1 } as never))).toEqual([
    '"where" is no option; there are input',
  ]);
  expect(faultsOfWhen({ ...settled(work), input: 1 })).toEqual([
    '"input" is no option; there are none',
  ]);
});

test("what can't name an error, and what is no schema, is a fault", () => {
  const faults = faultsOf(() =>
    detent({
      tasks: [work],
      triggers: [5, {}, [], ["RangeError", 5], "RangeError", ["RangeError"], () => true].map(
        (error, n) =>
          trigger(`t${n}`, {
            when: any([
              failure(work, { error: error as never }),
              event(defineEvent(`e${n}`, (n === 0 ? {} : anything) as never)),
            ]),
            run: work,
            input: null,
          }),
      ),
    }),
  );
  const mend = "give the name of an error, a list of names, or a predicate";
  expect(faults).toEqual([
    `Trigger "t0": condition "any.0": error is 5; ${mend}`,
    `Trigger "t0": condition "any.1": its schema is no Standard Schema; give one of Zod, Valibot, ArkType or Effect's Schema`,
    `Trigger "t1": condition "any.0": error is an object; ${mend}`,
    `Trigger "t2": condition "any.0": error is an array; ${mend}`,
    `Trigger "t3": condition "any.0": error is an array; ${mend}`,
  ]);
});

test("a retry policy that says nothing, and a task that does nothing, is a fault", () => {
  const faultsOfTask = (settings: object): readonly string[] =>
    faultsOf(() =>
      detent({ tasks: [task({ id: "k", run: () => 1, ...settings })], triggers: [] }),
    ).map((fault) => fault.replace('Task "k": ', ""));
  expect(faultsOfTask({ run: "work" })).toEqual([
    "run is no function; give (input, ctx) => result",
  ]);
  expect(faultsOfTask({ retry: null })).toEqual([
    "retry is null; give an object such as { attempts: 3 }",
  ]);
  expect(
    faultsOfTask({ retry: { attempts: 2, tries: 3, jitter: "1", unless: "RangeError" } }),
  ).toEqual([
    "retry.tries is no option; there are attempts, backoff, first, max, factor, jitter, unless",
    'retry.jitter is "1"; give a share from 0 to 1',
    'retry.unless is "RangeError"; give a list of error names',
  ]);
  expect(faultsOfTask({ retry: { attempts: 2, unless: [5] } })).toEqual([
    "retry.unless is an array; give a list of error names",
  ]);
  expect(faultsOfTask({ retry: { attempts: 2, jitter: 1, unless: ["RangeError"] } })).toEqual([]);
});

test("of two tasks with one id, and of a task with faults, each fault is told once", () => {
  const bad = task({ id: "bad", run: () => 1, timeout: "soon", retry: { attempts: 0 } });
  const app = detent({ tasks: [new URL("file:///tasks.ts")], triggers: [] });
  expect(faultsOf(() => definitionsOf(app, [work, work, bad]))).toEqual([
    expect.stringMatching(/^Task "bad": timeout: "soon" is no duration/),
    'Task "bad": retry.attempts is 0; give a whole number of at least 1',
    'Task "work" is defined more than once; ids are unique in an app',
  ]);
});

test("an app of modules whose tasks are not given has none", () => {
  const app = detent({ tasks: [new URL("file:///tasks.ts")], triggers: [] });
  expect([...definitionsOf(app).tasks]).toEqual([]);
});

test.each([
  ["WORK", '; did you mean "work"?'],
  ["wor", '; did you mean "work"?'],
  ["workers", '; did you mean "work"?'],
  ["play", '; it has "work"'],
  ["x", '; it has "work"'],
])("a task called %s that the app does not have is told%s", (run, hint) => {
  const triggers = [trigger("t", { when: event("e"), run })];
  const told = [`Trigger "t": run names the task "${run}", which the app does not have${hint}`];
  expect(faultsOf(() => detent({ tasks: [work], triggers }))).toEqual(told);
  const app = detent({ tasks: ["file:///tasks.ts"], triggers });
  expect(faultsOf(() => definitionsOf(app, [work]))).toEqual(told);
});

const triggerOf = (options: object, when = event("e") as never) =>
  definitionsOf(
    detent({ tasks: [work], triggers: [trigger("t", { when, run: work, ...options })] }),
  ).triggers.get("t")!;

test("under `by` only watches are other leaves than without it; to begin or end to correlate makes another trigger", () => {
  const by = (signal: { readonly id?: string }): string | undefined => signal.id;
  const watching = absent(event("e"), { within: "1 s" }) as never;
  const keys = (options: object, when?: never) => triggerOf(options, when).leaves.map((l) => l.key);
  expect(keys({ by })).toEqual(keys({}));
  expect(keys({ by }, watching)).not.toEqual(keys({}, watching));
  expect(triggerOf({ by }).fingerprint).not.toBe(triggerOf({}).fingerprint);
  expect(triggerOf({ throttle: "1 s" }).fingerprint).not.toBe(triggerOf({}).fingerprint);
  expect(triggerOf({ throttle: "2 s" }).fingerprint).not.toBe(
    triggerOf({ throttle: "1 s" }).fingerprint,
  );
});

test("a run whose task is not defined here has the options of a task without any", () => {
  const definitions = definitionsOf(detent({ tasks: [work], triggers: [] }));
  expect(optionsOf(definitions, { task: "gone" })).toEqual(taskOptionsOf({ id: "gone" }));
  expect(optionsOf(definitions, { task: "work" })).toBe(definitions.tasks.get("work"));
});

test("a trigger minds runs that are not over if one of its schedules does", () => {
  const minding = every("1 h", { overlap: "skip" });
  const overlaps = (when: Condition) => triggerOf({}, when as never).overlaps;
  expect(
    [minding, event("e"), any([event("e"), minding]), any([every("1 h"), event("e")])].map(
      overlaps,
    ),
  ).toEqual([true, false, true, false]);
});

test("10,000 matches wait in a leaf unless a trigger says otherwise", () => {
  expect([triggerOf({}).waitingMax, triggerOf({ waitingMax: 3 }).waitingMax]).toEqual([10_000, 3]);
});

test("the events that triggers define are known by their names, those that they only name are not", () => {
  const defined = defineEvent("defined", {
    "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) },
  });
  const { events } = definitionsOf(
    detent({
      tasks: [work],
      triggers: [
        trigger("a", { when: all([event(defined), result(work)]), run: work, input: null }),
        trigger("b", { when: event("named"), run: work, input: null }),
      ],
    }),
  );
  expect([...events]).toEqual([["defined", defined]]);
});
