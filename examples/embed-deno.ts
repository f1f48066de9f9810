// The core in Deno, without detent's own threads: each body runs in a web worker. `deno run -A examples/embed-deno.ts`
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { detent, event, runIdOf, task, trigger, type Outcome } from "detent/core";
import { executorOf, runsOf } from "./embed/engine.ts";

const double = task({ id: "double", run: (n: number) => n });
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

const inWorker = (input: unknown): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./embed/double.js", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }) => {
      worker.terminate();
      resolve({ _tag: "Succeeded", result: data });
    });
    worker.addEventListener("error", ({ message }) => reject(new Error(message)));
    worker.postMessage(input);
  });

const runs = await runsOf({
  app,
  file: join(mkdtempSync(join(tmpdir(), "detent-")), "deno.db"),
  executor: executorOf(({ input }) => inWorker(input), 2),
  events: [{ id: "first", name: "number.came", payload: 21 }],
});
for (const { id, state, outcome } of runs)
  console.log(id === runIdOf("twice", ["first"]), state, JSON.stringify(outcome));

// Output:
// true succeeded {"result":42}
