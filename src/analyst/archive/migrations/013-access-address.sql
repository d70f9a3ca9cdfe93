-- From which address, and an index for who looks for one person's entries. Null: written before it was kept.
ALTER TABLE access_log ADD COLUMN address text;
CREATE INDEX ON access_log (who, at);
