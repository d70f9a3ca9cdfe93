-- Locks the cases of alerts that are moved or removed, so that sum_moved and sum_removed, which fire after these triggers by their names,
-- see what a merge at the same time has made of the cases.
CREATE OR REPLACE FUNCTION lock_cases() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM FROM review_case WHERE id IN (SELECT case_id FROM rows_before) ORDER BY id FOR NO KEY UPDATE;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER lock_moved AFTER UPDATE ON case_alert REFERENCING OLD TABLE AS rows_before
  FOR EACH STATEMENT EXECUTE FUNCTION lock_cases();
CREATE OR REPLACE TRIGGER lock_removed AFTER DELETE ON case_alert REFERENCING OLD TABLE AS rows_before
  FOR EACH STATEMENT EXECUTE FUNCTION lock_cases();
