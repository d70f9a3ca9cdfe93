-- Which model labelled the record, and its score of the label; null where the verdict does not say.
ALTER TABLE verdict ADD COLUMN model text;
ALTER TABLE verdict ADD COLUMN model_score double precision;
