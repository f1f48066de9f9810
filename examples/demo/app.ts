// The demo: what is in the Markdown and JavaScript under node_modules? `npm start` runs it; tasks.ts has the bodies.
import { all, any, cron, detent, event, failure, result, settled, trigger } from "detent";
import type { FileFound, ScanRequested } from "./files.ts";
import { analyse, compare, heartbeat, quarantine, report, scan, summary } from "./tasks.ts";

export default detent({
  tasks: [new URL("./tasks.ts", import.meta.url)],
  triggers: [
    // `detent emit scan.requested` may come before any engine runs: the event waits in the store.
    trigger("scan", {
      when: event<ScanRequested>("scan.requested"),
      run: scan,
      input: (f) => ({ filesMax: f.event.payload?.filesMax ?? 3_000 }),
    }),

    // The scan emits one event a file, with an id made of path and content: what was analysed once is a duplicate later.
    trigger("analyse", {
      when: event<FileFound>("file.found"),
      run: analyse,
      input: (f) => f.event.payload,
    }),

    // Its task has a higher priority, so it does not wait for thousands of files.
    trigger("heartbeat", {
      when: cron("*/3 * * * * *", { missed: "skip", missedAfter: "2 s" }),
      run: heartbeat,
    }),

    trigger("report", {
      when: result(analyse, {
        where: ({ bytes, packed }) => bytes > 20_000 && packed < bytes / 12,
      }),
      run: report,
      input: (f) => f.result.result,
    }),

    // What can't be analysed, and what has nothing to analyse.
    trigger("quarantine", {
      when: any([failure(analyse), result(analyse, { where: { tokens: 0 } })]),
      run: quarantine,
      input: (f) => ({
        path: f.failure?.input.path ?? f.result?.input.path ?? "",
        reason: f.failure?.error.message ?? "it is empty",
      }),
    }),

    // A package's README and its changelog are analysed in any order; `by` brings those of one folder together.
    trigger("compare", {
      when: all([
        result(analyse, { where: { name: "readme.md" } }),
        result(analyse, { where: { name: "changelog.md" } }),
      ]),
      by: ({ result }) => result.folder,
      run: compare,
      input: (f) => ({
        readme: f.matches[0].signal.result,
        changelog: f.matches[1].signal.result,
      }),
    }),

    // Fan-in: the scan and everything that it caused, to the last report, are over.
    trigger("summary", {
      when: settled(scan),
      run: summary,
      input: (f) => ({ scan: f.status.run }),
    }),
  ],
});
