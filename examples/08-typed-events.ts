// An event with a schema: payloads are checked when they come in, and typed where they are used. Any Standard Schema will do; this one is made by hand.
import { defineEvent, detent, event, InputError, start, task, trigger } from "detent";

interface Order {
  readonly id: string;
  readonly euros: number;
}

const ordered = defineEvent<Order>("order.placed", {
  "~standard": {
    version: 1,
    vendor: "example",
    validate: (value) =>
      typeof (value as Order).euros === "number"
        ? { value: value as Order }
        : { issues: [{ message: "expected a number", path: ["euros"] }] },
  },
});

const ship = task({ id: "ship", run: (order: Order) => console.log(`shipping ${order.id}`) });

const app = detent({
  tasks: [ship],
  triggers: [
    trigger("large-orders", {
      when: event(ordered, ({ euros }) => euros > 100),
      run: ship,
      input: (f) => f.event.payload,
    }),
  ],
});

const runtime = await start(app, { store: "memory:" });
await runtime.emit(ordered, { id: "a", euros: 250 });
await runtime.emit(ordered, { id: "b", euros: 20 });
await runtime.idle();
try {
  await runtime.emit("order.placed", { id: "c", euros: "many" });
} catch (error) {
  if (error instanceof InputError) console.log(error.message);
}
await runtime.stop();

// Output:
// shipping a
// Event "order.placed": payload.euros: expected a number
