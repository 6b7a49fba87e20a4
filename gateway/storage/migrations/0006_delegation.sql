-- What a token's holder may do at the most, besides the rules (JSON, see `policies.mandates`; '': nothing more is said), and after
-- how many seconds without a use it is no longer good.
ALTER TABLE tokens ADD COLUMN mandate TEXT NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN idle_s REAL;

-- The same of the device that comes in, and when its token ends (seconds since the epoch).
ALTER TABLE pairings ADD COLUMN mandate TEXT NOT NULL DEFAULT '';
ALTER TABLE pairings ADD COLUMN token_expires_at REAL;
ALTER TABLE pairings ADD COLUMN token_idle_s REAL;
-- The hash of the long code in the link of an open window ('': it has none). How often the typed one was wrong does not touch it.
ALTER TABLE pairings ADD COLUMN link_hash BLOB NOT NULL DEFAULT x'';
