-- concurrently
DROP INDEX CONCURRENTLY IF EXISTS thing_hour_whole;
CREATE INDEX CONCURRENTLY thing_hour_whole ON thing_hour (kind, ts) WHERE part = '' AND kind = 'forged';
DROP INDEX CONCURRENTLY IF EXISTS alert_minute_whole;
CREATE INDEX CONCURRENTLY alert_minute_whole ON alert_minute (ts) WHERE code = '';
DROP INDEX CONCURRENTLY IF EXISTS sender_hour_sent;
CREATE INDEX CONCURRENTLY sender_hour_sent ON sender_hour (signature, port, ts) INCLUDE (sp, total);
DROP INDEX CONCURRENTLY IF EXISTS sender_hour_by_port;
CREATE INDEX CONCURRENTLY sender_hour_by_port ON sender_hour (port, ts) INCLUDE (sp, total);
DROP INDEX CONCURRENTLY IF EXISTS sender_hour_port_ts_idx;
DROP INDEX CONCURRENTLY IF EXISTS given_feedback_target;
CREATE INDEX CONCURRENTLY given_feedback_target ON given_feedback (target) WHERE target IS NOT NULL
