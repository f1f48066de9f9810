// What did not come: a check that nobody answers within its time, and a heart that stops beating. A world shows it in virtual time.
import { absent, detent, event, task, trigger } from "detent";
import { world } from "detent/simulation";

const warn = task({ id: "warn", run: (text: string) => text });

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

const w = world(app);
w.emit("check", "printer");
w.emit("check", "scanner");
w.emit("reply", "printer");
w.runToIdle();
for (const { input } of w.runs()) console.log(input);

// Output:
// scanner did not reply
// no beat for 600 ms
