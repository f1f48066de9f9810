// An event is stored once: the same id again is a duplicate and starts nothing.
import { detent, event, start, task, trigger } from "detent";

const resize = task({
  id: "resize",
  run: ({ path }: { path: string }) => console.log(`resizing ${path}`),
});

const app = detent({
  tasks: [resize],
  triggers: [
    trigger("thumbnail", {
      when: event<{ path: string; kind: string }>("file.uploaded", { kind: "png" }),
      run: resize,
      input: (f) => ({ path: f.event.payload.path }),
    }),
  ],
});

const runtime = await start(app, { store: "memory:" });
const cat = { path: "cat.png", kind: "png" };
const first = await runtime.emit("file.uploaded", cat, { id: "upload-1" });
const second = await runtime.emit("file.uploaded", cat, { id: "upload-1" });
await runtime.emit("file.uploaded", { path: "notes.txt", kind: "text" });
await runtime.idle();
await runtime.stop();
console.log(first.status, second.status);

// Output:
// resizing cat.png
// accepted duplicate
