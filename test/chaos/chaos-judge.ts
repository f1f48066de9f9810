// Judges what is left of a chaos. What must hold: every event that was acknowledged is in the log once; each has one run, pairs one between them; every instant of the schedule is
// one run or in one skip; every attempt is claimed once and every outcome committed once; no body began twice under one token, nor while another execution of its run went on; and the
// log, decided anew, owes the runs that there are.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as Effect from "effect/Effect";
import { openSqliteStore } from "../../src/adapters/sqlite/index.ts";
import { definitionsOf } from "../../src/core/definitions.ts";
import {
  journalVersion,
  readJournal,
  runLine,
  signalLine,
  skipLine,
} from "../../src/core/journal.ts";
import { redactOf } from "../../src/core/redact.ts";
import { differencesOf } from "../../src/core/replay-difference.ts";
import { replay } from "../../src/core/replay.ts";
import { runIdOf } from "../../src/core/run-id.ts";
import { dump, type Dump } from "../../src/core/store-dump.ts";
import { chaosApp, linesOf } from "./chaos-app.ts";

export interface Judgement {
  readonly faults: string[];
  readonly figures: { readonly [what: string]: number };
}

export const judged = async (folder: string): Promise<Judgement> => {
  const file = join(folder, "chaos.db");
  const dumped = await Effect.runPromise(
    Effect.scoped(
      Effect.flatMap(openSqliteStore({ file, durability: "process" }), (store) =>
        Effect.all([dump(store), store.dead]),
      ),
    ),
  );
  const [all, dead] = dumped;
  const told = linesIn(join(folder, "acknowledged"));
  const acknowledged = told.flatMap((line) =>
    line.startsWith("start ") ? [] : [line.split(" ")[0] as string],
  );
  const waits = told.flatMap((line) =>
    line.startsWith("start ") ? [] : [Number(line.split(" ")[1])],
  );
  const faults = [
    ...linesIn(join(folder, "faults")),
    ...all.owners
      .filter(({ closedAt }) => closedAt === null)
      .map(({ id, process: pid }) => `the engine ${id} (process ${pid}) is open`),
    ...dead.map(({ id }) => `${id} is dead, and nobody has taken its place`),
    ...ofEvents(all, new Set(acknowledged)),
    ...ofSchedule(all),
    ...ofRuns(all, folder),
    ...ofLog(all, folder),
    ...ofFile(file),
  ];
  const sorted = waits.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? 0;
  return {
    faults,
    figures: {
      starts: told.length - waits.length,
      acknowledged: new Set(acknowledged).size,
      runs: all.runs.length,
      attempts: all.attempts.length,
      losses: all.runs.reduce((sum, { losses }) => sum + losses, 0),
      skips: all.skips.length,
      // Of engines that were killed while they entered, or while they closed a dead one: litter, which proves nothing.
      locksLeft: readdirSync(folder).filter((name) => name.endsWith(".lock")).length,
      emitP50Millis: at(0.5),
      emitP99Millis: at(0.99),
    },
  };
};

const linesIn = (file: string): readonly string[] =>
  existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];

const ofEvents = ({ signals, runs }: Dump, acknowledged: ReadonlySet<string>): string[] => {
  const stored = signals.flatMap(({ id, signal }) => (signal._tag === "Event" ? [id] : []));
  const known = new Set(stored);
  const owed = new Map(runs.map((run) => [run.id, run]));
  const faults = [...acknowledged].filter((id) => !known.has(id)).map((id) => `${id} is lost`);
  if (known.size !== stored.length) faults.push("an event is stored twice");
  const wanted = stored.flatMap((id) => {
    const [name = "", key = ""] = id.split("-");
    if (name === "e") return [runIdOf("on-e", [id])];
    return name === "a" && known.has(`b-${key}`) ? [runIdOf("pairs", [id, `b-${key}`])] : [];
  });
  const finished = runs.filter(({ task, state }) => task === "work" && state === "succeeded");
  for (const { id, token } of finished)
    wanted.push(runIdOf("after-work", [`result:${id}:${token}:succeeded`]));
  faults.push(...wanted.filter((id) => !owed.has(id)).map((id) => `the run ${id} is not there`));
  const others = runs.filter(({ trigger }) => trigger !== "beats").length;
  if (others !== new Set(wanted).size)
    faults.push(`there are ${others} runs, and ${new Set(wanted).size} are owed`);
  return faults;
};

/** From the first instant that became anything to the last, none is missing. */
const ofSchedule = ({ runs, skips }: Dump): string[] => {
  const instants = runs.flatMap(({ trigger, cause: [id = ""] }) =>
    trigger === "beats"
      ? [Number(id.slice(id.lastIndexOf("@") + 1)) || Date.parse(id.slice(id.lastIndexOf("@") + 1))]
      : [],
  );
  for (const { trigger, from, count } of skips)
    if (trigger === "beats" && from !== null)
      for (let n = 0; n < count; n++) instants.push(from + n * 1_000);
  const sorted = instants.toSorted((a, b) => a - b);
  return sorted.flatMap((at, index) => {
    const before = sorted[index - 1];
    return before === undefined || at - before === 1_000
      ? []
      : [`the instant after ${before} is ${at}: one is lost or doubled`];
  });
};

const ofRuns = ({ runs, signals, attempts }: Dump, folder: string): string[] => {
  const ends = new Map<string, number>();
  for (const { signal } of signals)
    if (signal._tag === "Status" && signal.state !== "running" && signal.state !== "retrying")
      ends.set(signal.run, (ends.get(signal.run) ?? 0) + 1);
  const tried = new Map<string, number>();
  for (const { run, outcome } of attempts)
    if (outcome._tag === "Succeeded") tried.set(run, (tried.get(run) ?? 0) + 1);
  return runs.flatMap(({ id, state, token, attempt, losses, owner }) => {
    const faults: string[] = [];
    if (state !== "succeeded" || owner !== null) faults.push(`${id} is ${state}`);
    if (ends.get(id) !== 1) faults.push(`${id} has ${ends.get(id) ?? 0} ends`);
    if (tried.get(id) !== 1) faults.push(`${id} has ${tried.get(id) ?? 0} outcomes`);
    if (attempt - losses > 1) faults.push(`${id} took ${attempt} attempts with ${losses} losses`);
    const begun = linesOf(folder, id).filter(({ says }) => says === "begins");
    if (begun.length === 0) faults.push(`${id} has succeeded and never began`);
    if (begun.some((line) => line.token > token)) faults.push(`${id} began under no claim`);
    return faults;
  });
};

const ofLog = (all: Dump, folder: string): string[] => {
  const { watermark, generation, signals, runs, skips } = all;
  const redact = redactOf([]);
  const head = {
    kind: "journal",
    version: journalVersion,
    app: "main",
    generation,
    watermark: { seq: watermark.seq, at: watermark.at },
    redacted: [],
  } as const;
  const lines = [
    ...signals.map((row) => ({ at: row.at, line: signalLine(row, redact) })),
    ...skips.map((row) => ({ at: row.at, line: skipLine(row) })),
    ...runs.map((row) => ({ at: row.createdAt, line: runLine(row, redact) })),
  ].toSorted((a, b) => a.at - b.at);
  const reading = readJournal(
    [head, ...lines.map(({ line }) => line)].map((line) => JSON.stringify(line)),
  );
  if (!reading.ok) return [reading.message];
  const replayed = replay(definitionsOf(chaosApp(folder, () => undefined)), reading.value);
  return differencesOf(reading.value, replayed).map(
    ({ kind, id }) => `decided anew, the log differs: ${kind} ${id}`,
  );
};

const ofFile = (file: string): string[] => {
  const database = new DatabaseSync(file);
  const [verdict] = database
    .prepare("PRAGMA integrity_check")
    .all()
    .map((row) => Object.values(row)[0]);
  database.close();
  return verdict === "ok" ? [] : [`the file is damaged: ${String(verdict)}`];
};
