-- concurrently
DROP INDEX CONCURRENTLY IF EXISTS case_alert_uncoded;
CREATE INDEX CONCURRENTLY case_alert_uncoded ON case_alert (ts) WHERE codes IS NULL;
