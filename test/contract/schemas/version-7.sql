-- What a file of version 7 of the tables is. Kept as it was: never changed.
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
, signals_purged INTEGER NOT NULL DEFAULT 0, skips_purged INTEGER NOT NULL DEFAULT 0, tombstones INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE generation (
  app TEXT NOT NULL,
  number INTEGER NOT NULL,
  fingerprint TEXT NOT NULL,
  activated_at INTEGER NOT NULL,
  triggers TEXT NOT NULL, zones TEXT,
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
, happened_at INTEGER) STRICT;
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
, crashes INTEGER NOT NULL DEFAULT 0, concurrency_key TEXT, expires_at INTEGER) STRICT;
CREATE UNIQUE INDEX run_id ON run (id, app);
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
  at INTEGER NOT NULL, made TEXT,
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
CREATE INDEX run_expiring ON run (app, task, expires_at, place) WHERE state = 'pending' AND expires_at IS NOT NULL;
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
CREATE VIEW slot AS
  SELECT app, task, concurrency_key AS key, count(*) AS held FROM run
  WHERE concurrency_key IS NOT NULL AND state IN ('claimed', 'running')
  GROUP BY app, task, concurrency_key;
INSERT INTO meta (number, app, revision, routed_seq, routed_at, newest_at, signals, strays, runs, skips, matches, pending, claimed, running, succeeded, failed, cancelled, expired, lost, generation, signals_purged, skips_purged, tombstones) VALUES (0, 'main', 1, 2, 1790000000000, 1790000000000, 6, 0, 3, 1, 1, 1, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0);
INSERT INTO generation (app, number, fingerprint, activated_at, triggers, zones) VALUES ('main', 1, 'print-1', 1790000000000, '{"thumbnail":"a","publish":"b"}', NULL);
INSERT INTO signal (place, app, seq, at, kind, id, name, payload, task, run, run_place, token, attempt, state, input, result, error, origin, due_at, happened_at) VALUES (1, 'main', 1, 1790000000000, 'event', 'e1', 'arrived', '{"path":"ü.png"}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO signal (place, app, seq, at, kind, id, name, payload, task, run, run_place, token, attempt, state, input, result, error, origin, due_at, happened_at) VALUES (2, 'main', 2, 1790000000000, 'event', 'e2', 'arrived', 'null', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1790000005000, NULL);
INSERT INTO signal (place, app, seq, at, kind, id, name, payload, task, run, run_place, token, attempt, state, input, result, error, origin, due_at, happened_at) VALUES (3, 'main', 3, 1790000000000, 'event', 'e3', 'arrived', 'null', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO signal (place, app, seq, at, kind, id, name, payload, task, run, run_place, token, attempt, state, input, result, error, origin, due_at, happened_at) VALUES (4, 'main', 4, 1790000000000, 'status', NULL, NULL, NULL, 'resize', 'over', 1, 1, 1, 'running', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO signal (place, app, seq, at, kind, id, name, payload, task, run, run_place, token, attempt, state, input, result, error, origin, due_at, happened_at) VALUES (5, 'main', 5, 1790000000000, 'status', NULL, NULL, NULL, 'resize', 'over', 1, 1, 1, 'succeeded', NULL, '[1]', NULL, NULL, NULL, NULL);
INSERT INTO signal (place, app, seq, at, kind, id, name, payload, task, run, run_place, token, attempt, state, input, result, error, origin, due_at, happened_at) VALUES (6, 'main', 6, 1790000000000, 'status', NULL, NULL, NULL, 'resize', 'held', 2, 1, 1, 'running', '{"other":true}', NULL, NULL, NULL, NULL, NULL);
INSERT INTO run (place, app, id, trigger, task, state, priority, created_at, due_at, started_at, settled_at, token, attempt, losses, owner, nonce, cancel_requested, input, cause, outcome, idempotency_key, crashes, concurrency_key, expires_at) VALUES (1, 'main', 'over', 'thumbnail', 'resize', 'succeeded', 0, 1790000000000, 1790000000000, NULL, 1790000000001, 1, 1, 0, NULL, NULL, 0, '{"n":1}', '["event-of-over"]', '{"result":[1]}', NULL, 0, NULL, NULL);
INSERT INTO run (place, app, id, trigger, task, state, priority, created_at, due_at, started_at, settled_at, token, attempt, losses, owner, nonce, cancel_requested, input, cause, outcome, idempotency_key, crashes, concurrency_key, expires_at) VALUES (2, 'main', 'held', 'thumbnail', 'resize', 'claimed', 2, 1790000000000, 1790000000000, NULL, NULL, 1, 1, 0, 'engine', 'request-1', 0, 'null', '["event-of-held"]', NULL, NULL, 0, NULL, NULL);
INSERT INTO run (place, app, id, trigger, task, state, priority, created_at, due_at, started_at, settled_at, token, attempt, losses, owner, nonce, cancel_requested, input, cause, outcome, idempotency_key, crashes, concurrency_key, expires_at) VALUES (3, 'main', 'waits', 'thumbnail', 'resize', 'pending', 0, 1790000000000, 1790000000000, NULL, NULL, 0, 0, 0, NULL, NULL, 0, 'null', '["event-of-waits"]', NULL, NULL, 0, NULL, NULL);
INSERT INTO line (app, task, priority) VALUES ('main', 'resize', 0);
INSERT INTO line (app, task, priority) VALUES ('main', 'resize', 2);
INSERT INTO attempt (run_place, token, app, run, attempt, owner, started_at, settled_at, outcome) VALUES (1, 1, 'main', 'over', 1, 'engine', 1790000000000, 1790000000000, '{"_tag":"Succeeded","result":null}');
INSERT INTO skip (place, app, id, trigger, signal, from_at, to_at, count, reason, detail, at) VALUES (1, 'main', 's1', 'thumbnail', 'event', NULL, NULL, 1, 'superseded', NULL, 1790000000000);
INSERT INTO match (app, trigger, leaf, number, key, at, heard, scopes) VALUES ('main', 'publish', 'event:approved', 1, '', 1790000000000, '{"id":"approved-1","signal":{"_tag":"Event","id":"approved-1","name":"approved","payload":{"order":1},"at":1790000000000}}', '[]');
INSERT INTO cursor (app, trigger, leaf, at, made) VALUES ('main', 'nightly', 'cron:0 2 * * *', 1790000000000, NULL);
INSERT INTO deadline (app, id, at, kind, trigger, due) VALUES ('main', 'e2', 1790000005000, 'Hear', NULL, '{"_tag":"Hear","stored":{"seq":1,"at":1790000000000,"id":"e2","signal":{"_tag":"Event","id":"e2","name":"late","payload":null,"at":1790000000000},"origin":null,"dueAt":1790000005000}}');
INSERT INTO deadline (app, id, at, kind, trigger, due) VALUES ('main', 'w', 1790000000009, 'Within', 'publish', '{"_tag":"Within","trigger":"publish","leaf":"event:approved","key":"","order":1}');
INSERT INTO open (app, scope, run, ended) VALUES ('main', 'settled:held', 'held', NULL);
INSERT INTO owner (place, app, id, host, process, entered_at, closed_at, lock) VALUES (1, 'main', 'engine', 'here', 7, 1790000000000, NULL, 'x.db.engine-0.lock');
INSERT INTO format (min_reader) VALUES (7);
PRAGMA application_id = 1685352052;
PRAGMA user_version = 7;
