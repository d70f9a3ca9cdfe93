-- Forms of letters that were sent: the same form, at whatever desk, gives one letter. Ids are hashes.
CREATE TABLE letter_form (
  id text PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now()
);
