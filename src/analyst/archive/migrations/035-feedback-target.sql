CREATE INDEX ON feedback (target) WHERE target IS NOT NULL;
