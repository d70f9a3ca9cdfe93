-- The tenant of a message; null where the record names none. A column without default rewrites no table.
ALTER TABLE alert ADD COLUMN tenant text;
ALTER TABLE verdict ADD COLUMN tenant text;
ALTER TABLE sender_minute ADD COLUMN tenant text;
