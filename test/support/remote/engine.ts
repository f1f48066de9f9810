// An engine as a process of its own, so that it can be killed; says "ready" when it has asked for a run of the task that is named.
import { bullmq } from "../../../src/bullmq.ts";
import { start } from "../../../src/index.ts";
import app from "./app.ts";

const [connection = "", store = "", task = ""] = process.argv.slice(2);
const runtime = await start(app, { store, executor: bullmq({ connection }) });
await runtime.run(task);
console.log("ready");
