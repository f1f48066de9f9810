// The tables, in a schema of their own, and how those of an older detent become those of this. Numbered steps, forward only, each in one transaction with the row of
// `format` that says it is done; an advisory lock lets one of those who try at once do it. Within a major version of detent steps only add, so that an older one can still
// be told clearly what it must not use (`min_reader`).
//
// They are SQLite's tables (docs/store.md explains them to people), but for what only one database needs: an owner has a lease here, `version` of `meta` grows with each
// commit, so that who asks again learns whether anything is new; and each handle has a row in `writer`, by which it finds out what became of a commit whose reply was lost. Texts are compared by their bytes ("C"), which is the order that detent's lists have.

const first = `
CREATE TABLE meta (
  number bigint PRIMARY KEY,
  app text COLLATE "C" NOT NULL UNIQUE,
  version bigint NOT NULL DEFAULT 0,
  revision bigint NOT NULL DEFAULT 0,
  routed_seq bigint NOT NULL DEFAULT 0,
  routed_at bigint NOT NULL DEFAULT 0,
  newest_at bigint NOT NULL DEFAULT 0,
  signals bigint NOT NULL DEFAULT 0,
  runs bigint NOT NULL DEFAULT 0,
  skips bigint NOT NULL DEFAULT 0,
  signals_purged bigint NOT NULL DEFAULT 0,
  skips_purged bigint NOT NULL DEFAULT 0,
  tombstones bigint NOT NULL DEFAULT 0,
  pending bigint NOT NULL DEFAULT 0,
  claimed bigint NOT NULL DEFAULT 0,
  running bigint NOT NULL DEFAULT 0,
  succeeded bigint NOT NULL DEFAULT 0,
  failed bigint NOT NULL DEFAULT 0,
  cancelled bigint NOT NULL DEFAULT 0,
  expired bigint NOT NULL DEFAULT 0,
  lost bigint NOT NULL DEFAULT 0,
  generation bigint
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

CREATE TABLE generation (
  app text COLLATE "C" NOT NULL,
  number bigint NOT NULL,
  fingerprint text NOT NULL,
  activated_at bigint NOT NULL,
  triggers text NOT NULL,
  zones text,
  PRIMARY KEY (app, number)
);

CREATE TABLE signal (
  place bigint PRIMARY KEY,
  app text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  at bigint NOT NULL,
  kind text COLLATE "C" NOT NULL CHECK (kind IN ('event', 'status')),
  id text COLLATE "C",
  name text COLLATE "C",
  payload text,
  task text COLLATE "C",
  run text COLLATE "C",
  run_place bigint,
  token bigint,
  attempt bigint,
  state text COLLATE "C",
  input text,
  result text,
  error text,
  origin text COLLATE "C",
  due_at bigint,
  happened_at bigint
);
CREATE UNIQUE INDEX signal_id ON signal (id, app) WHERE id IS NOT NULL;
CREATE UNIQUE INDEX signal_status ON signal (run_place, token, state) WHERE run_place IS NOT NULL;
CREATE INDEX signal_origin ON signal (origin, app) WHERE origin IS NOT NULL;
CREATE INDEX signal_delayed ON signal (place, due_at) WHERE due_at IS NOT NULL;

CREATE TABLE run (
  place bigint PRIMARY KEY,
  app text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  trigger text COLLATE "C" NOT NULL,
  task text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL,
  priority bigint NOT NULL,
  concurrency_key text COLLATE "C",
  created_at bigint NOT NULL,
  due_at bigint NOT NULL,
  expires_at bigint,
  started_at bigint,
  settled_at bigint,
  token bigint NOT NULL,
  attempt bigint NOT NULL,
  losses bigint NOT NULL,
  crashes bigint NOT NULL,
  owner text COLLATE "C",
  nonce text COLLATE "C",
  cancel_requested bigint NOT NULL,
  input text NOT NULL,
  cause text NOT NULL,
  outcome text,
  idempotency_key text
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
CREATE UNIQUE INDEX run_id ON run (id, app);
CREATE INDEX run_pending ON run (app, task, priority, due_at, place) WHERE state = 'pending' AND concurrency_key IS NULL;
CREATE INDEX run_pending_key ON run (app, task, priority, concurrency_key, due_at, place) WHERE state = 'pending' AND concurrency_key IS NOT NULL;
CREATE INDEX run_held ON run (app, owner) WHERE owner IS NOT NULL;
CREATE INDEX run_held_key ON run (app, task, concurrency_key) WHERE concurrency_key IS NOT NULL AND state IN ('claimed', 'running');
CREATE INDEX run_expiring ON run (app, task, expires_at, place) WHERE state = 'pending' AND expires_at IS NOT NULL;
CREATE INDEX run_settled ON run (app, settled_at, place) WHERE settled_at IS NOT NULL;
CREATE INDEX run_unsuccessful ON run (app, state, place) WHERE state IN ('failed', 'cancelled', 'expired', 'lost');

CREATE TABLE line (
  app text COLLATE "C" NOT NULL,
  task text COLLATE "C" NOT NULL,
  priority bigint NOT NULL,
  PRIMARY KEY (app, task, priority)
);

CREATE TABLE attempt (
  run_place bigint NOT NULL,
  token bigint NOT NULL,
  app text COLLATE "C" NOT NULL,
  run text COLLATE "C" NOT NULL,
  attempt bigint NOT NULL,
  owner text COLLATE "C" NOT NULL,
  started_at bigint,
  settled_at bigint NOT NULL,
  outcome text NOT NULL,
  PRIMARY KEY (run_place, token)
);

CREATE TABLE skip (
  place bigint PRIMARY KEY,
  app text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  trigger text COLLATE "C" NOT NULL,
  signal text,
  from_at bigint,
  to_at bigint,
  count bigint NOT NULL,
  reason text NOT NULL,
  detail text,
  at bigint NOT NULL
);
CREATE UNIQUE INDEX skip_id ON skip (id, app);

CREATE TABLE match (
  app text COLLATE "C" NOT NULL,
  trigger text COLLATE "C" NOT NULL,
  leaf text COLLATE "C" NOT NULL,
  number bigint NOT NULL,
  key text NOT NULL,
  at bigint NOT NULL,
  heard text NOT NULL,
  scopes text NOT NULL,
  PRIMARY KEY (app, trigger, leaf, number)
);

CREATE TABLE cursor (
  app text COLLATE "C" NOT NULL,
  trigger text COLLATE "C" NOT NULL,
  leaf text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  made text,
  PRIMARY KEY (app, trigger, leaf)
);

CREATE TABLE deadline (
  app text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  kind text NOT NULL,
  trigger text COLLATE "C",
  due text NOT NULL,
  PRIMARY KEY (app, id)
);
CREATE INDEX deadline_acting ON deadline (app) WHERE kind <> 'Within';

CREATE TABLE open (
  app text COLLATE "C" NOT NULL,
  scope text COLLATE "C" NOT NULL,
  run text COLLATE "C" NOT NULL,
  ended text,
  PRIMARY KEY (app, scope, run)
);

CREATE TABLE owner (
  place bigint PRIMARY KEY,
  app text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  host text NOT NULL,
  process bigint NOT NULL,
  entered_at bigint NOT NULL,
  closed_at bigint,
  lease_until bigint NOT NULL,
  condemned_at bigint
) WITH (fillfactor = 50);
CREATE UNIQUE INDEX owner_id ON owner (id, app);
CREATE INDEX owner_open ON owner (app) WHERE closed_at IS NULL;
CREATE INDEX owner_closed ON owner (app, closed_at) WHERE closed_at IS NOT NULL;

CREATE TABLE tombstone (
  app text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL CHECK (kind IN ('event', 'run', 'trigger')),
  id text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  digest text,
  trigger text COLLATE "C",
  PRIMARY KEY (app, kind, id)
);
CREATE INDEX tombstone_at ON tombstone (app, at) WHERE kind <> 'trigger';

CREATE TABLE writer (
  id text COLLATE "C" PRIMARY KEY,
  app text COLLATE "C" NOT NULL,
  number bigint NOT NULL,
  at bigint NOT NULL
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

CREATE VIEW slot AS
  SELECT app, task, concurrency_key AS key, count(*) AS held FROM run
  WHERE concurrency_key IS NOT NULL AND state IN ('claimed', 'running')
  GROUP BY app, task, concurrency_key;
`;

export interface Migration {
  readonly sql: string;
  /** The oldest version of the tables whose detent may still use them afterwards. */
  readonly minReader: number;
}

export const migrations: readonly Migration[] = [{ sql: first, minReader: 1 }];

export const schemaVersion = migrations.length;

/** The statements of a migration: the protocol takes them one by one. */
export const statementsOf = ({ sql }: Migration): readonly string[] =>
  sql
    .split(";\n")
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "");
