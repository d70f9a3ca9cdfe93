-- Refuses rows from versions before 038 once a person is erased: they would archive late records about that person.
CREATE OR REPLACE FUNCTION refuse_earlier_writer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('sigwatch.without_erased', true) = 'on' THEN RETURN NULL; END IF;
  -- The lock of erased-rows.ts: rows are inserted before an erasure, or see it.
  PERFORM pg_advisory_xact_lock_shared(7446284931);
  IF EXISTS (SELECT FROM erased_id) THEN
    RAISE EXCEPTION 'a person was erased with a later version of sigwatch, and this version would archive late records about them: upgrade it';
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER refuse_earlier_writer BEFORE INSERT ON alert EXECUTE FUNCTION refuse_earlier_writer();
CREATE OR REPLACE TRIGGER refuse_earlier_writer BEFORE INSERT ON verdict EXECUTE FUNCTION refuse_earlier_writer();
CREATE OR REPLACE TRIGGER refuse_earlier_writer BEFORE INSERT ON enforcement EXECUTE FUNCTION refuse_earlier_writer();
CREATE OR REPLACE TRIGGER refuse_earlier_writer BEFORE INSERT ON feedback EXECUTE FUNCTION refuse_earlier_writer();
