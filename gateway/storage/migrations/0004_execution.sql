-- What executions leave behind: what waits for people, what is owed, what goes on after a restart.

CREATE TABLE notices (               -- urgent ones that a channel has not delivered yet
  id      TEXT NOT NULL,
  channel TEXT NOT NULL,             -- its name in hearth.toml
  at      REAL NOT NULL,             -- seconds since the epoch
  body    TEXT NOT NULL,             -- JSON: the notice
  PRIMARY KEY (id, channel)
) STRICT;

CREATE TABLE approvals (             -- what people are asked, and what they said no to a short while ago
  id         TEXT PRIMARY KEY,
  waits      TEXT NOT NULL,          -- the execution or the plan that waits for it
  state      TEXT NOT NULL CHECK (state IN ('asked', 'denied')),
  expires_at REAL NOT NULL,          -- until when it can be answered, or the denial holds
  body       TEXT NOT NULL           -- JSON: the question as it is shown, and the command; the answers stand in the ledger
) STRICT;

CREATE TABLE grants (                -- yeses for a while
  id    TEXT PRIMARY KEY,
  until REAL NOT NULL,
  body  TEXT NOT NULL                -- JSON; its uses are counted from the ledger
) STRICT;

ALTER TABLE tokens ADD COLUMN public_key TEXT NOT NULL DEFAULT '';  -- JSON: the JWK of the device that holds it
ALTER TABLE pairings ADD COLUMN takes_key INTEGER NOT NULL DEFAULT 0;  -- whether the device may bring such a key

CREATE TABLE plans (                 -- committed ones: those that go on, and the last that ended
  id        TEXT PRIMARY KEY,
  state     TEXT NOT NULL,
  principal TEXT NOT NULL,           -- whose it is
  title     TEXT NOT NULL,
  made_at   REAL NOT NULL,           -- seconds since the epoch
  ended_at  REAL,                    -- NULL while it is not over
  body      TEXT NOT NULL,           -- JSON: as it was committed
  progress  TEXT NOT NULL            -- JSON: how far it is; in the end its reports
) STRICT;

CREATE TABLE plan_steps (            -- the checkpoint of each step of the present run
  plan TEXT NOT NULL REFERENCES plans (id) ON DELETE CASCADE,
  step TEXT NOT NULL,
  body TEXT NOT NULL,                -- JSON
  PRIMARY KEY (plan, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE plan_notes (            -- what the author of a plan notes while it runs; erased at its end
  plan TEXT PRIMARY KEY,
  body TEXT NOT NULL                 -- JSON
) STRICT;

CREATE TABLE obligations (           -- what is still owed: to switch off, to put back, to tell
  id    TEXT PRIMARY KEY,
  kind  TEXT NOT NULL CHECK (kind IN ('max_on', 'restore', 'notify', 'rest')),
  thing TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('promised', 'running', 'due', 'failed', 'settled')),
  since REAL NOT NULL,               -- seconds since the epoch: when its time began
  body  TEXT NOT NULL                -- JSON: what ends it, for whom, by which rule
) STRICT;

CREATE TABLE leases (                -- who holds what, and who stands in line for it
  id      TEXT PRIMARY KEY,
  thing   TEXT NOT NULL,
  state   TEXT NOT NULL CHECK (state IN ('held', 'waiting', 'suspended')),
  version INTEGER NOT NULL,          -- of the lease: what the ledger has of a later one counts
  body    TEXT NOT NULL              -- JSON
) STRICT;
