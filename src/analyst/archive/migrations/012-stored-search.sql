-- Searches of the desk, by an id that reveals nothing about them: a link that a colleague can open.
CREATE TABLE stored_search (
  id text PRIMARY KEY,
  query text NOT NULL,
  by text NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON stored_search (at);
