CREATE TABLE things (
  id             TEXT PRIMARY KEY,
  driver         TEXT NOT NULL,
  candidate      TEXT NOT NULL,               -- the driver's own id of the device
  title          TEXT NOT NULL,
  room           TEXT NOT NULL,
  labels         TEXT NOT NULL,               -- JSON: array of strings
  kind_overrides TEXT NOT NULL,               -- JSON: component key -> kind, said by a person
  names          TEXT NOT NULL,               -- JSON: component key -> prefix of its affordances' names
  fingerprint    TEXT NOT NULL,
  state          TEXT NOT NULL CHECK (state IN ('active', 'suspended', 'removed')),
  description    TEXT NOT NULL,               -- JSON: the components as they were accepted last
  created_at     REAL NOT NULL,               -- seconds since the epoch, here and below
  updated_at     REAL NOT NULL
) STRICT;
CREATE UNIQUE INDEX things_by_candidate ON things (driver, candidate) WHERE state <> 'removed';

CREATE TABLE ignored_candidates (
  driver     TEXT NOT NULL,
  candidate  TEXT NOT NULL,
  ignored_at REAL NOT NULL,
  ignored_by TEXT NOT NULL,                   -- a principal's id
  PRIMARY KEY (driver, candidate)
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
  id              TEXT PRIMARY KEY,
  secret_hash     BLOB NOT NULL UNIQUE,       -- SHA-256 of the secret, which is stored nowhere
  title           TEXT NOT NULL,
  principal       TEXT NOT NULL,
  role            TEXT NOT NULL,
  principal_title TEXT NOT NULL,
  acts_for        TEXT NOT NULL,
  parent          TEXT REFERENCES tokens (id),
  created_at      REAL NOT NULL,
  expires_at      REAL,
  last_used_at    REAL,
  revoked_at      REAL
) STRICT;

CREATE TABLE pairings (
  only_one        INTEGER PRIMARY KEY CHECK (only_one = 1),
  code_hash       BLOB NOT NULL,
  role            TEXT NOT NULL,
  principal       TEXT NOT NULL,
  principal_title TEXT NOT NULL,
  expires_at      REAL NOT NULL,
  tries_left      INTEGER NOT NULL
) STRICT;

CREATE TABLE settings (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL                         -- JSON
) STRICT, WITHOUT ROWID;
