// Goal: what is delayed is heard at its instant, and what runs have caused is known to belong to them. Method: logs by hand, decisions without a store.
import { describe, expect, test } from "vitest";
import {
  type AppDefinition,
  event,
  failure,
  settled,
  task,
  trigger,
} from "../../src/core/index.ts";
import { Log, Router } from "../support/deciding.ts";

const work = task({ id: "work", run: (input: unknown) => input });
const next = task({ id: "next", run: (input: unknown) => input });

describe("delayed events and scopes", () => {
  test("a delayed event is heard at its instant, before what is stored then", () => {
    const router = new Router({
      tasks: [work],
      triggers: [
        trigger("t", {
          when: event("e"),
          run: work,
          input: (f) => [f.event.payload as string, f.event.at],
        }),
      ],
    });
    const log = new Log();
    log.event("e", "late", { at: 1_000, dueAt: 5_000 });
    log.event("e", "now", { at: 5_000 });
    router.route({ signals: log.signals });
    expect(router.runs.map(({ input }) => input)).toEqual([
      ["late", 5_000],
      ["now", 5_000],
    ]);
  });

  test("of a log that is routed again in one piece, what runs caused belongs to them as it did", () => {
    const app: AppDefinition = {
      tasks: [work, next],
      triggers: [
        trigger("root", { when: event("go"), run: work, input: null }),
        trigger("child", { when: event("found"), run: next, input: null }),
        trigger("grandchild", { when: failure(next), run: next, input: null }),
        trigger("done", { when: settled(work), run: next, input: (f) => f.status.run }),
      ],
    };
    const router = new Router(app);
    const log = new Log();
    const told = ({ decisions, runs, state }: Router): unknown => ({
      runs: runs.map(({ id }) => id),
      signals: decisions.flatMap(({ signals }) => signals.map(({ id }) => id)),
      open: Object.fromEntries(
        [...state.open].map(([scope, rows]) => [scope, new Set(rows.keys())]),
      ),
    });
    const goOn = (): void => {
      router.route({ signals: log.signals.slice(router.state.watermark.seq) });
      const again = new Router(app);
      again.route({ signals: log.signals });
      expect(told(again)).toEqual(told(router));
    };
    log.event("go");
    goOn();
    const root = router.runs[0]!;
    log.event("found", 1, { origin: root.id });
    goOn();
    log.status(root, "succeeded", { result: null });
    goOn();
    log.status(router.runs[1]!, "failed", { error: { name: "Error", message: "" } });
    goOn();
    log.status(router.runs[2]!, "succeeded", { result: null });
    goOn();
    expect(router.decisions.at(-1)?.signals).toHaveLength(1);
  });

  test("settled is heard when the run and all that it caused are over, and not before", () => {
    const router = new Router({
      tasks: [work, next],
      triggers: [
        trigger("root", { when: event("go"), run: work, input: null }),
        trigger("child", { when: event("found"), run: next, input: null }),
        trigger("grandchild", { when: failure(next), run: next, input: null }),
        trigger("done", { when: settled(work), run: next, input: (f) => f.status.run }),
      ],
    });
    const log = new Log();
    const route = (): void =>
      void router.route({ signals: log.signals.slice(router.state.watermark.seq) });
    log.event("go");
    route();
    const root = router.runs[0]!;
    log.event("found", 1, { origin: root.id });
    log.event("found", 2, { origin: root.id });
    log.status(root, "succeeded", { result: null });
    route();
    const [, first, second] = router.runs;
    log.status(first!, "succeeded", { result: null });
    log.status(second!, "failed", { error: { name: "Error", message: "" } });
    route();
    const grandchild = router.runs[3]!;
    expect(grandchild.trigger).toBe("grandchild");
    expect(router.decisions.flatMap(({ signals }) => signals)).toEqual([]);
    log.status(grandchild, "succeeded", { result: null });
    route();
    const caused = router.decisions.flatMap(({ signals }) => signals);
    expect(caused.map(({ id }) => id)).toEqual([`status:${root.id}:1:settled`]);
    expect(router.state.open.size).toBe(0);
    log.status(root, "settled");
    route();
    expect(router.runs.at(-1)?.trigger).toBe("done");
    expect(router.runs.at(-1)?.input).toBe(root.id);
  });
});

test("an event that is stored after its delay is over happened when it was stored", () => {
  const router = new Router({
    tasks: [work],
    triggers: [trigger("t", { when: event("e"), run: work, input: (f) => f.event.at })],
  });
  router.route({ signals: [new Log().event("e", null, { at: 5_000, dueAt: 3_000 })] });
  expect(router.runs.map(({ input, createdAt }) => [input, createdAt])).toEqual([[5_000, 5_000]]);
});
