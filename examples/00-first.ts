import { detent, event, result, start, task, trigger } from "detent";

const count = task({ id: "count", run: (text: string) => text.split(" ").length });
const praise = task({ id: "praise", run: (words: number) => console.log(`${words} words!`) });

const app = detent({
  tasks: [count, praise],
  triggers: [
    trigger("each", { when: event<string>("text"), run: count, input: (f) => f.event.payload }),
    trigger("long", {
      when: result(count, { where: (words) => words > 3 }),
      run: praise,
      input: (f) => f.result.result,
    }),
  ],
});

const runtime = await start(app, { store: "memory:" });
await runtime.emit("text", "the catch in a clock");
await runtime.emit("text", "too short");
await runtime.idle();
await runtime.stop();

// Output:
// 5 words!
