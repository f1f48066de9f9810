// The tables, and how a file of an older detent becomes one of this. Numbered steps, forward only, each in one transaction with the number that says it is done
// (`PRAGMA user_version`). Within a major version of detent steps only add, so that an older one can still be told clearly what it must not open.
//
// docs/store.md explains the tables to people. What it takes to stay fast:
// - `place` orders the rows of an app as they were stored: the app's number times 2^36, plus a count. Growing keys keep new rows side by side on few pages.
// - A run's own statuses have no `id`, `origin` and (mostly) `input` of their own: they follow from the run, and finding them by `run_place` keeps their index on few
//   pages too. With an index over their ids, which are as scattered as the ids of runs, a cycle costs half as much again.
// - Indexes that concern few rows are partial.
import type { Database } from "./database.ts";

/** "dtnt": tells a detent file from any other SQLite database. */
export const applicationId = 0x64_74_6e_74;

const first = `
CREATE TABLE meta (
  number INTEGER PRIMARY KEY,
  app TEXT NOT NULL UNIQUE,
  revision INTEGER NOT NULL DEFAULT 0,
  routed_seq INTEGER NOT NULL DEFAULT 0,
  routed_at INTEGER NOT NULL DEFAULT 0,
  newest_at INTEGER NOT NULL DEFAULT 0,
  signals INTEGER NOT NULL DEFAULT 0,
  strays INTEGER NOT NULL DEFAULT 0,
  runs INTEGER NOT NULL DEFAULT 0,
  skips INTEGER NOT NULL DEFAULT 0,
  matches INTEGER NOT NULL DEFAULT 0,
  pending INTEGER NOT NULL DEFAULT 0,
  claimed INTEGER NOT NULL DEFAULT 0,
  running INTEGER NOT NULL DEFAULT 0,
  succeeded INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0,
  cancelled INTEGER NOT NULL DEFAULT 0,
  expired INTEGER NOT NULL DEFAULT 0,
  lost INTEGER NOT NULL DEFAULT 0,
  generation INTEGER
) STRICT;

CREATE TABLE generation (
  app TEXT NOT NULL,
  number INTEGER NOT NULL,
  fingerprint TEXT NOT NULL,
  activated_at INTEGER NOT NULL,
  triggers TEXT NOT NULL,
  PRIMARY KEY (app, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE signal (
  place INTEGER PRIMARY KEY,
  app TEXT NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('event', 'status')),
  id TEXT,
  name TEXT,
  payload TEXT,
  task TEXT,
  run TEXT,
  run_place INTEGER,
  token INTEGER,
  attempt INTEGER,
  state TEXT,
  input TEXT,
  result TEXT,
  error TEXT,
  origin TEXT,
  due_at INTEGER
) STRICT;
CREATE UNIQUE INDEX signal_id ON signal (id, app) WHERE id IS NOT NULL;
CREATE UNIQUE INDEX signal_status ON signal (run_place, token, state) WHERE run_place IS NOT NULL;
CREATE INDEX signal_origin ON signal (origin, app) WHERE origin IS NOT NULL;
CREATE INDEX signal_delayed ON signal (place, due_at) WHERE due_at IS NOT NULL;

CREATE TABLE run (
  place INTEGER PRIMARY KEY,
  app TEXT NOT NULL,
  id TEXT NOT NULL,
  trigger TEXT NOT NULL,
  task TEXT NOT NULL,
  state TEXT NOT NULL,
  priority INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  started_at INTEGER,
  settled_at INTEGER,
  token INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  losses INTEGER NOT NULL,
  owner TEXT,
  nonce TEXT,
  cancel_requested INTEGER NOT NULL,
  input TEXT NOT NULL,
  cause TEXT NOT NULL,
  outcome TEXT,
  idempotency_key TEXT
) STRICT;
CREATE UNIQUE INDEX run_id ON run (id, app);
CREATE INDEX run_pending ON run (app, task, priority, due_at, place) WHERE state = 'pending';
CREATE INDEX run_held ON run (app, owner) WHERE owner IS NOT NULL;
CREATE INDEX run_unsuccessful ON run (app, state, place) WHERE state IN ('failed', 'cancelled', 'expired', 'lost');

CREATE TABLE line (
  app TEXT NOT NULL,
  task TEXT NOT NULL,
  priority INTEGER NOT NULL,
  PRIMARY KEY (app, task, priority)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempt (
  run_place INTEGER NOT NULL,
  token INTEGER NOT NULL,
  app TEXT NOT NULL,
  run TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  owner TEXT NOT NULL,
  started_at INTEGER,
  settled_at INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  PRIMARY KEY (run_place, token)
) STRICT, WITHOUT ROWID;

CREATE TABLE skip (
  place INTEGER PRIMARY KEY,
  app TEXT NOT NULL,
  id TEXT NOT NULL,
  trigger TEXT NOT NULL,
  signal TEXT,
  from_at INTEGER,
  to_at INTEGER,
  count INTEGER NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT,
  at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX skip_id ON skip (id, app);

CREATE TABLE match (
  app TEXT NOT NULL,
  trigger TEXT NOT NULL,
  leaf TEXT NOT NULL,
  number INTEGER NOT NULL,
  key TEXT NOT NULL,
  at INTEGER NOT NULL,
  heard TEXT NOT NULL,
  scopes TEXT NOT NULL,
  PRIMARY KEY (app, trigger, leaf, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE cursor (
  app TEXT NOT NULL,
  trigger TEXT NOT NULL,
  leaf TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (app, trigger, leaf)
) STRICT, WITHOUT ROWID;

CREATE TABLE deadline (
  app TEXT NOT NULL,
  id TEXT NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  trigger TEXT,
  due TEXT NOT NULL,
  PRIMARY KEY (app, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX deadline_acting ON deadline (app) WHERE kind <> 'Within';

CREATE TABLE open (
  app TEXT NOT NULL,
  scope TEXT NOT NULL,
  run TEXT NOT NULL,
  ended TEXT,
  PRIMARY KEY (app, scope, run)
) STRICT, WITHOUT ROWID;

CREATE TABLE owner (
  place INTEGER PRIMARY KEY,
  app TEXT NOT NULL,
  id TEXT NOT NULL,
  host TEXT NOT NULL,
  process INTEGER NOT NULL,
  entered_at INTEGER NOT NULL,
  closed_at INTEGER,
  lock TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX owner_id ON owner (id, app);
CREATE INDEX owner_open ON owner (app) WHERE closed_at IS NULL;
`;

/** Runs count their crashes. */
const second = `
ALTER TABLE run ADD COLUMN crashes INTEGER NOT NULL DEFAULT 0;
`;

/** Tasks limit how many of their runs are held at once. */
const third = `
ALTER TABLE run ADD COLUMN concurrency_key TEXT;
DROP INDEX run_pending;
CREATE INDEX run_pending ON run (app, task, priority, due_at, place) WHERE state = 'pending' AND concurrency_key IS NULL;
CREATE INDEX run_pending_key ON run (app, task, priority, concurrency_key, due_at, place) WHERE state = 'pending' AND concurrency_key IS NOT NULL;
CREATE INDEX run_held_key ON run (app, task, concurrency_key) WHERE concurrency_key IS NOT NULL AND state IN ('claimed', 'running');

CREATE TABLE key_line (
  app TEXT NOT NULL,
  task TEXT NOT NULL,
  key TEXT NOT NULL,
  priority INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  place INTEGER NOT NULL,
  parked INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (app, task, key, priority)
) STRICT, WITHOUT ROWID;
CREATE INDEX key_line_order ON key_line (app, task, priority, parked, due_at, place);

CREATE VIEW slot AS
  SELECT app, task, concurrency_key AS key, count(*) AS held FROM run
  WHERE concurrency_key IS NOT NULL AND state IN ('claimed', 'running')
  GROUP BY app, task, concurrency_key;
`;

/** Runs that nobody has begun expire. */
const fourth = `
ALTER TABLE run ADD COLUMN expires_at INTEGER;
CREATE INDEX run_expiring ON run (app, task, expires_at, place) WHERE state = 'pending' AND expires_at IS NOT NULL;
`;

/** When an event happened, as whoever emitted it has said; what a schedule that was made at run time runs. */
const fifth = `
ALTER TABLE signal ADD COLUMN happened_at INTEGER;
ALTER TABLE cursor ADD COLUMN made TEXT;
`;

/** Generations name their time zone database. */
const sixth = `
ALTER TABLE generation ADD COLUMN zones TEXT;
`;

/** What is old goes, and leaves tombstones. `format` says which versions may still use the file. */
const seventh = `
ALTER TABLE meta ADD COLUMN signals_purged INTEGER NOT NULL DEFAULT 0;
ALTER TABLE meta ADD COLUMN skips_purged INTEGER NOT NULL DEFAULT 0;
ALTER TABLE meta ADD COLUMN tombstones INTEGER NOT NULL DEFAULT 0;
CREATE INDEX run_settled ON run (app, settled_at, place) WHERE settled_at IS NOT NULL;
CREATE INDEX owner_closed ON owner (app, closed_at) WHERE closed_at IS NOT NULL;

CREATE TABLE tombstone (
  app TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('event', 'run', 'trigger')),
  id TEXT NOT NULL,
  at INTEGER NOT NULL,
  digest TEXT,
  trigger TEXT,
  PRIMARY KEY (app, kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX tombstone_at ON tombstone (app, at) WHERE kind <> 'trigger';

CREATE TABLE format (min_reader INTEGER NOT NULL) STRICT;
INSERT INTO format VALUES (7);
`;

export const migrations: readonly string[] = [first, second, third, fourth, fifth, sixth, seventh];

export const schemaVersion = migrations.length;

/** Brings the file up to this version. Does nothing if it is; several processes may try at once. */
export const migrate = (database: Database): void => {
  database.transaction("IMMEDIATE", () => {
    const version = Number(database.pragma("user_version"));
    // A newer one that this detent may still use; see `format`.
    if (version > schemaVersion) return;
    for (let step = version; step < schemaVersion; step++)
      database.exec(migrations[step] as string);
    database.exec(`PRAGMA application_id = ${applicationId}`);
    database.exec(`PRAGMA user_version = ${schemaVersion}`);
  });
};

/** Why this detent must not use the file, or not any longer: a newer one has changed its tables. */
export const versionFault = (database: Database): string | undefined => {
  const version = database.userVersion();
  if (version <= schemaVersion || oldestReader(database) <= schemaVersion) return undefined;
  return `it was written by a newer detent (its tables have version ${version}, this one knows ${schemaVersion}); update detent, or use a backup from before`;
};

/** The oldest version of the tables whose detent may still use a file of a newer one. */
const oldestReader = (database: Database): number =>
  Number(database.get("SELECT max(min_reader) FROM format")?.[0]);
