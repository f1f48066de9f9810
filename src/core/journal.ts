// A journal: the log of an app with what was decided, as lines of JSON. The first line says what it is of; then signals, skips and runs as they came. Rows are those of the
// library: instants are milliseconds. What can be decided again is what `replay.ts` needs of it; it reads no other fields.
import { read, shown, unread, type Reading } from "./reading.ts";
import { signalShown, type Redact } from "./redact.ts";
import type { Run } from "./run.ts";
import type { StoredSignal } from "./signal.ts";
import type { Generation, Skip, Watermark } from "./store.ts";

export const journalVersion = 1;

interface JournalHead {
  readonly kind: "journal";
  readonly version: typeof journalVersion;
  readonly app: string;
  /** The active one when it was written; null: no engine had been there. */
  readonly generation: Generation | null;
  /** How far the log was routed: what comes later was not decided yet. */
  readonly watermark: Pick<Watermark, "seq" | "at">;
  /** The paths whose values were left out. */
  readonly redacted: readonly string[];
}

/** What was decided of a run; what became of it, its statuses tell. */
export type OwedRun = Pick<
  Run,
  "id" | "trigger" | "task" | "input" | "idempotencyKey" | "cause" | "createdAt"
>;

export type JournalLine =
  | JournalHead
  | ({ readonly kind: "signal" } & StoredSignal)
  | ({ readonly kind: "run" } & OwedRun)
  | ({ readonly kind: "skip" } & Skip);

export interface Journal {
  readonly head: JournalHead;
  /** In the order of the log. */
  readonly signals: readonly StoredSignal[];
  readonly runs: readonly OwedRun[];
  readonly skips: readonly Skip[];
}

export const signalLine = (stored: StoredSignal, redact: Redact): JournalLine => ({
  kind: "signal",
  ...stored,
  signal: signalShown(stored.signal, redact),
});

export const runLine = (run: OwedRun, redact: Redact): JournalLine => {
  const { id, trigger, task, input, idempotencyKey, cause, createdAt } = run;
  return {
    kind: "run",
    id,
    trigger,
    task,
    input: redact("input", input),
    idempotencyKey,
    cause,
    createdAt,
  };
};

export const skipLine = (skip: Skip): JournalLine => ({ kind: "skip", ...skip });

/** Reads lines of text; says which line is wrong. Empty lines are left out. */
export const readJournal = (lines: Iterable<string>): Reading<Journal> => {
  let head: JournalHead | undefined;
  const signals: StoredSignal[] = [];
  const runs: OwedRun[] = [];
  const skips: Skip[] = [];
  let number = 0;
  for (const text of lines) {
    number++;
    if (text.trim() === "") continue;
    const line = lineOf(text);
    if (line === undefined) return unread(`line ${number} is no JSON object`);
    if (head === undefined) {
      if (line.kind !== "journal") return unread(`line ${number} is no head of a journal`);
      if (line.version !== journalVersion)
        return unread(
          `line ${number}: it is a journal of version ${shown(line.version)}; this version reads ${String(journalVersion)}`,
        );
      if (!isPlace(line.watermark)) return unread(`line ${number} has no watermark`);
      head = line;
      continue;
    }
    const fault = faultOf(line);
    if (fault !== undefined) return unread(`line ${number} ${fault}`);
    const { kind, ...row } = line;
    if (kind === "signal") {
      const stored = row as StoredSignal;
      const newest = signals.at(-1)?.seq ?? 0;
      if (stored.seq <= newest)
        return unread(
          `line ${number}: signal ${shown(stored.seq)} stands behind a later one of the log`,
        );
      signals.push(stored);
    }
    if (kind === "run") runs.push(row as OwedRun);
    else if (kind === "skip") skips.push(row as Skip);
  }
  if (head === undefined) return unread("it is empty");
  return read({ head, signals, runs, skips });
};

const lineOf = (text: string): JournalLine | undefined => {
  try {
    const line = JSON.parse(text) as unknown;
    return typeof line === "object" && line !== null ? (line as JournalLine) : undefined;
  } catch {
    return undefined;
  }
};

const fieldsOf: { readonly [kind: string]: { readonly [field: string]: string } } = {
  signal: { seq: "number", at: "number", id: "string", signal: "object" },
  run: { id: "string", trigger: "string", task: "string", cause: "object", createdAt: "number" },
  skip: { id: "string", trigger: "string", reason: "string", at: "number" },
};

const faultOf = (line: JournalLine): string | undefined => {
  const fields = Object.hasOwn(fieldsOf, line.kind) ? fieldsOf[line.kind] : undefined;
  if (fields === undefined) return `has the kind ${shown(line.kind)}, which a journal has not`;
  const missing = Object.entries(fields).find(([field, type]) => {
    const value = (line as unknown as Record<string, unknown>)[field];
    return value === null || typeof value !== type;
  });
  if (missing !== undefined) return `has no ${missing[0]}`;
  return line.kind === "signal" ? signalFault(line.signal) : undefined;
};

/** A journal has events and statuses; what else is heard is heard of these. */
const signalFault = (given: StoredSignal["signal"]): string | undefined => {
  const signal: { readonly [field: string]: unknown } = { ...given };
  const { _tag: tag } = signal;
  if (tag !== "Event" && tag !== "Status")
    return `has a signal of the kind ${shown(tag)}, which a log has not`;
  const missing = (tag === "Event" ? ["name"] : ["run", "task", "state"]).find(
    (field) => typeof signal[field] !== "string",
  );
  return missing && `has a signal without ${missing}`;
};

const isPlace = (watermark: unknown): boolean => {
  const { seq, at } = (watermark ?? {}) as { readonly seq?: unknown; readonly at?: unknown };
  return Number.isSafeInteger(seq) && Number.isSafeInteger(at);
};
