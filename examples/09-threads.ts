// Tasks of a module run on worker threads, as many at a time as there are slots. What a body prints reaches the main thread as a note.
import { detent, event, start, trigger } from "detent";
import { countPrimes } from "./threads/tasks.ts";

const app = detent({
  tasks: [new URL("./threads/tasks.ts", import.meta.url)],
  triggers: [
    trigger("count", {
      when: event<{ below: number }>("primes.wanted"),
      run: countPrimes,
      input: (f) => f.event.payload.below,
    }),
  ],
});

const runtime = await start(app, {
  store: "memory:",
  slots: 2,
  onNote: (note) => {
    if (note._tag === "Logged") console.log(`${note.run.task}: ${note.message}`);
  },
});
await runtime.emit("primes.wanted", { below: 100_000 });
await runtime.idle();
await runtime.stop();

// Output:
// count-primes: 9592 primes below 100000, found on the main thread: false
