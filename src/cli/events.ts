// `detent events`: the events in a store, newest first, page by page; the whole log on request.
import * as Effect from "effect/Effect";
import * as Command from "effect/cli/Command";
import type { StoreError } from "../core/errors.ts";
import { formatInstant } from "../core/instant.ts";
import type { StoredSignal } from "../core/signal.ts";
import type { Page, StorePort } from "../core/store.ts";
import { listingOptions, showPage } from "./listing.ts";
import { doing, flag, toggle } from "./options.ts";
import { shortJson, tableOf } from "./output.ts";
import { outcomeText } from "./runs.ts";
import { signalView } from "./signal-view.ts";

export const events = Command.make(
  "events",
  {
    name: flag("name", "NAME", "Only events of this name"),
    run: flag("run", "RUN", "Only what this run emitted; with --all its statuses, too"),
    all: toggle("all", "The whole log: what runs came to, and commands, too"),
    ...listingOptions,
  },
  doing(async (options) => {
    const { name, run, all } = options;
    const where = { ...(name !== undefined && { name }), ...(run !== undefined && { run }) };
    const isMeant = all ? () => true : isEvent;
    await showPage(options, {
      what: "events",
      read: (port, { limit, after }) => pageOf(port, { where, limit, after, isMeant }),
      view: (row) => signalView(row),
      table: eventTable,
      unknown: async (port, definitions) =>
        (await import("./unknown.ts")).unknownEvents(port, { name, run }, definitions),
    });
  }),
).pipe(
  Command.withDescription("List events, newest first; with --all the whole log"),
  Command.withExamples([
    { command: "detent events --name file.arrived" },
    { command: "detent events --all --json --limit 1000" },
  ]),
);

const isEvent = ({ signal }: StoredSignal): boolean =>
  signal._tag === "Event" && !signal.name.startsWith("@:");

/** Where few rows of the log are meant, pages of the store are read in larger pieces. */
const pieceMin = 500;

interface Asked {
  readonly where: { readonly name?: string; readonly run?: string };
  readonly limit: number;
  readonly after: string | undefined;
  readonly isMeant: (stored: StoredSignal) => boolean;
}

const pageOf = (
  port: StorePort,
  { where, limit, after: from, isMeant }: Asked,
): Effect.Effect<Page<StoredSignal>, StoreError> =>
  Effect.gen(function* () {
    const rows: StoredSignal[] = [];
    let after = from;
    for (;;) {
      const left = limit - rows.length;
      const piece = Math.min(10_000, Math.max(left, pieceMin));
      const page = yield* port.list("signal", { where, limit: piece, order: "newest", after });
      const found = page.rows.filter(isMeant);
      rows.push(...found.slice(0, left));
      if (found.length < left && page.next !== null) {
        after = page.next;
        continue;
      }
      const end = found.length < left ? page.rows.length : page.rows.indexOf(found[left - 1]!) + 1;
      if (end === page.rows.length) return { rows, next: page.next };
      // A page of the store that ends with the last row that is shown says where the next one begins.
      const exact = yield* port.list("signal", { where, limit: end, order: "newest", after });
      return { rows, next: exact.next };
    }
  });

const eventTable = (rows: readonly StoredSignal[]): string =>
  tableOf(rows, [
    { title: "seq", text: ({ seq }) => String(seq), align: "right" },
    { title: "at", text: ({ at }) => formatInstant(at) },
    { title: "id", text: ({ id }) => id },
    {
      title: "event",
      text: ({ signal }) =>
        signal._tag === "Event" ? signal.name : `${signal.task} ${signal.state}`,
    },
    { title: "payload", text: payloadText },
  ]);

const payloadText = ({ signal, origin, dueAt }: StoredSignal): string => {
  if (signal._tag === "Status") {
    const { result, error } = signal;
    if (error !== undefined) return outcomeText({ error });
    return result === undefined ? "" : outcomeText({ result });
  }
  const from = origin === null ? "" : `  from ${origin}`;
  const delay = dueAt === null ? "" : `  heard ${formatInstant(dueAt)}`;
  return `${shortJson(signal.payload, 60)}${delay}${from}`;
};
