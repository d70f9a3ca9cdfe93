-- What is known of a complaint beside its record: when it came, when it was answered, what its text is. No personal data.
CREATE TABLE complaint_case (
  id text PRIMARY KEY,
  ts timestamptz NOT NULL,
  -- Null where nobody knows when it came.
  received_at timestamptz,
  answered_at timestamptz,
  -- Of the text model; null where the complaint quotes no text.
  label text,
  -- Fingerprint of the text: texts of one template share a band.
  bands text[] NOT NULL
);
CREATE INDEX ON complaint_case (ts);
