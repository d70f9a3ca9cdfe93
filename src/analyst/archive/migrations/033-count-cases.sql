-- in steps
SELECT sum_cases(ids) FROM (SELECT array_agg(id) AS ids FROM (
  SELECT DISTINCT coalesce(own.merged_into, own.id) AS id FROM review_case own
  WHERE NOT EXISTS (SELECT FROM case_sender s WHERE s.case_id = coalesce(own.merged_into, own.id))
    AND EXISTS (SELECT FROM case_alert a WHERE a.case_id = own.id AND a.ts > now() - interval '7 days')
  LIMIT 50) missing) step WHERE ids IS NOT NULL;
