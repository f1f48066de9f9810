// A trigger that waits for two things about the same document, in whichever order they come.
import { all, detent, event, result, start, task, trigger } from "detent";

const render = task({ id: "render", run: (page: string) => ({ page, bytes: page.length * 100 }) });
const publish = task({ id: "publish", run: (line: string) => console.log(line) });

const app = detent({
  tasks: [render, publish],
  triggers: [
    trigger("publish", {
      when: all([result(render), event<{ page: string; by: string }>("page.approved")]),
      // Matches come together only under the same key.
      by: (signal) => (signal._tag === "Event" ? signal.payload.page : signal.input),
      run: publish,
      input: (f) =>
        `${f.result.input}: ${f.result.result.bytes} bytes, approved by ${f.event.payload.by}`,
    }),
  ],
});

const runtime = await start(app, { store: "memory:" });
await runtime.emit("page.approved", { page: "home", by: "Ana" });
await runtime.emit("page.approved", { page: "about", by: "Ben" });
await runtime.run(render, "about");
await runtime.idle();
console.log("home still waits");
await runtime.run(render, "home");
await runtime.idle();
await runtime.stop();

// Output:
// about: 500 bytes, approved by Ben
// home still waits
// home: 400 bytes, approved by Ana
