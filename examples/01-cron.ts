// A task that runs every second, and one that runs whenever the first has found too high a load.
import { cron, detent, result, start, task, trigger } from "detent";

const measure = task({ id: "measure", run: () => ({ load: 0.93 }) });
const rang = Promise.withResolvers<void>();
const alarm = task({
  id: "alarm",
  run: (load: number) => {
    console.log(`the load is ${load}`);
    rang.resolve();
  },
});

const app = detent({
  tasks: [measure, alarm],
  triggers: [
    trigger("every-second", { when: cron("* * * * * *"), run: measure }),
    trigger("too-high", {
      when: result(measure, { where: ({ load }) => load > 0.9 }),
      run: alarm,
      input: (f) => f.result.result.load,
    }),
  ],
});

const runtime = await start(app, { store: "memory:" });
await rang.promise;
await runtime.stop();

// Output:
// the load is 0.93
