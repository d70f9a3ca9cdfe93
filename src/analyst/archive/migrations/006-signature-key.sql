-- The form of a signature under which the service looks its rows up: a name in traditional characters, in other brackets or
-- of another width is the same one. Null: not a signature, or written before there was this column.
ALTER TABLE registry_row ADD COLUMN signature_key text;
CREATE INDEX ON registry_row (signature_key) WHERE signature_key IS NOT NULL;
ALTER TABLE sender_minute ADD COLUMN signature_key text;
