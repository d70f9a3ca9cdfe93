-- What was undone or refused before there were triggers.
SELECT judge_feedback(ARRAY(SELECT feedback_id FROM given_feedback WHERE undo IS NOT NULL
  UNION SELECT feedback_id FROM feedback WHERE undo IS NOT NULL
  UNION SELECT feedback_id FROM feedback_result WHERE outcome <> 'applied'));
