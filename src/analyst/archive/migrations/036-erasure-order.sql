-- Who ordered an erasure, why, and under which reference. Erasures before this have none.
ALTER TABLE erasure ADD COLUMN ordered_by text, ADD COLUMN why text, ADD COLUMN ref text;
