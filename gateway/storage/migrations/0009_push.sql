CREATE TABLE push_subscriptions (
  id         TEXT PRIMARY KEY,
  token      TEXT NOT NULL,                   -- whose browser it is; it ends with the token
  endpoint   TEXT NOT NULL,                   -- where the push service takes what is for it
  p256dh     BLOB NOT NULL,                   -- the browser's public key, an uncompressed point of P-256
  auth       BLOB NOT NULL,                   -- the 16 bytes that it shares with us (RFC 8291, section 3.2)
  created_at REAL NOT NULL                    -- seconds since the epoch, here and below
) STRICT, WITHOUT ROWID;

CREATE TABLE push_preferences (
  principal TEXT PRIMARY KEY,
  body      TEXT NOT NULL                     -- JSON
) STRICT, WITHOUT ROWID;

CREATE TABLE board (
  id      TEXT PRIMARY KEY,                   -- a notice's
  at      REAL NOT NULL,
  body    TEXT NOT NULL,                      -- JSON: the notice
  read_by TEXT NOT NULL                       -- JSON: array of principals' ids
) STRICT, WITHOUT ROWID;
