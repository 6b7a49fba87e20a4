-- The hash of the long code in the link of an open window ('': it has none). How often the typed one was wrong does not touch it.
ALTER TABLE pairings ADD COLUMN link_hash BLOB NOT NULL DEFAULT x'';
