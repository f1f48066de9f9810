// `detent dump` and `detent load`: all that a store keeps of an app, as lines of JSON, from any store into any other.
import {
  closeSync,
  createReadStream,
  existsSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { createInterface } from "node:readline";
import * as Effect from "effect/Effect";
import * as Command from "effect/cli/Command";
import { InputError } from "../core/errors.ts";
import type { StorePort } from "../core/store.ts";
import {
  dumpTables,
  dumpTo,
  dumpVersion,
  type DumpTable,
  type LoadRequest,
} from "../core/store-load.ts";
import { app, argument, doing, flag, json, store } from "./options.ts";
import { counted } from "../core/counted.ts";
import { print, printJson } from "./output.ts";
import { appNamed, shownStoreUrl, storeUrl, withStore } from "./reach.ts";

/** How many rows there were of each table. */
type Counts = Record<DumpTable, number>;

const noRows = (): Counts => Object.fromEntries(dumpTables.map((table) => [table, 0])) as Counts;

export const dump = Command.make(
  "dump",
  { out: flag("out", "FILE", "Where to write it. Default: standard output"), app, store, json },
  doing(async (options) => {
    const { name } = await appNamed(options.app);
    const sink = sinkOf(options.out);
    const counts = noRows();
    try {
      await withSnapshot(storeUrl(options.store), name, (port) => {
        sink.write(JSON.stringify({ kind: "dump", version: dumpVersion, app: name }));
        return dumpTo(port, (part) => {
          if (part.table === "head") return sink.write(JSON.stringify(part));
          counts[part.table] += part.rows.length;
          for (const row of part.rows) sink.write(JSON.stringify({ table: part.table, row }));
        });
      });
    } finally {
      sink.close();
    }
    if (options.out === undefined) return;
    if (options.json) return printJson({ file: options.out, rows: counts });
    print(`${options.out}: ${toldOf(counts)}`);
  }),
).pipe(
  Command.withDescription(
    "Write all that a store keeps of an app, as lines of JSON, for detent load",
  ),
  Command.withExamples([{ command: "detent dump --out app.jsonl" }]),
);

export const load = Command.make(
  "load",
  { file: argument("FILE", "What detent dump has written"), app, store, json },
  doing(async (options) => {
    if (!existsSync(options.file)) throw new InputError(`there is no file ${options.file}`);
    const named = options.app === undefined ? undefined : (await appNamed(options.app)).name;
    const name = named ?? (await appOf(options.file));
    const counts = noRows();
    await withStore({ store: options.store, app: name, absent: "create" }, (port) =>
      Effect.gen(function* () {
        const parts = partsIn(options.file);
        for (;;) {
          const next = yield* Effect.tryPromise({
            try: () => parts.next(),
            catch: (error) => error as InputError,
          });
          if (next.done === true) return;
          yield* port.load(next.value);
          if (next.value.table !== "head") counts[next.value.table] += next.value.rows.length;
        }
      }),
    );
    if (options.json)
      return printJson({ store: shownStoreUrl(options.store), app: name, rows: counts });
    print(`app ${name}: ${toldOf(counts)}`);
  }),
).pipe(
  Command.withDescription("Load what detent dump has written into a store without that app"),
  Command.withExamples([{ command: "detent load app.jsonl --store sqlite:new.db" }]),
);

const toldOf = ({ run, signal, skip }: Counts): string =>
  `${counted(run, "run")}, ${counted(signal, "signal")}, ${counted(skip, "skip")}`;

/** One state of the store, whoever writes meanwhile: of a file, a copy. */
const withSnapshot = async (
  url: string,
  name: string,
  use: (port: StorePort) => ReturnType<typeof dumpTo>,
): Promise<void> => {
  if (!url.startsWith("sqlite:"))
    return withStore({ store: url, app: name, absent: "refuse" }, use);
  const file = await withStore({ store: url, app: name, absent: "refuse" }, (port) =>
    Effect.succeed(port.url.slice("sqlite:".length)),
  );
  const folder = mkdtempSync(path.join(tmpdir(), "detent-dump-"));
  try {
    const { backUp } = await import("../adapters/sqlite/backup.ts");
    const copy = path.join(folder, "copy.db");
    backUp(file, copy);
    await withStore({ store: `sqlite:${copy}`, app: name, absent: "refuse" }, use);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const sinkOf = (
  file: string | undefined,
): { readonly write: (line: string) => void; readonly close: () => void } => {
  if (file === undefined) return { write: print, close: () => undefined };
  try {
    const opened = openSync(file, "w");
    return {
      write: (line) => void writeSync(opened, `${line}\n`),
      close: () => closeSync(opened),
    };
  } catch (error) {
    throw new InputError(`--out: ${file} can't be written (${(error as Error).message})`);
  }
};

const linesIn = (file: string): AsyncIterable<string> =>
  createInterface({ input: createReadStream(file, "utf8"), crlfDelay: Infinity });

const parsed = (file: string, number: number, line: string): any => {
  try {
    return JSON.parse(line);
  } catch {
    throw new InputError(`${file}:${number}: this is no line of a dump`);
  }
};

/** The app that a dump is of. */
const appOf = async (file: string): Promise<string> => {
  for await (const line of linesIn(file)) {
    const head = parsed(file, 1, line);
    if (head?.kind !== "dump")
      throw new InputError(`${file} is no dump; make one with detent dump --out FILE`);
    if (head.version !== dumpVersion)
      throw new InputError(
        `${file} is a dump of version ${String(head.version)}, and this detent reads version ${dumpVersion}`,
      );
    return String(head.app);
  }
  throw new InputError(`${file} is empty`);
};

const rowsMax = 1_000;

/** The lines of a dump, rows of one table together. */
async function* partsIn(file: string): AsyncGenerator<LoadRequest, void> {
  await appOf(file);
  const tables: ReadonlySet<unknown> = new Set(dumpTables);
  let [table, number, isWhole] = ["", 0, false];
  let rows: unknown[] = [];
  const part = (): LoadRequest => ({ table, rows }) as unknown as LoadRequest;
  for await (const line of linesIn(file)) {
    if (++number === 1) continue;
    const next = parsed(file, number, line);
    if (next?.table === "head") {
      if (rows.length > 0) yield part();
      yield next as LoadRequest;
      isWhole = true;
      break;
    }
    if (!tables.has(next?.table))
      throw new InputError(`${file}:${number}: there is no table ${JSON.stringify(next?.table)}`);
    if (next.table !== table || rows.length === rowsMax) {
      if (rows.length > 0) yield part();
      table = next.table;
      rows = [];
    }
    rows.push(next.row);
  }
  if (!isWhole)
    throw new InputError(
      `${file} ends too early, after line ${number}: the store it was loaded into has a part of it; make both anew`,
    );
}
