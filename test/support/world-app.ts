// A small app for worlds, with a schedule, an event and a join, and the instant at which they begin.
import { all, cron, detent, event, result, task, trigger } from "../../src/core/index.ts";
import { fake } from "../../src/simulation/index.ts";

export const from = "2026-03-28T00:00Z";
export const start = Date.UTC(2026, 2, 28);
export const work = task({ id: "work", run: (input: unknown) => input });
export const slow = task({ id: "slow", retry: { attempts: 3 }, run: (input: unknown) => input });
export const app = detent({
  tasks: [work, slow],
  triggers: [
    trigger("each", { when: event<number>("e"), run: work, input: (f) => f.event.payload }),
    trigger("minute", { when: cron("* * * * *"), run: work, input: (f) => f.occurrence.dueAt }),
    trigger("slowly", { when: event<number>("s"), run: slow, input: (f) => f.event.payload }),
    trigger("join", {
      when: all([result(slow), event<number>("approved")]),
      run: work,
      input: (f) => [f.result.result as number, f.event.payload],
    }),
  ],
});
export const tasks = { slow: fake({ takes: "30 s", returns: (input: number) => input * 2 }) };
