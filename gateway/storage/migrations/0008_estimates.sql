-- What is estimated of each Thing: its rhythm, and the noise and habits of its properties.
CREATE TABLE estimates (
  thing TEXT PRIMARY KEY,            -- a Thing's id
  body TEXT NOT NULL                 -- JSON, see `gateway.estimates.storing`
) STRICT;
