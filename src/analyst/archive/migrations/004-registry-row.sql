-- What the registry topic said, row by row, so that a case shows what was filed when it was judged.
CREATE TABLE registry_row (
  -- brand, signature, port
  kind text NOT NULL,
  -- Id of the brand, name of the signature, exact port or prefix with an asterisk.
  key text NOT NULL,
  -- Timestamp of the record.
  at timestamptz NOT NULL,
  -- Null: the row was deleted.
  content jsonb,
  PRIMARY KEY (kind, key, at)
);
