-- Who looked at what at the desk.
CREATE TABLE access_log (
  at timestamptz NOT NULL DEFAULT now(),
  who text NOT NULL,
  -- login, search, case, feedback
  what text NOT NULL,
  -- What was searched for, or the id of the case.
  subject text NOT NULL
);
CREATE INDEX ON access_log (at);
