-- When a case is due, and into which other case it was merged. What is merged keeps its alerts and what later ones are
-- recognised by, so that it can be taken apart again.
ALTER TABLE review_case ADD COLUMN due_at timestamptz;
-- The case that its alerts count to now; null: itself.
ALTER TABLE review_case ADD COLUMN merged_into text;
-- The cases that it was merged into, the first one first; the last one is merged_into.
ALTER TABLE review_case ADD COLUMN merged_path text[] NOT NULL DEFAULT '{}';
CREATE INDEX ON review_case (merged_into) WHERE merged_into IS NOT NULL;
