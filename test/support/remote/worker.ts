// A worker as a process of its own, so that it can be killed; says "ready" when it takes runs.
import { detentWorker } from "../../../src/bullmq.ts";
import app from "./app.ts";

const [connection = "", lease = "", concurrency = "2"] = process.argv.slice(2);
const worker = await detentWorker(app, {
  connection,
  lease: Number(lease),
  concurrency: Number(concurrency),
  onWarning: (message) => console.error(message),
});
process.on("SIGTERM", () => void worker.close({ graceMillis: 0 }).then(() => process.exit(0)));
console.log("ready");
