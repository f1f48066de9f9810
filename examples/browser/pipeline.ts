// The decisions and the simulation where there is no Node: nothing here knows that it is in a browser.
import {
  all,
  cron,
  detent,
  event,
  nextOccurrence,
  result,
  runIdOf,
  task,
  trigger,
} from "detent/core";
import { fake, simulate, world } from "detent/simulation";

const pack = task({ id: "pack", run: (order: { id: number }) => ({ order: order.id }) });
const ship = task({ id: "ship", run: (order: number) => `order ${order} left` });
const paid = event<{ id: number }>("order.paid");
const came = event<{ order: number }>("courier.came");
const app = detent({
  tasks: [pack, ship],
  triggers: [
    trigger("pack", { when: paid, run: pack, input: (f) => f.event.payload }),
    trigger("ship", {
      when: all([result(pack), came]),
      by: (s) => String(s._tag === "Event" ? s.payload.order : s.input.id),
      run: ship,
      input: (f) => f.event.payload.order,
    }),
  ],
});

/** What came of it, line by line. */
export const told = async (): Promise<readonly string[]> => {
  const nightly = cron("30 2 * * *", { timeZone: "Europe/Madrid" });
  const next = nextOccurrence(nightly, "2026-03-28T12:00Z");

  const shop = world(app, { seed: 7, tasks: { pack: fake({ takes: "5 s" }) } });
  shop.emit("courier.came", { order: 1 }, { id: "c1" });
  shop.emit("order.paid", { id: 1 }, { id: "p1" });
  shop.runToIdle();

  const { distinct, violations } = await simulate(app, {
    runs: 20,
    for: "1 min",
    tasks: { pack: fake({ takes: ["1 s", "9 s"], returns: { order: 1 } }) },
    world: (w) => w.every("20 s", (n) => w.emit("order.paid", { id: n })),
    always: { once: (s) => s.runs().every(({ attempt }) => attempt <= 1) },
  });
  return [
    `next: ${new Date(next ?? 0).toISOString()}`,
    `the run of p1 is ${runIdOf("pack", ["p1"])}`,
    ...shop.runs().map(({ id, state, outcome }) => `${id} ${state} ${JSON.stringify(outcome)}`),
    `trace ${shop.traceHash()}`,
    `${distinct} distinct plans; broken: ${violations.map(({ law }) => law).join()}`,
  ];
};
