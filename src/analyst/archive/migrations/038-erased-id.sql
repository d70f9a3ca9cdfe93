-- Messages to erased persons and states on them, by a hash of the id: records about them that arrive later are left out.
CREATE TABLE erased_id (
  -- SHA-256 of the id, hexadecimal.
  id_hash text PRIMARY KEY,
  -- When it was erased: a state has the same id when it rises again.
  at timestamptz NOT NULL
);
