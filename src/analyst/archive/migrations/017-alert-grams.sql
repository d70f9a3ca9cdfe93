-- Pairs of characters of what is searched for in an alert, each as a number, so that words are found by an index. Null: not
-- computed yet; the archiver does so for earlier rows, some at a time. A column without default rewrites no table.
ALTER TABLE alert ADD COLUMN grams integer[];
CREATE INDEX ON alert USING gin (grams);
CREATE INDEX ON alert (ts) WHERE grams IS NULL;
-- Who sends for which enterprise (service provider), for searches by it.
CREATE TABLE sender_sp (
  sp text NOT NULL,
  signature text NOT NULL,
  port text NOT NULL,
  PRIMARY KEY (sp, signature, port)
);
-- Days of sender_minute that are in sender_sp.
CREATE TABLE sender_sp_day (day date PRIMARY KEY);
