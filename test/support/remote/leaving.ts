// Both sides in one process, which has a run executed and closes everything; says what would keep it then.
import { bullmq, detentWorker } from "../../../src/bullmq.ts";
import { detent, start, task } from "../../../src/index.ts";

const connection = process.argv[2] ?? "";
const app = detent({ app: "leaving", tasks: [task({ id: "t", run: () => 1 })] });
const worker = await detentWorker(app, { connection });
const runtime = await start(app, { store: "memory:", executor: bullmq({ connection }) });
const { run } = await runtime.run("t");
await runtime.result(run);
await runtime.stop();
await worker.close();
await worker.closed;
const count = (kind: string): number =>
  process.getActiveResourcesInfo().filter((name) => name === kind).length;
// ioredis has timers until its sockets are closed.
// oxlint-disable-next-line no-await-in-loop
while (count("TCPSocketWrap") > 0) await new Promise((resolve) => setImmediate(resolve));
console.log(count("Timeout"));
