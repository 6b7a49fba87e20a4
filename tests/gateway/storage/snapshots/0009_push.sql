BEGIN TRANSACTION;
CREATE TABLE approvals (             -- what people are asked, and what they said no to a short while ago
  id         TEXT PRIMARY KEY,
  waits      TEXT NOT NULL,          -- the execution or the plan that waits for it
  state      TEXT NOT NULL CHECK (state IN ('asked', 'denied')),
  expires_at REAL NOT NULL,          -- until when it can be answered, or the denial holds
  body       TEXT NOT NULL           -- JSON: the question as it is shown, and the command; the answers stand in the ledger
) STRICT;
INSERT INTO "approvals" VALUES('1jx0','1jx1','asked',1760000500.0,'{}');
CREATE TABLE board (
  id      TEXT PRIMARY KEY,                   -- a notice's
  at      REAL NOT NULL,
  body    TEXT NOT NULL,                      -- JSON: the notice
  read_by TEXT NOT NULL                       -- JSON: array of principals' ids
) STRICT, WITHOUT ROWID;
INSERT INTO "board" VALUES('n1',1700000000.0,'{"title":"Smoke","text":"","kind":"incident","to":["owner"],"urgency":2,"ref":"","tag":"","about":["","","",""],"until":0.0,"escalated":false,"facts":{}}','["ada"]');
CREATE TABLE contract_notes (        -- the working set of one contract, overwritten when that ends
  contract TEXT PRIMARY KEY REFERENCES contracts (id),
  body TEXT NOT NULL                 -- JSON
) STRICT;
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
INSERT INTO "contracts" VALUES('c1','coo','ada','in-force',1.0,1.0,4102444800.0,NULL,'',1,'{}');
CREATE TABLE estimates (
  thing TEXT PRIMARY KEY,            -- a Thing's id
  body TEXT NOT NULL                 -- JSON, see `gateway.estimates.storing`
) STRICT;
INSERT INTO "estimates" VALUES('reading-lamp','{"thing":[null,40,60.0,0.05,1.0,2400.0,75.0],"properties":{}}');
CREATE TABLE grants (                -- yeses for a while
  id    TEXT PRIMARY KEY,
  until REAL NOT NULL,
  body  TEXT NOT NULL                -- JSON; its uses are counted from the ledger
) STRICT;
INSERT INTO "grants" VALUES('1jx2',1760000500.0,'{}');
CREATE TABLE ignored_candidates (
  driver     TEXT NOT NULL,
  candidate  TEXT NOT NULL,
  ignored_at REAL NOT NULL,
  ignored_by TEXT NOT NULL,                   -- a principal's id
  PRIMARY KEY (driver, candidate)
) STRICT, WITHOUT ROWID;
INSERT INTO "ignored_candidates" VALUES('mqtt','0x03',1700000000.0,'ada');
CREATE TABLE leases (                -- who holds what, and who stands in line for it
  id      TEXT PRIMARY KEY,
  thing   TEXT NOT NULL,
  state   TEXT NOT NULL CHECK (state IN ('held', 'waiting', 'suspended')),
  version INTEGER NOT NULL,          -- of the lease: what the ledger has of a later one counts
  body    TEXT NOT NULL              -- JSON
) STRICT;
INSERT INTO "leases" VALUES('01jr3nv0w0m5s8y2h7qf','reading-lamp','held',1,'{}');
CREATE TABLE notices (               -- urgent ones that a channel has not delivered yet
  id      TEXT NOT NULL,
  channel TEXT NOT NULL,             -- its name in hearth.toml
  at      REAL NOT NULL,             -- seconds since the epoch
  body    TEXT NOT NULL,             -- JSON: the notice
  PRIMARY KEY (id, channel)
) STRICT;
INSERT INTO "notices" VALUES('01jr3nv0w0m5s8y2h7qd','phones',1760000500.0,'{"title":"The front door waits","kind":"approval"}');
CREATE TABLE obligations (           -- what is still owed: to switch off, to put back, to tell
  id    TEXT PRIMARY KEY,
  kind  TEXT NOT NULL CHECK (kind IN ('max_on', 'restore', 'notify', 'rest')),
  thing TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('promised', 'running', 'due', 'failed', 'settled')),
  since REAL NOT NULL,               -- seconds since the epoch: when its time began
  body  TEXT NOT NULL                -- JSON: what ends it, for whom, by which rule
) STRICT;
CREATE TABLE pairings (
  only_one        INTEGER PRIMARY KEY CHECK (only_one = 1),
  code_hash       BLOB NOT NULL,
  role            TEXT NOT NULL,
  principal       TEXT NOT NULL,
  principal_title TEXT NOT NULL,
  expires_at      REAL NOT NULL,
  tries_left      INTEGER NOT NULL
, takes_key INTEGER NOT NULL DEFAULT 0, mandate TEXT NOT NULL DEFAULT '', token_expires_at REAL, token_idle_s REAL, link_hash BLOB NOT NULL DEFAULT x'') STRICT;
INSERT INTO "pairings" VALUES(1,X'0000000000000000000000000000000000000000000000000000000000000000','adult','bob','Bob',1700000300.0,5,0,'',NULL,NULL,X'');
CREATE TABLE plan_notes (            -- what the author of a plan notes while it runs; erased at its end
  plan TEXT PRIMARY KEY,
  body TEXT NOT NULL                 -- JSON
) STRICT;
INSERT INTO "plan_notes" VALUES('01jr3nv0w0m5s8y2h7qe','{"tried":1}');
CREATE TABLE plan_steps (            -- the checkpoint of each step of the present run
  plan TEXT NOT NULL REFERENCES plans (id) ON DELETE CASCADE,
  step TEXT NOT NULL,
  body TEXT NOT NULL,                -- JSON
  PRIMARY KEY (plan, step)
) STRICT, WITHOUT ROWID;
INSERT INTO "plan_steps" VALUES('01jr3nv0w0m5s8y2h7qe','1','{}');
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
INSERT INTO "plans" VALUES('01jr3nv0w0m5s8y2h7qe','running','coo','Evening',1760000400.0,NULL,'{}','{}');
CREATE TABLE push_preferences (
  principal TEXT PRIMARY KEY,
  body      TEXT NOT NULL                     -- JSON
) STRICT, WITHOUT ROWID;
INSERT INTO "push_preferences" VALUES('ada','{"kinds":["approval"],"urgency":"normal","quiet":null,"hidden":true}');
CREATE TABLE push_subscriptions (
  id         TEXT PRIMARY KEY,
  token      TEXT NOT NULL,                   -- whose browser it is; it ends with the token
  endpoint   TEXT NOT NULL,                   -- where the push service takes what is for it
  p256dh     BLOB NOT NULL,                   -- the browser's public key, an uncompressed point of P-256
  auth       BLOB NOT NULL,                   -- the 16 bytes that it shares with us (RFC 8291, section 3.2)
  created_at REAL NOT NULL                    -- seconds since the epoch, here and below
) STRICT, WITHOUT ROWID;
INSERT INTO "push_subscriptions" VALUES('s1','t1','https://push.example.net/x',X'04',X'00',1700000000.0);
CREATE TABLE settings (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL                         -- JSON
) STRICT, WITHOUT ROWID;
INSERT INTO "settings" VALUES('mode','"home"');
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
, members TEXT NOT NULL DEFAULT '[]') STRICT;
INSERT INTO "things" VALUES('reading-lamp','mqtt','0x01','Reading lamp','living room','["evening","cosy"]','{"0x01/usb":"outlet"}','{"0x01/light":"","0x01/usb":"usb"}','f1','active','[{"key":"0x01/light","kind":"light","affordances":[]}]',1700000000.0,1700000001.5,'[]');
INSERT INTO "things" VALUES('old-plug','mqtt','0x02','Old plug','','[]','{}','{}','','removed','[]',1700000000.0,1700000001.5,'[]');
INSERT INTO "things" VALUES('lamps','mqtt','group-1','Lamps','','[]','{}','{"g":""}','f3','removed','[]',1700000000.0,1700000001.5,'["0x01"]');
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
, acts_for_role TEXT NOT NULL DEFAULT '', public_key TEXT NOT NULL DEFAULT '', mandate TEXT NOT NULL DEFAULT '', idle_s REAL) STRICT;
INSERT INTO "tokens" VALUES('t1',X'0000000000000000000000000000000000000000000000000000000000000000','phone','ada','owner','Ada','',NULL,1700000000.0,NULL,NULL,NULL,'','','',NULL);
INSERT INTO "tokens" VALUES('t2',X'0101010101010101010101010101010101010101010101010101010101010101','COO','coo','agent','Ada''s COO','ada','t1',1700000001.0,1800000000.0,1700000002.0,1700000003.0,'owner','','{"use":[{"things":["reading-lamp"]}]}',86400.0);
CREATE TABLE vault (                 -- what drivers keep of their devices: keys, pairings, addresses
  driver TEXT NOT NULL,
  device TEXT NOT NULL,              -- a candidate's id
  sealed BLOB NOT NULL,              -- XChaCha20-Poly1305: nonce, then what is encrypted; bound to driver and device
  PRIMARY KEY (driver, device)
) STRICT, WITHOUT ROWID;
INSERT INTO "vault" VALUES('homekit','aa:bb:cc:dd:ee:ff',X'0102');
CREATE UNIQUE INDEX things_by_candidate ON things (driver, candidate) WHERE state <> 'removed';
COMMIT;
