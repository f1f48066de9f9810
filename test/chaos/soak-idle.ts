// A process beside the soak that does nothing: what its event loop waits for is the machine's doing.
import { monitorEventLoopDelay } from "node:perf_hooks";

const delays = monitorEventLoopDelay({ resolution: 2 });
delays.enable();
setInterval(() => {
  process.send?.(delays.percentile(99) / 1e6);
  delays.reset();
}, 1_000);
process.on("disconnect", () => process.exit(0));
