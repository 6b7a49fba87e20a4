-- What executions leave behind: what waits for people, what is owed, what goes on after a restart.

CREATE TABLE notices (               -- urgent ones that a channel has not delivered yet
  id      TEXT NOT NULL,
  channel TEXT NOT NULL,             -- its name in hearth.toml
  at      REAL NOT NULL,             -- seconds since the epoch
  body    TEXT NOT NULL,             -- JSON: the notice
  PRIMARY KEY (id, channel)
) STRICT;
