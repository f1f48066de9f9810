// `detent skips`: the recorded decisions not to run, newest first, page by page.
import * as Command from "effect/cli/Command";
import type { Skip } from "../core/store.ts";
import { app, count, demandCount, doing, flag, json, store } from "./options.ts";
import { print, printJson, tableOf } from "./output.ts";
import { appNamed, withStore } from "./reach.ts";
import { instantText } from "./run-view.ts";

export const skips = Command.make(
  "skips",
  {
    trigger: flag("trigger", "TRIGGER", "Only skips of this trigger"),
    limit: count("limit", "N", "How many, at most 10000. Default: 50"),
    after: flag("after", "CURSOR", 'The "next" of the page before'),
    app,
    store,
    json,
  },
  doing(async (options) => {
    const limit = demandCount("limit", options.limit ?? 50, 10_000);
    const { trigger, after } = options;
    const { name } = await appNamed(options.app);
    const page = await withStore({ store: options.store, app: name, absent: "refuse" }, (port) =>
      port.list("skip", {
        where: trigger === undefined ? {} : { trigger },
        limit,
        after,
        order: "newest",
      }),
    );
    if (options.json) return printJson({ skips: page.rows.map(skipView), next: page.next });
    if (page.rows.length === 0) return print("no skips");
    print(skipTable(page.rows));
    if (page.next !== null) print(`there are more: --after ${page.next}`);
  }),
).pipe(
  Command.withDescription("List what was skipped and why, newest first"),
  Command.withExamples([{ command: "detent skips --trigger nightly" }]),
);

const skipView = ({ trigger, signal, from, to, count: occurrences, reason, detail, at }: Skip) => ({
  trigger,
  signal,
  from: instantText(from),
  to: instantText(to),
  count: occurrences,
  reason,
  detail,
  at: instantText(at),
});

const skipTable = (rows: readonly Skip[]): string =>
  tableOf(rows, [
    { title: "at", text: ({ at }) => instantText(at) ?? "" },
    { title: "trigger", text: ({ trigger }) => trigger },
    { title: "reason", text: ({ reason }) => reason },
    { title: "count", text: ({ count: occurrences }) => String(occurrences), align: "right" },
    { title: "what", text: whatText },
    { title: "detail", text: ({ detail }) => detail?.split("\n", 1)[0] ?? "" },
  ]);

/** The signal, or the occurrences from … to. */
const whatText = ({ signal, from, to }: Skip): string => {
  if (signal !== null) return signal;
  const [first, last] = [instantText(from) ?? "", instantText(to) ?? ""];
  return first === last ? first : `${first} … ${last}`;
};
