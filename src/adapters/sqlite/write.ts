// What a batch and a claim do to the tables. Runs inside a transaction that the caller has begun.
import { canonical } from "../../core/json.ts";
import type { NewSignal, StoredSignal } from "../../core/signal.ts";
import type {
  Batch,
  Check,
  ClaimReply,
  ClaimRequest,
  CommitReply,
  SignalReply,
} from "../../core/store.ts";
import type { Database, Value } from "./database.ts";
import { patchOf, runColumns, runOfRow, runValue } from "./rows.ts";

/** Checks, then writes. A check that does not hold leaves everything as it is. */
export const commitBatch = (
  database: Database,
  app: string,
  batch: Batch,
  now: number,
): CommitReply => {
  const meta = metaOf(database, app);
  for (const check of batch.checks)
    if (!holds(database, app, meta, check)) return { _tag: "Conflict", check };
  const at = Math.max(now, meta.last_at, meta.routed_at, batch.watermark?.at ?? 0);
  const signals = append(database, app, batch.signals ?? [], at, meta.last_seq);
  const accepted = signals.filter((reply) => reply === "accepted").length;
  writeRuns(database, app, batch);
  writeSkips(database, app, batch);
  writeState(database, app, batch);
  if (batch.close !== undefined) closeOwner(database, app, batch.close.owner, batch.close.at);
  if (batch.generation !== undefined) {
    const { number, fingerprint, activatedAt, triggers } = batch.generation;
    database.run(
      "INSERT OR REPLACE INTO generation VALUES (?, ?, ?, ?, ?)",
      app,
      number,
      fingerprint,
      activatedAt,
      JSON.stringify(triggers),
    );
  }
  writeMeta(database, app, meta, { accepted, at, batch });
  return { _tag: "Committed", signals };
};

interface Meta {
  readonly revision: number;
  readonly routed_seq: number;
  readonly routed_at: number;
  readonly last_seq: number;
  readonly last_at: number;
}

export const metaOf = (database: Database, app: string): Meta =>
  (database.get("SELECT * FROM meta WHERE app = ?", app) as Meta | undefined) ?? {
    revision: 0,
    routed_seq: 0,
    routed_at: 0,
    last_seq: 0,
    last_at: 0,
  };

const holds = (database: Database, app: string, meta: Meta, check: Check): boolean => {
  switch (check._tag) {
    case "Revision":
      return check.revision === meta.revision;
    case "OwnerOpen":
      return isOpen(database, app, check.owner);
    case "Held":
    case "InState": {
      const run = database.get(
        "SELECT state, token, owner FROM run WHERE app = ? AND id = ?",
        app,
        check.run,
      );
      if (
        run === undefined ||
        run["token"] !== check.token ||
        !(check.states as readonly Value[]).includes(run["state"] ?? null)
      )
        return false;
      return check._tag === "InState" || run["owner"] === check.owner;
    }
  }
};

const isOpen = (database: Database, app: string, owner: string): boolean =>
  database.get("SELECT 1 FROM owner WHERE app = ? AND id = ? AND closed_at IS NULL", app, owner) !==
  undefined;

export const closeOwner = (database: Database, app: string, owner: string, at: number): void =>
  void database.run(
    "UPDATE owner SET closed_at = ? WHERE app = ? AND id = ? AND closed_at IS NULL",
    at,
    app,
    owner,
  );

const append = (
  database: Database,
  app: string,
  signals: readonly NewSignal[],
  at: number,
  lastSeq: number,
): readonly SignalReply[] => {
  let seq = lastSeq;
  return signals.map(({ id, signal, origin, dueAt }) => {
    const isEvent = signal._tag === "Event";
    const changes = database.run(
      "INSERT INTO signal (app, seq, at, id, kind, name, task, state, content, origin, due_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
      app,
      seq + 1,
      at,
      id,
      isEvent ? "event" : "status",
      isEvent ? signal.name : null,
      isEvent ? null : signal.task,
      isEvent ? null : signal.state,
      JSON.stringify(signal),
      origin,
      dueAt,
    );
    if (changes === 1) {
      seq++;
      return "accepted";
    }
    const known = database.get("SELECT content FROM signal WHERE app = ? AND id = ?", app, id);
    return known !== undefined && isSame(known["content"] as string, signal)
      ? "duplicate"
      : "differs";
  });
};

const isSame = (content: string, given: NewSignal["signal"]): boolean => {
  const { at: _, ...stored } = JSON.parse(content) as StoredSignal["signal"];
  return canonical(stored) === canonical(given);
};

const runInsert = `INSERT INTO run (app, ${runColumns.map(([, column]) => column).join(", ")}) VALUES (?${", ?".repeat(runColumns.length)}) ON CONFLICT DO NOTHING`;

const writeRuns = (database: Database, app: string, { runs, patches, attempts }: Batch): void => {
  for (const run of runs ?? [])
    database.run(runInsert, app, ...runColumns.map(([field]) => runValue(field, run[field])));
  for (const { run, patch } of patches ?? []) {
    const { columns, values } = patchOf(patch);
    if (columns.length > 0)
      database.run(
        `UPDATE run SET ${columns.map((column) => `${column} = ?`).join(", ")} WHERE app = ? AND id = ?`,
        ...values,
        app,
        run,
      );
  }
  for (const { run, token, attempt, owner, startedAt, settledAt, outcome } of attempts ?? []) {
    database.run(
      "INSERT INTO attempt SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE EXISTS (SELECT 1 FROM run WHERE app = ?1 AND id = ?2) ON CONFLICT DO NOTHING",
      app,
      run,
      token,
      attempt,
      owner,
      startedAt,
      settledAt,
      JSON.stringify(outcome),
    );
  }
};

const writeSkips = (database: Database, app: string, { skips }: Batch): void => {
  for (const { id, trigger, signal, from, to, count, reason, detail, at } of skips ?? []) {
    database.run(
      `INSERT INTO skip (app, id, trigger, signal, "from", "to", count, reason, detail, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      app,
      id,
      trigger,
      signal,
      from,
      to,
      count,
      reason,
      detail,
      at,
    );
  }
};

const writeState = (
  database: Database,
  app: string,
  { waiting, cursors, deadlines, open }: Batch,
): void => {
  for (const { trigger, leaf, key, order, at, heard, scopes } of waiting?.put ?? []) {
    database.run(
      `INSERT OR REPLACE INTO match (app, trigger, leaf, "order", key, at, signal, heard, scopes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      app,
      trigger,
      leaf,
      order,
      key,
      at,
      heard.id,
      JSON.stringify(heard),
      JSON.stringify(scopes),
    );
  }
  for (const { trigger, leaf, order } of waiting?.remove ?? [])
    database.run(
      `DELETE FROM match WHERE app = ? AND trigger = ? AND leaf = ? AND "order" = ?`,
      app,
      trigger,
      leaf,
      order,
    );
  for (const { trigger, leaf, at } of cursors?.put ?? [])
    database.run("INSERT OR REPLACE INTO cursor VALUES (?, ?, ?, ?)", app, trigger, leaf, at);
  for (const { trigger, leaf } of cursors?.remove ?? [])
    database.run(
      "DELETE FROM cursor WHERE app = ? AND trigger = ? AND leaf = ?",
      app,
      trigger,
      leaf,
    );
  for (const { id, at, due } of deadlines?.put ?? []) {
    const trigger = due._tag === "Within" ? due.trigger : null;
    database.run(
      "INSERT OR REPLACE INTO deadline (app, id, at, kind, trigger, due) VALUES (?, ?, ?, ?, ?, ?)",
      app,
      id,
      at,
      due._tag.toLowerCase(),
      trigger,
      JSON.stringify(due),
    );
  }
  for (const id of deadlines?.remove ?? [])
    database.run("DELETE FROM deadline WHERE app = ? AND id = ?", app, id);
  for (const { scope, run, ended } of open?.put ?? [])
    database.run(
      "INSERT OR REPLACE INTO open VALUES (?, ?, ?, ?)",
      app,
      scope,
      run,
      ended === null ? null : JSON.stringify(ended),
    );
  for (const { scope, run } of open?.remove ?? [])
    database.run("DELETE FROM open WHERE app = ? AND scope = ? AND run = ?", app, scope, run);
};

const writeMeta = (
  database: Database,
  app: string,
  meta: Meta,
  { accepted, at, batch }: { accepted: number; at: number; batch: Batch },
): void => {
  const { watermark, generation, waiting, cursors, deadlines, open } = batch;
  const changed = [waiting, cursors, deadlines, open].some(
    (rows) => rows !== undefined && rows.put.length + rows.remove.length > 0,
  );
  const isRead = watermark !== undefined || generation !== undefined || changed;
  if (accepted === 0 && !isRead) return;
  database.run(
    "INSERT OR REPLACE INTO meta (app, revision, routed_seq, routed_at, last_seq, last_at) VALUES (?, ?, ?, ?, ?, ?)",
    app,
    meta.revision + (isRead ? 1 : 0),
    watermark?.seq ?? meta.routed_seq,
    watermark?.at ?? meta.routed_at,
    meta.last_seq + accepted,
    accepted > 0 ? at : meta.last_at,
  );
};

/** An owner that has not entered, or is closed, claims nothing: nobody would ever take its runs back. */
export const claimRuns = (
  database: Database,
  app: string,
  { owner, nonce, tasks, limit }: ClaimRequest,
  now: number,
): ClaimReply => {
  if (!isOpen(database, app, owner)) return { runs: [], nextDueAt: null };
  const names = JSON.stringify(tasks);
  const due = database.all(
    "SELECT * FROM run WHERE app = ? AND state = 'pending' AND due_at <= ? AND task IN (SELECT value FROM json_each(?)) ORDER BY priority DESC, due_at, ordinal LIMIT ?",
    app,
    now,
    names,
    limit,
  );
  const runs = due.map((row) => {
    const run = runOfRow(row);
    database.run(
      "UPDATE run SET state = 'claimed', token = token + 1, attempt = attempt + 1, owner = ?, nonce = ? WHERE ordinal = ?",
      owner,
      nonce,
      row["ordinal"] as number,
    );
    return {
      ...run,
      state: "claimed" as const,
      token: run.token + 1,
      attempt: run.attempt + 1,
      owner,
      nonce,
    };
  });
  const next = database.get(
    "SELECT due_at FROM run WHERE app = ? AND state = 'pending' AND task IN (SELECT value FROM json_each(?)) ORDER BY due_at LIMIT 1",
    app,
    names,
  );
  return { runs, nextDueAt: (next?.["due_at"] as number | undefined) ?? null };
};
