-- history.db: what was reported (journal), and what became of it (pieces). Times are in seconds since the epoch.

CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    thing TEXT NOT NULL,
    name TEXT NOT NULL,
    place TEXT NOT NULL,              -- the driver's address for it: it follows a property that is renamed
    unit TEXT,
    type TEXT NOT NULL,               -- number, boolean, state
    sensitive INTEGER NOT NULL,
    words TEXT NOT NULL DEFAULT '[]', -- of states, by number
    first REAL NOT NULL               -- when the first report of it was kept
) STRICT;
CREATE INDEX series_of_thing ON series (thing, name);

CREATE TABLE journal (
    id INTEGER PRIMARY KEY,
    until REAL NOT NULL,              -- the gateway ran until then
    points INTEGER NOT NULL,
    data BLOB NOT NULL
) STRICT;

CREATE TABLE piece (
    id INTEGER PRIMARY KEY,
    series INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
    level INTEGER NOT NULL,           -- 0 raw, 1 a minute, 2 a quarter of an hour, 3 an hour, 4 a day
    begins REAL NOT NULL,             -- of the first row
    ends REAL NOT NULL,               -- the last row begins before
    rows INTEGER NOT NULL,
    data BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX piece_of_series ON piece (series, level, begins);

CREATE TABLE mark (
    series INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
    at REAL NOT NULL,
    value REAL,
    reason TEXT NOT NULL,
    PRIMARY KEY (series, at)
) STRICT, WITHOUT ROWID;

CREATE TABLE kept (
    name TEXT PRIMARY KEY,            -- rolled: reports before then are in pieces; days: so are days; held: what held at `rolled`
    value ANY
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 1;
