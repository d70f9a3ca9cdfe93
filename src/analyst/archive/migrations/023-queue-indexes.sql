-- concurrently
DROP INDEX CONCURRENTLY IF EXISTS case_alert_sender;
CREATE INDEX CONCURRENTLY case_alert_sender ON case_alert (case_id, sender, ts);
DROP INDEX CONCURRENTLY IF EXISTS case_alert_subject;
CREATE INDEX CONCURRENTLY case_alert_subject ON case_alert (coalesce(state_id, message_id));
DROP INDEX CONCURRENTLY IF EXISTS given_feedback_batch;
CREATE INDEX CONCURRENTLY given_feedback_batch ON given_feedback (batch);
DROP INDEX CONCURRENTLY IF EXISTS review_case_shown;
CREATE INDEX CONCURRENTLY review_case_shown ON review_case (coalesce(merged_into, id));
DROP INDEX CONCURRENTLY IF EXISTS review_case_batch;
CREATE INDEX CONCURRENTLY review_case_batch ON review_case (batch);
ANALYZE review_case, case_alert, given_feedback;
