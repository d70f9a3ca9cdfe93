-- in steps
UPDATE case_alert a SET codes = known.codes, in_force = known.mode = 'enforce' FROM (
  SELECT u.alert_id, e.codes, e.mode FROM case_alert u
    CROSS JOIN LATERAL (SELECT codes, mode FROM alert e WHERE e.id = u.alert_id AND e.ts = u.ts OFFSET 0) e
  WHERE u.codes IS NULL AND u.ts > now() - interval '8 days' LIMIT 5000) known
WHERE a.alert_id = known.alert_id
