// What stands between a firing and its run: debounce, throttle and batch, each per correlation key. A world shows it in virtual time.
import { detent, event, task, trigger } from "detent";
import { world } from "detent/simulation";

const save = task({ id: "save", run: (file: string) => file });
const alert = task({ id: "alert", run: (text: string) => text });
const insert = task({ id: "insert", run: (rows: number[]) => rows.length });

const edited = event<string>("edited");
const overheated = event<number>("overheated");
const measured = event<number>("measured");

const app = detent({
  tasks: [save, alert, insert],
  triggers: [
    // Once nobody has edited this file for 2 s.
    trigger("save", {
      when: edited,
      by: (signal) => signal.payload,
      debounce: "2 s",
      run: save,
      input: (f) => f.event.payload,
    }),
    // At once, and then the newest every 10 s.
    trigger("alert", {
      when: overheated,
      throttle: "10 s",
      run: alert,
      input: (f) => `${f.event.payload} °C`,
    }),
    // Three together, or what there is after 5 s.
    trigger("insert", {
      when: measured,
      batch: { size: 3, within: "5 s" },
      run: insert,
      input: (f) => f.matches.map(({ signal }) => signal.payload),
    }),
  ],
});

const w = world(app, { from: "2026-03-28T12:00Z" });
for (let second = 0; second < 4; second++) {
  w.emit("edited", second === 0 ? "notes.md" : "todo.md");
  w.emit("overheated", 80 + second);
  w.emit("measured", second);
  w.advance("1 s");
}
w.runToIdle();
for (const { dueAt, trigger: id, input } of w.runs())
  console.log(new Date(dueAt).toISOString().slice(14, 19), id, JSON.stringify(input));
const reasons = w.skips().map(({ trigger: id, reason }) => `${id} ${reason}`);
console.log(reasons.join(", "));

// Output:
// 00:00 alert "80 °C"
// 00:02 save "notes.md"
// 00:02 insert [0,1,2]
// 00:05 save "todo.md"
// 00:08 insert [3]
// 00:10 alert "83 °C"
// save debounced, alert throttled, save debounced, alert throttled
