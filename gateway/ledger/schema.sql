-- Append-only: entries are only ever added; of an entry only its private part can be set to null.
CREATE TABLE IF NOT EXISTS entries (
  seq          INTEGER PRIMARY KEY,
  at           INTEGER NOT NULL,            -- milliseconds since the epoch
  kind         TEXT NOT NULL,
  execution    TEXT NOT NULL,
  principal    TEXT NOT NULL,
  thing        TEXT NOT NULL,
  body         TEXT NOT NULL,               -- canonical JSON
  hash         BLOB NOT NULL,
  private_hash BLOB,                        -- SHA-256 of salt and private
  salt         BLOB,
  private      TEXT                         -- canonical JSON, beside the chain
) STRICT;
CREATE INDEX IF NOT EXISTS entries_by_execution ON entries (execution) WHERE execution <> '';
CREATE TRIGGER IF NOT EXISTS entries_are_not_deleted BEFORE DELETE ON entries
  BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER IF NOT EXISTS entries_are_not_changed
  BEFORE UPDATE OF seq, at, kind, execution, principal, thing, body, hash, private_hash ON entries
  BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
-- Which entries speak of a Thing ("t:…"), a principal ("p:…") or a rare kind ("k:…"). Filled in batches, behind the entries:
-- one insertion point for each Thing would otherwise cost each command several pages of the write-ahead log.
CREATE TABLE IF NOT EXISTS postings (
  term TEXT NOT NULL,
  seq  INTEGER NOT NULL,
  PRIMARY KEY (term, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS posted (up_to INTEGER NOT NULL) STRICT;
