-- Few results undo: pages that leave out undone feedback do not look each row up in each day.
CREATE INDEX ON feedback_result (feedback_id, ts) WHERE outcome = 'undone';
