// A task that fails is tried again; `failure` is heard once, when no attempt is left.
import { detent, failure, start, status, task, trigger } from "detent";

const send = task({
  id: "send",
  retry: { attempts: 3, first: "20 ms", jitter: 0 },
  run: (address: string, ctx) => {
    console.log(`attempt ${ctx.attempt}`);
    if (ctx.attempt < 3 || address === "nowhere") throw new Error("no answer");
    return "sent";
  },
});
const tell = task({ id: "tell", run: (line: string) => console.log(line) });

const app = detent({
  tasks: [send, tell],
  triggers: [
    trigger("sent", { when: status(send, "succeeded"), run: tell, input: "it was sent" }),
    trigger("given-up", {
      when: failure(send),
      run: tell,
      input: (f) => `given up after attempt ${f.failure.attempt}: ${f.failure.error.message}`,
    }),
  ],
});

const runtime = await start(app, { store: "memory:" });
for (const address of ["somewhere", "nowhere"]) {
  await runtime.run(send, address);
  await runtime.idle();
}
await runtime.stop();

// Output:
// attempt 1
// attempt 2
// attempt 3
// it was sent
// attempt 1
// attempt 2
// attempt 3
// given up after attempt 3: no answer
