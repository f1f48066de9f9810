// The dashboard over a store of 100,000 runs: how long each page's answer takes, over HTTP, one request after the other. `node bench/dashboard.ts [sqlite:FILE]` takes a store
// that is seeded already.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as Effect from "effect/Effect";
import { serveDashboard } from "../src/adapters/dashboard/index.ts";
import { operationsOf } from "../src/cli/operations.ts";
import { openStore } from "../src/runtime/open-store.ts";
import { tableOf, type Row } from "./row.ts";
import { seed } from "./seed.ts";

const runsCount = 100_000;
const rounds = 40;

/** Each page with what it asks for; `ids` are of runs that are there. */
const pages = (ids: readonly string[]): readonly (readonly [page: string, path: string])[] => [
  ["Now", "/api/overview"],
  ["Triggers", "/api/triggers"],
  ["a trigger", "/api/triggers/on-resize"],
  ["Events", "/api/events"],
  ["Events by name", "/api/events?name=bill.wanted"],
  ["Events of a name that is nowhere", "/api/events?name=nowhere"],
  ["an event", "/api/events/event-54321"],
  ["Runs", "/api/runs"],
  ["Runs, failed", "/api/runs?state=failed"],
  ["Runs, pending", "/api/runs?state=pending"],
  ["Runs, a task's lost ones", "/api/runs?state=lost&task=bill"],
  ["Runs, of no trigger", "/api/runs?trigger=nobody"],
  ["Runs, page 2", `/api/runs?after=${encodeURIComponent(ids[1] ?? "")}`],
  ["Runs, search that finds", "/api/runs?search=99990.bin"],
  ["Runs, search that finds nothing", "/api/runs?search=nowhere"],
  ["Runs, search for an old event", "/api/runs?search=event-123"],
  ["a run", `/api/runs/${encodeURIComponent(ids[0] ?? "")}`],
  ["Timeline, 10 minutes", "/api/timeline?minutes=10"],
  ["Timeline, a day", "/api/timeline?minutes=1440"],
  ["Engines", "/api/engines"],
  ["/metrics", "/metrics"],
];

interface Measured {
  /** Milliseconds, the shortest first. */
  readonly times: readonly number[];
  /** Of this process, client and server, for each request. */
  readonly cpuMillis: number;
}

const measured = async (url: string, path: string): Promise<Measured> => {
  const times: number[] = [];
  let cpu = process.cpuUsage();
  for (let round = 0; round <= rounds; round++) {
    const from = performance.now();
    const response = await fetch(new URL(path, url));
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    // The first one warms up.
    if (round > 0) times.push(performance.now() - from);
    else cpu = process.cpuUsage();
  }
  const { user, system } = process.cpuUsage(cpu);
  times.sort((one, other) => one - other);
  return { times, cpuMillis: (user + system) / 1_000 / rounds };
};

export const benchDashboard = async (given?: string): Promise<Row[]> => {
  const folder = mkdtempSync(join(tmpdir(), "detent-bench-"));
  const store = given ?? `sqlite:${join(folder, "seeded.db")}`;
  const work = Effect.gen(function* () {
    const port = yield* openStore(store, { app: "main", durability: "process" });
    if (given === undefined) yield* seed(port, runsCount);
    const { rows, next } = yield* port.list("run", { limit: 50, where: { states: ["failed"] } });
    const ids = [rows[0]?.id ?? "", next ?? ""];
    const operations = operationsOf(port, undefined);
    const dashboard = yield* Effect.promise(() =>
      serveDashboard({ app: "main", store: port, operations }, { port: 0 }),
    );
    const told: Row[] = [];
    for (const [page, path] of pages(ids)) {
      const { times, cpuMillis } = yield* Effect.promise(() => measured(dashboard.url, path));
      const at = (share: number): string =>
        (times[Math.floor(times.length * share)] ?? Number.NaN).toFixed(1);
      told.push({
        what: `dashboard, 100,000 runs: ${page}`,
        detent: `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms`,
        peers: {},
        note: `${cpuMillis.toFixed(1)} ms CPU, client and server`,
      });
    }
    yield* Effect.promise(() => dashboard.close());
    return told;
  });
  try {
    return await Effect.runPromise(Effect.scoped(work));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  console.log(tableOf(await benchDashboard(process.argv[2])));
