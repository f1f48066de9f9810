// The app that mutants are let loose on: it has one of everything that a mutant could break.
import { detent, type App } from "../core/app.ts";
import { all, any, event, failure, result } from "../core/condition.ts";
import { cron, every } from "../core/schedule.ts";
import { task } from "../core/task.ts";
import { trigger } from "../core/trigger.ts";
import { fake } from "../core/simulation/fake.ts";
import type { SimulateOptions } from "./options.ts";

const work = task({
  id: "work",
  retry: { attempts: 3, first: "1 ms", backoff: "constant", jitter: 0 },
  timeout: "30 s",
  run: (input: unknown) => input,
});
const pay = task({ id: "pay", onLost: "fail", run: (input: unknown) => input });

export const sabotageApp: App = detent({
  tasks: [work, pay],
  triggers: [
    trigger("each", { when: event<number>("order"), run: work, input: (f) => f.event.payload }),
    trigger("odd", {
      when: event<number>("order", (n) => n % 2 === 1),
      run: pay,
      input: (f) => f.event.payload,
    }),
    trigger("often", { when: every("15 s"), run: pay, input: (f) => f.occurrence.dueAt }),
    trigger("minute", {
      when: cron("* * * * *", { missed: "all" }),
      run: work,
      input: (f) => f.occurrence.dueAt,
    }),
    trigger("join", {
      when: all([result(work), event<number>("yes"), every("30 s")]),
      run: work,
      input: (f) => f.matches.map(({ id }) => id),
    }),
    trigger("within", {
      when: all([event<number>("yes"), event<number>("order", (n) => n % 5 === 0)]),
      within: "20 s",
      run: pay,
      input: (f) => f.matches.map(({ id }) => id),
    }),
    trigger("latest", {
      when: all([event<number>("yes"), any([failure(work), event<number>("told")])]),
      take: "latest",
      run: pay,
      input: (f) => f.matches.map(({ id }) => id),
    }),
  ],
});

const isSame: ReadonlySet<string> = new Set(["each", "minute", "join"]);

/** Its next version: of each kind of trigger one is the same, and one is changed, gone or new. */
const next: App = detent({
  tasks: [work, pay],
  triggers: [
    ...sabotageApp.triggers.filter(({ id }) => isSame.has(id)),
    trigger("often", { when: every("20 s"), run: pay, input: (f) => f.occurrence.dueAt }),
    trigger("within", {
      when: all([event<number>("yes"), event<number>("order", (n) => n % 5 === 0)]),
      within: "40 s",
      run: pay,
      input: (f) => f.matches.map(({ id }) => id),
    }),
    trigger("latest", {
      when: all([event<number>("yes"), any([failure(work), event<number>("told"), every("45 s")])]),
      take: "latest",
      run: pay,
      input: (f) => f.matches.map(({ id }) => id),
    }),
    trigger("after-pay", { when: result(pay), run: work, input: (f) => f.result.input }),
  ],
});

export const sabotageOptions: SimulateOptions = {
  engines: 3,
  next,
  faults: "chaos",
  for: "4 min",
  tasks: {
    work: fake<number>({
      takes: ["10 ms", "20 s"],
      fails: 0.2,
      returns: (input, context) => {
        context.emit("told", input);
        return input;
      },
    }),
    pay: fake<number>({ takes: ["1 s", "5 s"], returns: (input) => input }),
  },
  world: (w) => {
    w.every(["1 s", "8 s"], (n) => w.emit("order", n));
    let asked: string | undefined;
    w.every("9 s", (n) => {
      if (asked !== undefined) w.cancel(asked);
      asked = w.run("work", n);
    });
    w.every(["5 s", "15 s"], (n) => w.emit("yes", n));
    // Two at once: they come to a router in one piece.
    w.every("20 s", (n) => {
      w.emit("order", 10_000 + 2 * n);
      w.emit("order", 10_001 + 2 * n);
    });
  },
};
