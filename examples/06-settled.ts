// Fan-out and fan-in: `settled` is heard when a run and everything that it caused are over, whatever came of it.
import { detent, event, settled, start, task, trigger } from "detent";

const lengths: number[] = [];
const split = task({
  id: "split",
  run: (text: string, ctx) => {
    for (const word of text.split(" ")) ctx.emit("word.found", word);
  },
});
const measure = task({
  id: "measure",
  run: (word: string) => {
    if (word.length > 5) throw new RangeError(`${word} is too long`);
    lengths.push(word.length);
  },
});
const sum = task({
  id: "sum",
  run: (text: string) => {
    console.log(`${text}: ${lengths.toSorted((a, b) => a - b).join(" + ")}`);
  },
});

const app = detent({
  tasks: [split, measure, sum],
  triggers: [
    trigger("each", {
      when: event<string>("word.found"),
      run: measure,
      input: (f) => f.event.payload,
    }),
    trigger("sum", { when: settled(split), run: sum, input: (f) => f.status.input }),
  ],
});

const runtime = await start(app, { store: "memory:" });
await runtime.run(split, "one after another please");
await runtime.idle();
await runtime.stop();

// Output:
// one after another please: 3 + 5
