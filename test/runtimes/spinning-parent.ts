// Runs a body that spins in a process of its own, and tells that process's id. Killed by the test.
import { threadExecutor } from "../../src/runtime/executor/executor.ts";
import { Stage } from "./executor-stage.ts";

const modules = [new URL("./executor-tasks.ts", import.meta.url)];
const stage = await Stage.open(threadExecutor({ modules, slots: 1 }));
stage.start("tells-process-and-spins", { isolation: "process" });
await stage.until("the process's id", () => stage.events.some((event) => event._tag === "Logged"));
for (const event of stage.events)
  if (event._tag === "Logged") process.send?.(Number(event.message));
