-- Context contracts: who may know what, for which purpose, how fine, how long.
CREATE TABLE contracts (
  id TEXT PRIMARY KEY,
  reader TEXT NOT NULL,              -- a principal's id
  maker TEXT NOT NULL,               -- who made it, or accepted it; '' while it is only asked for
  state TEXT NOT NULL,               -- asked, in-force, ended
  made_at REAL NOT NULL,             -- made, or asked for; times are seconds since the epoch
  begins_at REAL NOT NULL,           -- since when it is in force; 0: it never was
  expires_at REAL NOT NULL,
  ended_at REAL,
  because TEXT NOT NULL DEFAULT '',  -- why it ended
  binds INTEGER NOT NULL DEFAULT 0,  -- 1: its reader sees raw only what contracts give, also after its end; 0: released
  terms TEXT NOT NULL                -- JSON, see `gateway.contracts.terms`
) STRICT;

CREATE TABLE contract_notes (        -- the working set of one contract, overwritten when that ends
  contract TEXT PRIMARY KEY REFERENCES contracts (id),
  body TEXT NOT NULL                 -- JSON
) STRICT;
