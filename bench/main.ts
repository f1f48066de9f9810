// `npm run bench`: every benchmark in one run, peers beside us in the same rounds. Figures are this machine's, now; compare columns, not runs.
import * as os from "node:os";
import { benchCron } from "./cron.ts";
import { benchDashboard } from "./dashboard.ts";
import { benchEngine } from "./engine.ts";
import { benchExecutor } from "./executor.ts";
import { tableOf } from "./row.ts";
import { benchRetention } from "./retention.ts";
import { benchSimulation } from "./simulation.ts";
import { benchSqlite } from "./sqlite.ts";
import { benchStartup } from "./startup.ts";
import { benchStore } from "./store.ts";
import { benchThreads } from "./threads.ts";

console.log(`Node ${process.versions.node}, ${os.availableParallelism()} cores\n`);
for (const bench of [
  benchCron,
  benchEngine,
  benchStore,
  benchSqlite,
  benchRetention,
  benchExecutor,
  benchThreads,
  () => benchDashboard(),
  benchStartup,
  benchSimulation,
])
  console.log(`${tableOf(await bench())}\n`);
