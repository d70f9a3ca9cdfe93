-- What names a row of feedback in its answer and in an undo, what it takes back, and what the text is by the analyst.
ALTER TABLE feedback ADD COLUMN feedback_id text, ADD COLUMN batch text, ADD COLUMN undo text, ADD COLUMN label text;
CREATE INDEX ON feedback (feedback_id);
CREATE INDEX ON feedback (undo) WHERE undo IS NOT NULL;

-- What the service did with rows of feedback.
CREATE TABLE feedback_result (
  feedback_id text NOT NULL,
  ts timestamptz NOT NULL,
  batch text,
  -- applied, refused, undone
  outcome text NOT NULL,
  why text,
  states text[] NOT NULL,
  until timestamptz,
  PRIMARY KEY (feedback_id, ts)
) PARTITION BY RANGE (ts);
CREATE INDEX ON feedback_result (ts);

-- What was said at the desk, until the archive has it from the topic; kept where there is no topic.
CREATE TABLE given_feedback (
  feedback_id text PRIMARY KEY,
  ts timestamptz NOT NULL,
  state_id text,
  message_id text,
  target text,
  codes text[],
  -- As in feedback; undo for what takes back.
  verdict text NOT NULL,
  until timestamptz,
  by text NOT NULL,
  -- Redacted.
  note text,
  batch text,
  undo text,
  label text,
  -- The row to be written; null once it is.
  "row" jsonb
);
CREATE INDEX ON given_feedback (ts);
CREATE INDEX ON given_feedback (message_id);
CREATE INDEX ON given_feedback (state_id);
CREATE INDEX ON given_feedback (undo) WHERE undo IS NOT NULL;
CREATE INDEX ON given_feedback (ts) WHERE "row" IS NOT NULL;
