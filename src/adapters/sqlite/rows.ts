// Between the core's rows and the tables' columns. JSON where a value has a shape of its own, columns where a person or an index looks.
import type { Attempt, Run } from "../../core/run.ts";
import type { StoredSignal } from "../../core/signal.ts";
import type { Cursor, Deadline, Generation, Open, Owner, Skip, Waiting } from "../../core/store.ts";
import type { Row, Value } from "./database.ts";

const parsed = <A>(value: Value | undefined): A => JSON.parse(value as string) as A;
const parsedOrNull = <A>(value: Value | undefined): A | null =>
  value === null || value === undefined ? null : parsed<A>(value);

/** Each field of a run with its column, in the order of the table. */
export const runColumns: readonly (readonly [field: keyof Run, column: string])[] = [
  ["id", "id"],
  ["trigger", "trigger"],
  ["task", "task"],
  ["input", "input"],
  ["idempotencyKey", "idempotency_key"],
  ["cause", "cause"],
  ["priority", "priority"],
  ["createdAt", "created_at"],
  ["dueAt", "due_at"],
  ["state", "state"],
  ["token", "token"],
  ["attempt", "attempt"],
  ["losses", "losses"],
  ["owner", "owner"],
  ["nonce", "nonce"],
  ["startedAt", "started_at"],
  ["settledAt", "settled_at"],
  ["cancelRequested", "cancel_requested"],
  ["outcome", "outcome"],
];

const columnOf = new Map<string, string>(runColumns);

/** A field's value as its column keeps it. */
export const runValue = (field: keyof Run, value: unknown): Value => {
  if (field === "input" || field === "cause") return JSON.stringify(value ?? null);
  if (field === "outcome") return value === null ? null : JSON.stringify(value);
  if (field === "cancelRequested") return value === true ? 1 : 0;
  return value as Value;
};

/** The columns that a patch sets; an absent field leaves its column. */
export const patchOf = (
  patch: Partial<Run>,
): { readonly columns: readonly string[]; readonly values: readonly Value[] } => {
  const fields = Object.entries(patch).filter(
    ([field, value]) => field !== "id" && value !== undefined && columnOf.has(field),
  );
  return {
    columns: fields.map(([field]) => columnOf.get(field) as string),
    values: fields.map(([field, value]) => runValue(field as keyof Run, value)),
  };
};

export const runOfRow = (row: Row): Run => ({
  id: row["id"] as string,
  trigger: row["trigger"] as string,
  task: row["task"] as string,
  input: parsed(row["input"]),
  idempotencyKey: row["idempotency_key"] as string,
  cause: parsed(row["cause"]),
  priority: row["priority"] as number,
  createdAt: row["created_at"] as number,
  dueAt: row["due_at"] as number,
  state: row["state"] as Run["state"],
  token: row["token"] as number,
  attempt: row["attempt"] as number,
  losses: row["losses"] as number,
  owner: row["owner"] as string | null,
  nonce: row["nonce"] as string | null,
  startedAt: row["started_at"] as number | null,
  settledAt: row["settled_at"] as number | null,
  cancelRequested: row["cancel_requested"] === 1,
  outcome: parsedOrNull(row["outcome"]),
});

export const attemptOfRow = (row: Row): Attempt => ({
  run: row["run"] as string,
  token: row["token"] as number,
  attempt: row["attempt"] as number,
  owner: row["owner"] as string,
  startedAt: row["started_at"] as number | null,
  settledAt: row["settled_at"] as number,
  outcome: parsed(row["outcome"]),
});

export const signalOfRow = (row: Row): StoredSignal => ({
  seq: row["seq"] as number,
  at: row["at"] as number,
  id: row["id"] as string,
  signal: { ...parsed<StoredSignal["signal"]>(row["content"]), at: row["at"] as number },
  origin: row["origin"] as string | null,
  dueAt: row["due_at"] as number | null,
});

export const skipOfRow = (row: Row): Skip => ({
  id: row["id"] as string,
  trigger: row["trigger"] as string,
  signal: row["signal"] as string | null,
  from: row["from"] as number | null,
  to: row["to"] as number | null,
  count: row["count"] as number,
  reason: row["reason"] as Skip["reason"],
  detail: row["detail"] as string | null,
  at: row["at"] as number,
});

export const waitingOfRow = (row: Row): Waiting => ({
  trigger: row["trigger"] as string,
  leaf: row["leaf"] as string,
  key: row["key"] as string,
  order: row["order"] as number,
  at: row["at"] as number,
  heard: parsed(row["heard"]),
  scopes: parsed(row["scopes"]),
});

export const cursorOfRow = (row: Row): Cursor => ({
  trigger: row["trigger"] as string,
  leaf: row["leaf"] as string,
  at: row["at"] as number,
});

export const deadlineOfRow = (row: Row): Deadline => ({
  id: row["id"] as string,
  at: row["at"] as number,
  due: parsed(row["due"]),
});

export const openOfRow = (row: Row): Open => ({
  scope: row["scope"] as string,
  run: row["run"] as string,
  ended: parsedOrNull(row["ended"]),
});

export const ownerOfRow = (row: Row): Owner => ({
  id: row["id"] as string,
  enteredAt: row["entered_at"] as number,
  closedAt: row["closed_at"] as number | null,
  host: row["host"] as string,
  process: row["process"] as number,
});

export const generationOfRow = (row: Row): Generation => ({
  number: row["number"] as number,
  fingerprint: row["fingerprint"] as string,
  activatedAt: row["activated_at"] as number,
  triggers: parsed(row["triggers"]),
});
