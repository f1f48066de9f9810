// One engine of the soak: starts what it is told to, cancels some of it, and says how it fares. Its parent kills it now and then.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { detent, start } from "../../src/index.ts";

/** From the parent. "Finish": make nothing new, and say when all is done. */
export type ToEngine =
  | { readonly _tag: "Run"; readonly id: string; readonly task: string; readonly input: unknown }
  | { readonly _tag: "Cancel"; readonly run: string }
  | { readonly _tag: "Finish" };

export type FromEngine =
  | { readonly _tag: "Ready" }
  | { readonly _tag: "Accepted"; readonly id: string; readonly run: string }
  | { readonly _tag: "Warned"; readonly message: string }
  | {
      readonly _tag: "Pulse";
      readonly gapP99Millis: number;
      readonly gapMaxMillis: number;
      readonly rssBytes: number;
      /** Runs that wait for a slot. */
      readonly pending: number;
    }
  | { readonly _tag: "Idle" };

const say = (message: FromEngine): void => void process.send?.(message);

const app = detent({ tasks: [new URL("./soak-tasks.ts", import.meta.url)], triggers: [] });
const runtime = await start(app, {
  store: process.argv[2] ?? "memory:",
  durability: "process",
  slots: 3,
  onNote: (note) => {
    if (note._tag === "Warning") say({ _tag: "Warned", message: note.message });
  },
});

const hear = async (message: ToEngine): Promise<void> => {
  if (message._tag === "Run") {
    const { run } = await runtime.run(message.task, message.input, { id: message.id });
    say({ _tag: "Accepted", id: message.id, run });
  } else if (message._tag === "Cancel") await runtime.cancel(message.run);
  else {
    await runtime.idle();
    say({ _tag: "Idle" });
    await runtime.stop();
    process.exit(0);
  }
};
process.on("message", (message) => void hear(message as ToEngine));
process.on("disconnect", () => process.exit(1));

const delays = monitorEventLoopDelay({ resolution: 2 });
delays.enable();
setInterval(() => void pulse(), 1_000);
say({ _tag: "Ready" });

const pulse = async (): Promise<void> => {
  const { runs } = await runtime.summary();
  say({
    _tag: "Pulse",
    gapP99Millis: delays.percentile(99) / 1e6,
    gapMaxMillis: delays.max / 1e6,
    rssBytes: process.memoryUsage.rss(),
    pending: runs.pending,
  });
  delays.reset();
};
