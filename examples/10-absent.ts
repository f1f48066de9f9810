// What did not come: a check that nobody answers within its time, and a heart that stops beating.
import { absent, detent, event, start, task, trigger } from "detent";

const warn = task({ id: "warn", run: (text: string) => console.log(text) });

const app = detent({
  tasks: [warn],
  triggers: [
    // Each check starts a watch; a reply with the same name ends it.
    trigger("unanswered", {
      when: absent(event<string>("reply"), {
        within: "300 ms",
        after: event<string>("check"),
        by: (signal) => signal.payload,
      }),
      run: warn,
      input: (f) => `${f.absence.after.payload} did not reply`,
    }),
    // Without `after` each beat starts the next watch: one warning for each silence.
    trigger("silent", {
      when: absent(event("beat"), { within: "600 ms" }),
      run: warn,
      input: (f) => `no beat for ${f.absence.at - f.absence.since} ms`,
    }),
  ],
});

const runtime = await start(app, { store: "memory:" });
await runtime.emit("check", "printer");
await runtime.emit("check", "scanner");
await runtime.emit("reply", "printer");
await runtime.idle();
await runtime.stop();

// Output:
// scanner did not reply
// no beat for 600 ms
