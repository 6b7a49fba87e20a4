CREATE TABLE vault (                 -- what drivers keep of their devices: keys, pairings, addresses
  driver TEXT NOT NULL,
  device TEXT NOT NULL,              -- a candidate's id
  sealed BLOB NOT NULL,              -- XChaCha20-Poly1305: nonce, then what is encrypted; bound to driver and device
  PRIMARY KEY (driver, device)
) STRICT, WITHOUT ROWID;
