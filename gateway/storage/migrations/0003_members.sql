-- A group commands other devices: their ids, as its driver calls them. Their rules hold for it, too.
ALTER TABLE things ADD COLUMN members TEXT NOT NULL DEFAULT '[]';  -- JSON: array of strings
