// The tables, as a person meets them in the sqlite3 shell; docs/store.md describes each. Forward-only numbered steps: `user_version` counts those that a file has had.

/** "dtnt": says to which program a file belongs. */
export const applicationId = 0x64746e74;

const step1 = `
CREATE TABLE meta (app TEXT PRIMARY KEY, revision INTEGER NOT NULL, routed_seq INTEGER NOT NULL, routed_at INTEGER NOT NULL, last_seq INTEGER NOT NULL, last_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE generation (app TEXT NOT NULL, number INTEGER NOT NULL, fingerprint TEXT NOT NULL, activated_at INTEGER NOT NULL, triggers TEXT NOT NULL, PRIMARY KEY (app, number)) STRICT, WITHOUT ROWID;
CREATE TABLE signal (app TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, name TEXT, task TEXT, state TEXT, content TEXT NOT NULL, origin TEXT, due_at INTEGER, PRIMARY KEY (app, seq)) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX signal_id ON signal (app, id);
CREATE TABLE run (ordinal INTEGER PRIMARY KEY, app TEXT NOT NULL, id TEXT NOT NULL, trigger TEXT NOT NULL, task TEXT NOT NULL, input TEXT NOT NULL, idempotency_key TEXT NOT NULL, cause TEXT NOT NULL, priority INTEGER NOT NULL, created_at INTEGER NOT NULL, due_at INTEGER NOT NULL, state TEXT NOT NULL, token INTEGER NOT NULL, attempt INTEGER NOT NULL, losses INTEGER NOT NULL, owner TEXT, nonce TEXT, started_at INTEGER, settled_at INTEGER, cancel_requested INTEGER NOT NULL, outcome TEXT) STRICT;
CREATE UNIQUE INDEX run_id ON run (app, id);
CREATE INDEX run_due ON run (app, priority DESC, due_at, ordinal) WHERE state = 'pending';
CREATE INDEX run_next ON run (app, due_at) WHERE state = 'pending';
CREATE INDEX run_owner ON run (app, owner) WHERE owner IS NOT NULL;
CREATE INDEX run_state ON run (app, state);
CREATE TABLE attempt (app TEXT NOT NULL, run TEXT NOT NULL, token INTEGER NOT NULL, attempt INTEGER NOT NULL, owner TEXT NOT NULL, started_at INTEGER, settled_at INTEGER NOT NULL, outcome TEXT NOT NULL, PRIMARY KEY (app, run, token)) STRICT, WITHOUT ROWID;
CREATE TABLE skip (ordinal INTEGER PRIMARY KEY, app TEXT NOT NULL, id TEXT NOT NULL, trigger TEXT NOT NULL, signal TEXT, "from" INTEGER, "to" INTEGER, count INTEGER NOT NULL, reason TEXT NOT NULL, detail TEXT, at INTEGER NOT NULL) STRICT;
CREATE UNIQUE INDEX skip_id ON skip (app, id);
CREATE TABLE match (app TEXT NOT NULL, trigger TEXT NOT NULL, leaf TEXT NOT NULL, "order" INTEGER NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, signal TEXT NOT NULL, heard TEXT NOT NULL, scopes TEXT NOT NULL, PRIMARY KEY (app, trigger, leaf, "order")) STRICT, WITHOUT ROWID;
CREATE TABLE cursor (app TEXT NOT NULL, trigger TEXT NOT NULL, leaf TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (app, trigger, leaf)) STRICT, WITHOUT ROWID;
CREATE TABLE deadline (app TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, trigger TEXT, due TEXT NOT NULL, PRIMARY KEY (app, id)) STRICT, WITHOUT ROWID;
CREATE TABLE open (app TEXT NOT NULL, scope TEXT NOT NULL, run TEXT NOT NULL, ended TEXT, PRIMARY KEY (app, scope, run)) STRICT, WITHOUT ROWID;
CREATE TABLE owner (ordinal INTEGER PRIMARY KEY, app TEXT NOT NULL, id TEXT NOT NULL UNIQUE, entered_at INTEGER NOT NULL, closed_at INTEGER, host TEXT NOT NULL, process INTEGER NOT NULL) STRICT;
`;

/** What each step does to a file that has had those before it. */
export const steps: readonly string[] = [step1];
