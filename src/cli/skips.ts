// `detent skips`: the recorded decisions not to run, newest first, page by page.
import * as Command from "effect/cli/Command";
import { conditionText } from "../core/condition-text.ts";
import { scheduleOfKey } from "../core/schedule.ts";
import type { Skip } from "../core/store.ts";
import { listingOptions, showPage } from "./listing.ts";
import { doing, flag } from "./options.ts";
import { tableOf } from "./output.ts";
import { instantText } from "./run-view.ts";

export const skips = Command.make(
  "skips",
  {
    trigger: flag("trigger", "TRIGGER", "Only skips of this trigger"),
    ...listingOptions,
  },
  doing(async (options) => {
    const { trigger } = options;
    await showPage(options, {
      what: "skips",
      read: (port, page) =>
        port.list("skip", { where: trigger === undefined ? {} : { trigger }, ...page }),
      view: skipView,
      table: skipTable,
      unknown: async (port, definitions) =>
        (await import("./unknown.ts")).unknownFilter(port, "skip", { trigger }, definitions),
    });
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
    { title: "detail", text: detailText },
  ]);

/** The signal, or the occurrences from … to. */
const whatText = ({ signal, from, to }: Skip): string => {
  if (signal !== null) return signal;
  const [first, last] = [instantText(from) ?? "", instantText(to) ?? ""];
  return first === last ? first : `${first} … ${last}`;
};

/** Of a schedule's occurrences it is the place of the schedule in its trigger, which goes without saying where that waits for nothing else, or the schedule itself. */
export const detailText = ({ signal, detail }: Pick<Skip, "signal" | "detail">): string => {
  if (detail === null || (signal === null && detail === "when")) return "";
  if (signal === null && /^(?:(?:all|any)\.\d+\.?)+$/.test(detail)) return `condition ${detail}`;
  const schedule = signal === null && detail.startsWith("{") ? scheduleOfKey(detail) : undefined;
  return schedule === undefined ? (detail.split("\n", 1)[0] ?? "") : conditionText(schedule);
};
