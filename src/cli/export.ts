// `detent export`: the log of an app with what was decided, as a journal: one line of JSON each, in the order of time.
import { closeSync, openSync, writeSync } from "node:fs";
import * as Effect from "effect/Effect";
import * as Command from "effect/cli/Command";
import { InputError, type StoreError } from "../core/errors.ts";
import {
  journalVersion,
  runLine,
  signalLine,
  skipLine,
  type JournalLine,
} from "../core/journal.ts";
import { redactOf, redactPathFault, type Redact } from "../core/redact.ts";
import type { StorePort, Tables } from "../core/store.ts";
import { app, doing, flag, json, store } from "./options.ts";
import { counted } from "../core/counted.ts";
import { print, printJson } from "./output.ts";
import { appNamed, withStore } from "./reach.ts";
import { setting } from "./settings.ts";

export const exportCommand = Command.make(
  "export",
  {
    out: flag("out", "FILE", "Where to write it. Default: standard output"),
    redact: flag(
      "redact",
      "PATHS",
      "Values to leave out, with commas: payload.card, **.password. Default: DETENT_REDACT, detent.config.ts, or none",
    ),
    app,
    store,
    json,
  },
  doing(async (options) => {
    const paths = pathsOf(options.redact);
    const { name } = await appNamed(options.app);
    const sink = sinkOf(options.out);
    const written = await withStore({ store: options.store, app: name, absent: "refuse" }, (port) =>
      exported(port, { app: name, paths, write: sink.write }),
    ).finally(sink.close);
    if (options.out === undefined) return;
    if (options.json) return printJson({ file: options.out, ...written });
    print(
      `${options.out}: ${counted(written.signals, "signal")}, ${counted(written.runs, "run")}, ${counted(written.skips, "skip")}`,
    );
  }),
).pipe(
  Command.withDescription(
    "Write the log with what was decided, as lines of JSON, for detent replay and for other programs",
  ),
  Command.withExamples([
    { command: "detent export --out journal.jsonl" },
    { command: "detent export --redact '**.password' | gzip > journal.jsonl.gz" },
  ]),
);

const pathsOf = (text: string | undefined): readonly string[] => {
  const paths = setting(
    "redact",
    text?.split(",").map((path) => path.trim()),
  ).value;
  const fault = paths.map(redactPathFault).find((it) => it !== undefined);
  if (fault !== undefined) throw new InputError(`--redact: ${fault}`);
  return paths;
};

interface Sink {
  readonly write: (line: string) => void;
  readonly close: () => void;
}

const sinkOf = (file: string | undefined): Sink => {
  if (file === undefined) return { write: print, close: () => undefined };
  let opened: number;
  try {
    opened = openSync(file, "w");
  } catch (error) {
    throw new InputError(`--out: ${file} can't be written (${(error as Error).message})`);
  }
  return {
    write: (line) => void writeSync(opened, `${line}\n`),
    close: () => closeSync(opened),
  };
};

interface Exported {
  readonly signals: number;
  readonly runs: number;
  readonly skips: number;
}

const exported = (
  port: StorePort,
  {
    app: name,
    paths,
    write,
  }: {
    readonly app: string;
    readonly paths: readonly string[];
    readonly write: (line: string) => void;
  },
): Effect.Effect<Exported, StoreError> =>
  Effect.gen(function* () {
    const { generation, watermark } = yield* port.read({ revision: null, limit: 1 });
    const { seq, at } = watermark;
    const redact = redactOf(paths);
    const tell = (line: JournalLine): void => write(JSON.stringify(line));
    tell({
      kind: "journal",
      version: journalVersion,
      app: name,
      generation,
      watermark: { seq, at },
      redacted: paths,
    });
    const lists = listsOf(port, redact, at);
    const counts = { signals: 0, skips: 0, runs: 0 };
    for (;;) {
      for (const list of lists) yield* list.fill;
      const next = lists.reduce((one, other) => (other.at() < one.at() ? other : one));
      if (next.at() === Infinity) return counts;
      tell(next.take());
      counts[next.noun]++;
    }
  });

/** Rows of a table, oldest first, a page at a time. */
interface List {
  readonly noun: keyof Exported;
  readonly fill: Effect.Effect<void, StoreError>;
  /** When the next row was made; infinity: there is none. */
  readonly at: () => number;
  readonly take: () => JournalLine;
}

/** What was decided after the watermark was read would stand there without its signal. */
const listsOf = (port: StorePort, redact: Redact, decidedAt: number): readonly List[] => [
  listOf(port, "signal", "signals", {
    atOf: ({ at }) => at,
    until: Infinity,
    lineOf: (row) => signalLine(row, redact),
  }),
  listOf(port, "skip", "skips", { atOf: ({ at }) => at, until: decidedAt, lineOf: skipLine }),
  listOf(port, "run", "runs", {
    atOf: ({ createdAt }) => createdAt,
    until: decidedAt,
    lineOf: (row) => runLine(row, redact),
  }),
];

const pageSize = 1_000;

const listOf = <Table extends "signal" | "skip" | "run">(
  port: StorePort,
  table: Table,
  noun: keyof Exported,
  of: {
    readonly atOf: (row: Tables[Table]) => number;
    readonly until: number;
    readonly lineOf: (row: Tables[Table]) => JournalLine;
  },
): List => {
  let rows: Tables[Table][] = [];
  let place = 0;
  let after: string | null | undefined;
  return {
    noun,
    fill: Effect.gen(function* () {
      while (place === rows.length && after !== null) {
        const request = { limit: pageSize, order: "oldest" as const, after };
        const page = yield* port.list(table, request);
        rows = page.rows.filter((row) => of.atOf(row) <= of.until);
        place = 0;
        after = page.next;
      }
    }),
    at: () => (place < rows.length ? of.atOf(rows[place] as Tables[Table]) : Infinity),
    take: () => of.lineOf(rows[place++] as Tables[Table]),
  };
};
