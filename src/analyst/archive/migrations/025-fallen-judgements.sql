-- What was undone or refused before. Sums that were kept without it are counted again with the others.
SELECT mark_fallen(ARRAY(SELECT feedback_id FROM given_feedback WHERE undo IS NOT NULL
  UNION SELECT feedback_id FROM feedback WHERE undo IS NOT NULL
  UNION SELECT feedback_id FROM feedback_result WHERE outcome <> 'applied'));
LOCK TABLE case_sum IN EXCLUSIVE MODE;
DELETE FROM case_sum;
