-- The sums of a case by sender, which its page shows, and the functions and triggers that keep all sums of cases. Cases that earlier
-- versions counted have no such sums yet: they are counted when they change, or by 033.
CREATE TABLE case_sender (
  case_id text NOT NULL,
  -- As in case_sum.
  is_open boolean NOT NULL,
  sender text NOT NULL,
  alerts integer NOT NULL,
  recipients integer NOT NULL,
  -- The alert whose text is shown.
  example_id text NOT NULL,
  -- Number of alerts by code: all, and those in force.
  codes jsonb NOT NULL,
  forced jsonb NOT NULL,
  PRIMARY KEY (case_id, is_open, sender)
) WITH (fillfactor = 70);
CREATE INDEX ON case_sender (case_id, is_open, alerts DESC, sender);

DROP FUNCTION IF EXISTS sum_cases(text[], text[]), mark_fallen(text[]);
CREATE OR REPLACE FUNCTION add_counts(a jsonb, b jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(jsonb_object_agg(key, n), '{}') FROM (
    SELECT key, sum(value::integer) AS n FROM (SELECT * FROM jsonb_each_text(a) UNION ALL SELECT * FROM jsonb_each_text(b)) each
    GROUP BY key) summed
$$;

-- Counts cases, or adds alerts to what was counted of them: new ones, or with `opened` those that need a finding again. A value is
-- new to a case if no alert has it but those that are added; recipients are also counted for each sender.
-- Plans are made for the values: that for a case differs from that for added alerts. Compiling such a plan would take seconds, and a
-- bitmap would hold all alerts of a case or recipient where the first few tell.
CREATE OR REPLACE FUNCTION sum_cases(cases text[], added text[] DEFAULT NULL, opened boolean DEFAULT false) RETURNS void LANGUAGE plpgsql
  SET plan_cache_mode = force_custom_plan SET jit = off SET enable_bitmapscan = off AS $$
BEGIN
  IF cases = '{}' OR added = '{}' THEN RETURN; END IF;
  PERFORM FROM review_case WHERE id = ANY (cases) ORDER BY id FOR NO KEY UPDATE;
  IF added IS NULL THEN
    DELETE FROM case_sum WHERE case_id = ANY (cases);
    DELETE FROM case_sender WHERE case_id = ANY (cases);
  END IF;
  WITH shown AS MATERIALIZED (
    SELECT c.id, kind.is_open, c.done_at, coalesce(s.counted_from, now() - interval '7 days') AS counted_from
    FROM review_case c CROSS JOIN (VALUES (true), (false)) kind (is_open)
      LEFT JOIN case_sum s ON s.case_id = c.id AND s.is_open = kind.is_open
    WHERE c.id = ANY (cases) AND (kind.is_open OR NOT opened AND (c.status = 'done' OR EXISTS (SELECT FROM review_case part
      WHERE coalesce(part.merged_into, part.id) = c.id AND part.settled_until IS NOT NULL)))
  ), part AS MATERIALIZED (
    SELECT p.id, shown.id AS shown_id, min(counted_from) AS counted_from FROM shown
      JOIN review_case p ON coalesce(p.merged_into, p.id) = shown.id GROUP BY 1, 2
  ), candidate AS MATERIALIZED (
    -- OFFSET keeps both conditions in one index scan of a case.
    SELECT part.shown_id AS id, a.* FROM part CROSS JOIN LATERAL (
      SELECT * FROM queued_alert a WHERE a.case_id = part.id AND a.ts > part.counted_from OFFSET 0) a
    WHERE added IS NULL
    UNION ALL
    SELECT part.shown_id, a.* FROM (
      SELECT * FROM queued_alert a WHERE added IS NOT NULL AND a.alert_id = ANY (added) OFFSET 0) a JOIN part ON part.id = a.case_id
  ), counted AS MATERIALIZED (
    SELECT shown.is_open AS kind, shown.counted_from, a.ts > shown.done_at AS is_since, a.*
    FROM candidate a JOIN shown USING (id) WHERE a.ts > shown.counted_from AND (a.is_open OR NOT shown.is_open)
  ), base AS (
    SELECT id, kind, counted_from, count(*) AS alerts, count(*) FILTER (WHERE is_since) AS since,
      bool_or(strpos(sender, '*') > 0) AS has_masks, sum(certainty::double precision) AS certainty, max(harm) AS harm,
      min(ts) AS first_at, max(ts) AS last_at, (array_agg(alert_id ORDER BY ts DESC, alert_id))[1] AS alert_id,
      (array_agg(alert_id ORDER BY message_id IS NULL, harm DESC, ts, alert_id))[1] AS example_id
    FROM counted GROUP BY 1, 2, 3
  ), fresh AS (
    SELECT id, kind, sender, count(recipient) AS recipients, count(subject) AS subjects, count(*) FILTER (WHERE is_state) AS states FROM (
      SELECT id, kind, counted_from, v.*, bool_or(v.subject IS NOT NULL AND state_id IS NOT NULL) AS is_state, count(*) AS n
      FROM counted CROSS JOIN LATERAL (VALUES (NULL, to_token, NULL), (NULL, NULL, subject), (sender, to_token, NULL)) v (sender, recipient, subject)
      WHERE num_nonnulls(v.recipient, v.subject) > 0 GROUP BY 1, 2, 3, v.sender, v.recipient, v.subject) own
    WHERE added IS NULL OR own.n = (SELECT count(*) FROM (
      SELECT FROM (SELECT * FROM queued_alert WHERE to_token = own.recipient UNION ALL SELECT * FROM queued_alert WHERE subject = own.subject) a
      WHERE a.shown_id = own.id AND a.sender = coalesce(own.sender, a.sender) AND a.ts > own.counted_from AND (a.is_open OR NOT own.kind)
      LIMIT own.n + 1) found)
    GROUP BY 1, 2, 3
  ), coded AS MATERIALIZED (
    SELECT id, kind, sender, code, count(*) AS n, count(*) FILTER (WHERE in_force) AS forced
    FROM counted CROSS JOIN unnest(codes) code GROUP BY 1, 2, 3, 4
  ), of_senders AS (
    SELECT id, kind, sender, jsonb_object_agg(code, n) AS codes, jsonb_object_agg(code, forced) FILTER (WHERE forced > 0) AS forced
    FROM coded GROUP BY 1, 2, 3
  ), of_codes AS (
    SELECT id, kind, jsonb_object_agg(code, n) AS codes, jsonb_object_agg(code, forced) FILTER (WHERE forced > 0) AS forced
    FROM (SELECT id, kind, code, sum(n) AS n, sum(forced) AS forced FROM coded GROUP BY 1, 2, 3) own GROUP BY 1, 2
  ), by_sender AS MATERIALIZED (
    SELECT id, kind, sender, count(*) AS alerts, (array_agg(alert_id ORDER BY message_id IS NULL, harm DESC, ts, alert_id))[1] AS example_id
    FROM counted GROUP BY 1, 2, 3
  ), kept_senders AS (
    INSERT INTO case_sender AS kept (case_id, is_open, sender, alerts, recipients, example_id, codes, forced)
    SELECT id, kind, sender, alerts, coalesce(recipients, 0), example_id, coalesce(codes, '{}'), coalesce(forced, '{}')
    FROM by_sender LEFT JOIN fresh USING (id, kind, sender) LEFT JOIN of_senders USING (id, kind, sender)
    ON CONFLICT (case_id, is_open, sender) DO UPDATE SET
      alerts = kept.alerts + excluded.alerts, recipients = kept.recipients + excluded.recipients,
      example_id = (SELECT a.alert_id FROM case_alert a WHERE a.alert_id IN (kept.example_id, excluded.example_id)
        ORDER BY message_id IS NULL, harm DESC, ts, alert_id LIMIT 1),
      codes = add_counts(kept.codes, excluded.codes), forced = add_counts(kept.forced, excluded.forced)
    RETURNING case_id AS id, is_open AS kind, sender, alerts
  ), new_senders AS (
    -- A sender whose alerts were all added is new.
    SELECT id, kind, count(*) AS n FROM kept_senders JOIN by_sender USING (id, kind, sender, alerts) GROUP BY 1, 2
  )
  INSERT INTO case_sum AS kept (case_id, is_open, counted_from, alerts, since, subjects, states, recipients, senders, has_masks,
    certainty, harm, first_at, last_at, alert_id, example_id, codes, forced)
  SELECT id, kind, counted_from, alerts, since, coalesce(subjects, 0), coalesce(states, 0), coalesce(recipients, 0),
    coalesce(new_senders.n, 0), has_masks, certainty, harm, first_at, last_at, alert_id, example_id,
    coalesce(of_codes.codes, '{}'), coalesce(of_codes.forced, '{}')
  FROM base LEFT JOIN (SELECT * FROM fresh WHERE sender IS NULL) own USING (id, kind) LEFT JOIN new_senders USING (id, kind)
    LEFT JOIN of_codes USING (id, kind)
  ON CONFLICT (case_id, is_open) DO UPDATE SET
    alerts = kept.alerts + excluded.alerts, since = kept.since + excluded.since, subjects = kept.subjects + excluded.subjects,
    states = kept.states + excluded.states, recipients = kept.recipients + excluded.recipients,
    senders = kept.senders + excluded.senders, has_masks = kept.has_masks OR excluded.has_masks,
    certainty = kept.certainty + excluded.certainty, harm = greatest(kept.harm, excluded.harm),
    first_at = least(kept.first_at, excluded.first_at), last_at = greatest(kept.last_at, excluded.last_at),
    alert_id = (SELECT a.alert_id FROM case_alert a WHERE a.alert_id IN (kept.alert_id, excluded.alert_id)
      ORDER BY ts DESC, alert_id LIMIT 1),
    example_id = (SELECT a.alert_id FROM case_alert a WHERE a.alert_id IN (kept.example_id, excluded.example_id)
      ORDER BY message_id IS NULL, harm DESC, ts, alert_id LIMIT 1),
    codes = add_counts(kept.codes, excluded.codes), forced = add_counts(kept.forced, excluded.forced);
END $$;

-- Alerts that count: added to the sums of their cases. Cases without sums are counted. Archivers of earlier versions write no codes.
CREATE OR REPLACE FUNCTION case_alerts_added() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  ids text[] := ARRAY(SELECT alert_id FROM rows_after WHERE ts > now() - interval '8 days');
  shown text[];
  known text[];
BEGIN
  IF ids = '{}' THEN RETURN NULL; END IF;
  IF EXISTS (SELECT FROM rows_after WHERE codes IS NULL) THEN
    UPDATE case_alert a SET codes = e.codes, in_force = e.mode = 'enforce'
    FROM rows_after n CROSS JOIN LATERAL (SELECT * FROM alert e WHERE e.id = n.alert_id AND e.ts = n.ts OFFSET 0) e
    WHERE a.alert_id = n.alert_id AND n.codes IS NULL;
  END IF;
  PERFORM FROM review_case WHERE id IN (SELECT case_id FROM rows_after) ORDER BY id FOR NO KEY UPDATE;
  shown := ARRAY(SELECT DISTINCT shown_id FROM queued_alert WHERE alert_id = ANY (ids));
  PERFORM FROM review_case WHERE id = ANY (shown) ORDER BY id FOR NO KEY UPDATE;
  known := ARRAY(SELECT id FROM unnest(shown) id WHERE EXISTS (SELECT FROM case_sender s WHERE s.case_id = id));
  PERFORM sum_cases(ARRAY(SELECT unnest(shown) EXCEPT SELECT unnest(known)));
  PERFORM sum_cases(known, ids);
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER sum_added AFTER INSERT ON case_alert REFERENCING NEW TABLE AS rows_after
  FOR EACH STATEMENT EXECUTE FUNCTION case_alerts_added();

-- Codes that are filled in change no sum: they were counted as in the alert.
CREATE OR REPLACE FUNCTION case_alerts_moved() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM sum_cases(ARRAY(SELECT DISTINCT coalesce(merged_into, id) FROM review_case WHERE id IN (
    SELECT unnest(ARRAY[o.case_id, n.case_id]) FROM rows_before o FULL JOIN rows_after n USING (alert_id)
    WHERE (o.case_id, o.ts, o.sender, o.to_token, o.message_id, o.state_id, o.certainty, o.harm)
        IS DISTINCT FROM (n.case_id, n.ts, n.sender, n.to_token, n.message_id, n.state_id, n.certainty, n.harm)
      OR o.codes IS NOT NULL AND (o.codes, o.in_force) IS DISTINCT FROM (n.codes, n.in_force))));
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER sum_moved AFTER UPDATE ON case_alert REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after
  FOR EACH STATEMENT EXECUTE FUNCTION case_alerts_moved();

CREATE OR REPLACE FUNCTION case_alerts_removed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM sum_cases(ARRAY(SELECT DISTINCT s.case_id FROM rows_before a JOIN review_case own ON own.id = a.case_id
    JOIN case_sum s ON s.case_id = coalesce(own.merged_into, own.id) AND a.ts > s.counted_from));
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sum_removed AFTER DELETE ON case_alert REFERENCING OLD TABLE AS rows_before
  FOR EACH STATEMENT EXECUTE FUNCTION case_alerts_removed();

-- Findings, undos and merges.
CREATE OR REPLACE FUNCTION review_cases_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  ids text[] := ARRAY(SELECT DISTINCT unnest(ARRAY[coalesce(o.merged_into, id), coalesce(n.merged_into, id)])
    FROM rows_before o JOIN rows_after n USING (id)
    WHERE (o.settled_until, o.batch, o.merged_into, o.done_at, o.status = 'done')
      IS DISTINCT FROM (n.settled_until, n.batch, n.merged_into, n.done_at, n.status = 'done'));
BEGIN
  PERFORM sum_cases(ids);
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sum_changed AFTER UPDATE ON review_case REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after
  FOR EACH STATEMENT EXECUTE FUNCTION review_cases_changed();

-- Ids of feedback or of a batch that were undone, unless the service refused that.
CREATE OR REPLACE FUNCTION is_undone(undone_id text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM (
      SELECT feedback_id FROM given_feedback WHERE undo = undone_id
      UNION ALL SELECT feedback_id FROM feedback WHERE undo = undone_id) u
    LEFT JOIN feedback_result r USING (feedback_id) WHERE r.outcome IS DISTINCT FROM 'refused')
$$;

-- Finds which judgements do not hold, by the ids of undos and of feedback with new results. Of judgements that fell, the alerts that
-- they had settled are added; cases of which one holds again, or all fell, are counted.
CREATE OR REPLACE FUNCTION judge_feedback(ids text[]) RETURNS void LANGUAGE plpgsql
  SET plan_cache_mode = force_custom_plan SET jit = off AS $$
DECLARE
  undone text[] := ARRAY(SELECT undo FROM given_feedback WHERE feedback_id = ANY (ids) AND undo IS NOT NULL
    UNION SELECT undo FROM feedback WHERE feedback_id = ANY (ids) AND undo IS NOT NULL);
  subjects text[] := ARRAY(SELECT DISTINCT coalesce(state_id, message_id) FROM given_feedback
    WHERE feedback_id = ANY (ids || undone) AND coalesce(state_id, message_id) IS NOT NULL);
  whole text[];
  batches text[];
  fallen text[];
  counted text[];
  shown text[];
  open_again text[];
BEGIN
  IF ids = '{}' THEN RETURN; END IF;
  WITH fell AS MATERIALIZED (
    SELECT id AS batch, '' AS subject FROM unnest(undone) id WHERE is_undone(id)
    UNION
    SELECT g.batch, coalesce(g.state_id, g.message_id) FROM given_feedback g
    WHERE (g.state_id = ANY (subjects) OR g.message_id = ANY (subjects)) AND g.batch IS NOT NULL AND (is_undone(g.feedback_id)
      OR EXISTS (SELECT FROM feedback_result r WHERE r.feedback_id = g.feedback_id AND r.outcome <> 'applied'
        AND NOT (r.outcome = 'refused' AND (g.verdict = 'confirmed' OR EXISTS (
          SELECT FROM given_feedback e JOIN feedback_result before USING (feedback_id)
          WHERE (e.state_id = g.state_id OR e.message_id = g.message_id) AND e.verdict = g.verdict AND e.ts < g.ts
            AND before.outcome = 'refused')))))
  ), risen AS (
    DELETE FROM fallen_judgement f WHERE (subject = ANY (subjects) OR (subject = '' AND batch = ANY (undone)))
      AND NOT EXISTS (SELECT FROM fell WHERE fell.batch = f.batch AND fell.subject = f.subject) RETURNING batch
  ), entered AS (
    INSERT INTO fallen_judgement (batch, subject) SELECT * FROM fell ORDER BY 1, 2 ON CONFLICT DO NOTHING RETURNING batch, subject
  )
  SELECT ARRAY(SELECT batch FROM risen UNION SELECT batch FROM entered WHERE subject = ''),
    array_agg(batch ORDER BY batch, subject), array_agg(subject ORDER BY batch, subject) INTO whole, batches, fallen FROM entered WHERE subject <> '';
  PERFORM FROM review_case WHERE batch = ANY (whole || batches) ORDER BY id FOR NO KEY UPDATE;
  shown := ARRAY(SELECT DISTINCT coalesce(merged_into, id) FROM review_case WHERE batch = ANY (whole || batches));
  PERFORM FROM review_case WHERE id = ANY (shown) ORDER BY id FOR NO KEY UPDATE;
  counted := ARRAY(SELECT coalesce(merged_into, id) FROM review_case WHERE batch = ANY (whole)
    UNION SELECT id FROM unnest(shown) id WHERE NOT EXISTS (SELECT FROM case_sender s WHERE s.case_id = id));
  shown := ARRAY(SELECT unnest(shown) EXCEPT SELECT unnest(counted));
  open_again := ARRAY(SELECT DISTINCT a.alert_id FROM unnest(batches, fallen) AS said (batch, subject)
    JOIN review_case own ON own.batch = said.batch JOIN case_alert a ON a.case_id = own.id
    WHERE coalesce(a.state_id, a.message_id) = said.subject AND a.ts <= own.settled_until
      AND NOT EXISTS (SELECT FROM fallen_judgement f WHERE f.batch = own.batch AND f.subject = ''));
  PERFORM sum_cases(counted);
  PERFORM sum_cases(shown, open_again, true);
END $$;

CREATE OR REPLACE FUNCTION feedback_undone() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  ids text[] := ARRAY(SELECT feedback_id FROM rows_after WHERE undo IS NOT NULL);
BEGIN
  PERFORM judge_feedback(ids);
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sum_undone AFTER INSERT ON given_feedback REFERENCING NEW TABLE AS rows_after
  FOR EACH STATEMENT EXECUTE FUNCTION feedback_undone();
CREATE OR REPLACE TRIGGER sum_undone AFTER INSERT ON feedback REFERENCING NEW TABLE AS rows_after
  FOR EACH STATEMENT EXECUTE FUNCTION feedback_undone();

CREATE OR REPLACE FUNCTION feedback_answered() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  -- An undo that was refused before may be applied.
  ids text[] := ARRAY(SELECT feedback_id FROM rows_after WHERE outcome <> 'applied' OR feedback_id IN (
    SELECT feedback_id FROM given_feedback WHERE undo IS NOT NULL
    UNION ALL SELECT feedback_id FROM feedback WHERE undo IS NOT NULL AND ts > now() - interval '8 days'));
BEGIN
  PERFORM judge_feedback(ids);
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sum_answered AFTER INSERT ON feedback_result REFERENCING NEW TABLE AS rows_after
  FOR EACH STATEMENT EXECUTE FUNCTION feedback_answered();

-- Temporary tables of a caller must not take the place of these, as the functions run with the rights of their owner.
DO $$
DECLARE
  own regprocedure;
BEGIN
  FOR own IN SELECT oid FROM pg_proc WHERE prosecdef AND pronamespace = current_schema()::regnamespace
      AND proname IN ('case_alerts_added', 'case_alerts_moved', 'case_alerts_removed', 'review_cases_changed', 'feedback_undone', 'feedback_answered')
  LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = %s, pg_temp', own, current_setting('search_path'));
  END LOOP;
END $$;
