// The core in Bun, with bodies that run where the engine runs. `bun examples/embed-bun.ts`
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { detent, event, runIdOf, task, trigger } from "detent/core";
import { executorOf, runsOf } from "./embed/engine.ts";

const double = task({ id: "double", run: (n: number) => n * 2 });
const app = detent({
  tasks: [double],
  triggers: [
    trigger("twice", {
      when: event<number>("number.came"),
      run: double,
      input: (f) => f.event.payload,
    }),
  ],
});

const runs = await runsOf({
  app,
  file: join(mkdtempSync(join(tmpdir(), "detent-")), "bun.db"),
  executor: executorOf(
    async ({ input }) => ({ _tag: "Succeeded", result: (input as number) * 2 }),
    2,
  ),
  events: [{ id: "first", name: "number.came", payload: 21 }],
});
for (const { id, state, outcome } of runs)
  console.log(id === runIdOf("twice", ["first"]), state, JSON.stringify(outcome));

// Output:
// true succeeded {"result":42}
