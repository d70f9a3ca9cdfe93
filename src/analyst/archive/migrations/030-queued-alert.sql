-- All alerts that the queue shows have their codes now, so that no page plans for all days of alerts.
CREATE OR REPLACE VIEW queued_alert AS
  SELECT a.alert_id, a.case_id, a.ts, a.sender, a.to_token, a.message_id, a.state_id, a.certainty, a.harm,
    coalesce(a.state_id, a.message_id) AS subject, coalesce(own.merged_into, own.id) AS shown_id,
    own.settled_until IS NULL OR a.ts > own.settled_until OR EXISTS (SELECT FROM fallen_judgement f
      WHERE f.batch = own.batch AND f.subject IN ('', coalesce(a.state_id, a.message_id))) AS is_open,
    a.codes, a.in_force
  FROM case_alert a JOIN review_case own ON own.id = a.case_id;
