-- Letters that left the desk: who sent what to whom and when. File numbers count up within a year, without gaps.
CREATE TABLE letter_count (
  year integer PRIMARY KEY,
  n integer NOT NULL
);
CREATE TABLE letter (
  file_number text PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  who text NOT NULL,
  -- sender, regulator, subscriber
  reader text NOT NULL,
  -- Redacted.
  addressee text NOT NULL,
  -- Of the alert; null once its person is erased.
  alert_id text,
  -- The letter as it was sent; null past the retention, or once its person is erased.
  content jsonb
);
CREATE INDEX ON letter (alert_id);
CREATE INDEX ON letter (at);
