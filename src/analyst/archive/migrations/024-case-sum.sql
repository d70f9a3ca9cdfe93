-- What the queue shows of a case, so that its pages group no alerts. Triggers keep it, in the transaction of the change: archivers
-- and desks of earlier versions, which run on during an upgrade, keep it as well.

-- As in the alert; null in rows that earlier versions write.
ALTER TABLE case_alert ADD COLUMN codes text[], ADD COLUMN in_force boolean;

-- Judgements that do not hold: undone, or refused by the service. After a second refusal the judgement stands; a refused
-- confirmation is a judgement as well.
CREATE TABLE fallen_judgement (
  batch text NOT NULL,
  -- A message or state; '': the whole batch was undone.
  subject text NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (batch, subject)
);
CREATE INDEX ON fallen_judgement (subject);

CREATE TABLE case_sum (
  case_id text NOT NULL,
  -- Of the alerts that need a finding, or of all. The latter is kept only for cases with settled alerts.
  is_open boolean NOT NULL,
  -- Later alerts are counted: seven days, and at most an hour more.
  counted_from timestamptz NOT NULL,
  alerts integer NOT NULL,
  -- Since the finding.
  since integer NOT NULL,
  subjects integer NOT NULL,
  states integer NOT NULL,
  recipients integer NOT NULL,
  senders integer NOT NULL,
  has_masks boolean NOT NULL,
  -- The sum.
  certainty double precision NOT NULL,
  harm double precision NOT NULL,
  worth double precision NOT NULL GENERATED ALWAYS AS (greatest(recipients, 1) * certainty / alerts * harm) STORED,
  first_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  -- The newest alert, and the one whose text is shown.
  alert_id text NOT NULL,
  example_id text NOT NULL,
  -- Number of alerts by code: all, and those in force.
  codes jsonb NOT NULL,
  forced jsonb NOT NULL,
  PRIMARY KEY (case_id, is_open)
) WITH (fillfactor = 70);

-- Alerts with the case that they count towards, and whether they need a finding. A finding settles the cases merged into its
-- case, too.
CREATE VIEW queued_alert AS
  SELECT a.alert_id, a.case_id, a.ts, a.sender, a.to_token, a.message_id, a.state_id, a.certainty, a.harm,
    coalesce(a.state_id, a.message_id) AS subject, coalesce(own.merged_into, own.id) AS shown_id,
    own.settled_until IS NULL OR a.ts > own.settled_until OR EXISTS (SELECT FROM fallen_judgement f
      WHERE f.batch = own.batch AND f.subject IN ('', coalesce(a.state_id, a.message_id))) AS is_open,
    coalesce(a.codes, (SELECT e.codes FROM alert e WHERE e.id = a.alert_id AND e.ts = a.ts)) AS codes,
    coalesce(a.in_force, (SELECT e.mode = 'enforce' FROM alert e WHERE e.id = a.alert_id AND e.ts = a.ts)) AS in_force
  FROM case_alert a JOIN review_case own ON own.id = a.case_id;

CREATE FUNCTION add_counts(a jsonb, b jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(jsonb_object_agg(key, n), '{}') FROM (
    SELECT key, sum(value::integer) AS n FROM (SELECT * FROM jsonb_each_text(a) UNION ALL SELECT * FROM jsonb_each_text(b)) each
    GROUP BY key) summed
$$;

-- Counts cases, or adds alerts to what was counted of them. A value is new to a case if no alert has it but those that are added.
-- Plans are made for the values: that for a case differs from that for added alerts. Compiling such a plan would take seconds.
CREATE FUNCTION sum_cases(cases text[], added text[] DEFAULT NULL) RETURNS void LANGUAGE plpgsql
  SET plan_cache_mode = force_custom_plan SET jit = off AS $$
BEGIN
  IF cases = '{}' THEN RETURN; END IF;
  PERFORM FROM review_case WHERE id = ANY (cases) ORDER BY id FOR NO KEY UPDATE;
  IF added IS NULL THEN
    DELETE FROM case_sum WHERE case_id = ANY (cases);
  END IF;
  INSERT INTO case_sum AS kept (case_id, is_open, counted_from, alerts, since, subjects, states, recipients, senders, has_masks,
    certainty, harm, first_at, last_at, alert_id, example_id, codes, forced)
  WITH shown AS MATERIALIZED (
    SELECT c.id, kind.is_open, c.done_at, coalesce(s.counted_from, now() - interval '7 days') AS counted_from
    FROM review_case c CROSS JOIN (VALUES (true), (false)) kind (is_open)
      LEFT JOIN case_sum s ON s.case_id = c.id AND s.is_open = kind.is_open
    WHERE c.id = ANY (cases) AND (kind.is_open OR c.status = 'done' OR EXISTS (SELECT FROM review_case part
      WHERE coalesce(part.merged_into, part.id) = c.id AND part.settled_until IS NOT NULL))
  ), part AS MATERIALIZED (
    SELECT p.id, shown.id AS shown_id, min(counted_from) AS counted_from FROM shown
      JOIN review_case p ON coalesce(p.merged_into, p.id) = shown.id GROUP BY 1, 2
  ), candidate AS MATERIALIZED (
    -- OFFSET keeps both conditions in one index scan of a case.
    SELECT part.shown_id AS id, a.* FROM part CROSS JOIN LATERAL (
      SELECT * FROM queued_alert a WHERE a.case_id = part.id AND a.ts > part.counted_from OFFSET 0) a
    WHERE added IS NULL
    UNION ALL
    SELECT part.shown_id, a.* FROM queued_alert a JOIN part ON part.id = a.case_id
    WHERE added IS NOT NULL AND a.alert_id = ANY (added)
  ), counted AS MATERIALIZED (
    SELECT shown.is_open AS kind, shown.counted_from, a.ts > shown.done_at AS is_since, a.*
    FROM candidate a JOIN shown USING (id) WHERE a.ts > shown.counted_from AND (a.is_open OR NOT shown.is_open)
  ), base AS (
    SELECT id, kind, counted_from, count(*) AS alerts, count(*) FILTER (WHERE is_since) AS since,
      bool_or(strpos(sender, '*') > 0) AS has_masks, sum(certainty::double precision) AS certainty, max(harm) AS harm,
      min(ts) AS first_at, max(ts) AS last_at, (array_agg(alert_id ORDER BY ts DESC, alert_id))[1] AS alert_id,
      (array_agg(alert_id ORDER BY message_id IS NULL, harm DESC, ts, alert_id))[1] AS example_id
    FROM counted GROUP BY 1, 2, 3
  ), of_recipients AS (
    SELECT id, kind, count(*) AS n FROM (
      SELECT id, kind, counted_from, to_token, count(*) AS n FROM counted WHERE to_token IS NOT NULL GROUP BY 1, 2, 3, 4) own
    WHERE added IS NULL OR own.n = (SELECT count(*) FROM part CROSS JOIN LATERAL (
      SELECT FROM queued_alert a WHERE a.to_token = own.to_token AND a.case_id = part.id AND a.ts > own.counted_from
        AND (a.is_open OR NOT own.kind) LIMIT own.n + 1) found WHERE part.shown_id = own.id)
    GROUP BY 1, 2
  ), of_subjects AS (
    SELECT id, kind, count(*) AS n, count(*) FILTER (WHERE is_state) AS states FROM (
      SELECT id, kind, counted_from, subject, bool_or(state_id IS NOT NULL) AS is_state, count(*) AS n FROM counted
      WHERE subject IS NOT NULL GROUP BY 1, 2, 3, 4) own
    WHERE added IS NULL OR own.n = (SELECT count(*) FROM part CROSS JOIN LATERAL (
      SELECT FROM queued_alert a WHERE a.subject = own.subject AND a.case_id = part.id AND a.ts > own.counted_from
        AND (a.is_open OR NOT own.kind) LIMIT own.n + 1) found WHERE part.shown_id = own.id)
    GROUP BY 1, 2
  ), of_senders AS (
    SELECT id, kind, count(*) AS n FROM (
      SELECT id, kind, counted_from, sender, count(*) AS n FROM counted GROUP BY 1, 2, 3, 4) own
    WHERE added IS NULL OR own.n = (SELECT count(*) FROM part CROSS JOIN LATERAL (
      SELECT FROM queued_alert a WHERE a.sender = own.sender AND a.case_id = part.id AND a.ts > own.counted_from
        AND (a.is_open OR NOT own.kind) LIMIT own.n + 1) found WHERE part.shown_id = own.id)
    GROUP BY 1, 2
  ), of_codes AS (
    SELECT id, kind, jsonb_object_agg(code, n) AS codes, jsonb_object_agg(code, forced) FILTER (WHERE forced > 0) AS forced FROM (
      SELECT id, kind, code, count(*) AS n, count(*) FILTER (WHERE in_force) AS forced
      FROM counted CROSS JOIN unnest(codes) code GROUP BY 1, 2, 3) own
    GROUP BY 1, 2
  )
  SELECT id, kind, counted_from, alerts, since, coalesce(of_subjects.n, 0), coalesce(states, 0), coalesce(of_recipients.n, 0),
    coalesce(of_senders.n, 0), has_masks, certainty, harm, first_at, last_at, alert_id, example_id,
    coalesce(of_codes.codes, '{}'), coalesce(of_codes.forced, '{}')
  FROM base LEFT JOIN of_recipients USING (id, kind) LEFT JOIN of_subjects USING (id, kind)
    LEFT JOIN of_senders USING (id, kind) LEFT JOIN of_codes USING (id, kind)
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

-- Alerts that count: added to the sums of their cases. Cases without sums are counted.
CREATE FUNCTION case_alerts_added() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  ids text[] := ARRAY(SELECT alert_id FROM rows_after WHERE ts > now() - interval '8 days');
  shown text[];
  known text[];
BEGIN
  IF ids = '{}' THEN RETURN NULL; END IF;
  PERFORM FROM review_case WHERE id IN (SELECT case_id FROM rows_after) ORDER BY id FOR NO KEY UPDATE;
  shown := ARRAY(SELECT DISTINCT shown_id FROM queued_alert WHERE alert_id = ANY (ids));
  PERFORM FROM review_case WHERE id = ANY (shown) ORDER BY id FOR NO KEY UPDATE;
  known := ARRAY(SELECT DISTINCT case_id FROM case_sum WHERE case_id = ANY (shown));
  PERFORM sum_cases(ARRAY(SELECT unnest(shown) EXCEPT SELECT unnest(known)));
  PERFORM sum_cases(known, ids);
  RETURN NULL;
END $$;
CREATE TRIGGER sum_added AFTER INSERT ON case_alert REFERENCING NEW TABLE AS rows_after
  FOR EACH STATEMENT EXECUTE FUNCTION case_alerts_added();

CREATE FUNCTION case_alerts_moved() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM sum_cases(ARRAY(SELECT coalesce(merged_into, id) FROM review_case
    WHERE id IN (SELECT case_id FROM rows_before UNION SELECT case_id FROM rows_after)));
  RETURN NULL;
END $$;
CREATE TRIGGER sum_moved AFTER UPDATE ON case_alert REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after
  FOR EACH STATEMENT EXECUTE FUNCTION case_alerts_moved();

CREATE FUNCTION case_alerts_removed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM sum_cases(ARRAY(SELECT DISTINCT s.case_id FROM rows_before a JOIN review_case own ON own.id = a.case_id
    JOIN case_sum s ON s.case_id = coalesce(own.merged_into, own.id) AND a.ts > s.counted_from));
  RETURN NULL;
END $$;
CREATE TRIGGER sum_removed AFTER DELETE ON case_alert REFERENCING OLD TABLE AS rows_before
  FOR EACH STATEMENT EXECUTE FUNCTION case_alerts_removed();

-- Findings, undos and merges.
CREATE FUNCTION review_cases_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  ids text[] := ARRAY(SELECT DISTINCT unnest(ARRAY[coalesce(o.merged_into, id), coalesce(n.merged_into, id)])
    FROM rows_before o JOIN rows_after n USING (id)
    WHERE (o.settled_until, o.batch, o.merged_into, o.done_at, o.status = 'done')
      IS DISTINCT FROM (n.settled_until, n.batch, n.merged_into, n.done_at, n.status = 'done'));
BEGIN
  PERFORM sum_cases(ids);
  RETURN NULL;
END $$;
CREATE TRIGGER sum_changed AFTER UPDATE ON review_case REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after
  FOR EACH STATEMENT EXECUTE FUNCTION review_cases_changed();

-- Ids of feedback or of a batch that were undone, unless the service refused that.
CREATE FUNCTION is_undone(undone_id text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM (
      SELECT feedback_id FROM given_feedback WHERE undo = undone_id
      UNION ALL SELECT feedback_id FROM feedback WHERE undo = undone_id) u
    LEFT JOIN feedback_result r USING (feedback_id) WHERE r.outcome IS DISTINCT FROM 'refused')
$$;

-- Finds which judgements do not hold, by the ids of undos and of feedback with new results. Returns batches that this affects.
CREATE FUNCTION mark_fallen(ids text[]) RETURNS text[] LANGUAGE plpgsql
  SET plan_cache_mode = force_custom_plan SET jit = off AS $$
DECLARE
  undone text[] := ARRAY(SELECT undo FROM given_feedback WHERE feedback_id = ANY (ids) AND undo IS NOT NULL
    UNION SELECT undo FROM feedback WHERE feedback_id = ANY (ids) AND undo IS NOT NULL);
  subjects text[] := ARRAY(SELECT DISTINCT coalesce(state_id, message_id) FROM given_feedback
    WHERE feedback_id = ANY (ids || undone) AND coalesce(state_id, message_id) IS NOT NULL);
BEGIN
  DELETE FROM fallen_judgement WHERE subject = ANY (subjects) OR (subject = '' AND batch = ANY (undone));
  INSERT INTO fallen_judgement (batch, subject)
    SELECT id, '' FROM unnest(undone) id WHERE is_undone(id)
    UNION
    SELECT g.batch, coalesce(g.state_id, g.message_id) FROM given_feedback g
    WHERE (g.state_id = ANY (subjects) OR g.message_id = ANY (subjects)) AND g.batch IS NOT NULL AND (is_undone(g.feedback_id)
      OR EXISTS (SELECT FROM feedback_result r WHERE r.feedback_id = g.feedback_id AND r.outcome <> 'applied'
        AND NOT (r.outcome = 'refused' AND (g.verdict = 'confirmed' OR EXISTS (
          SELECT FROM given_feedback e JOIN feedback_result before USING (feedback_id)
          WHERE (e.state_id = g.state_id OR e.message_id = g.message_id) AND e.verdict = g.verdict AND e.ts < g.ts
            AND before.outcome = 'refused')))))
    ON CONFLICT DO NOTHING;
  RETURN undone || ARRAY(SELECT DISTINCT batch FROM given_feedback
    WHERE (state_id = ANY (subjects) OR message_id = ANY (subjects)) AND batch IS NOT NULL);
END $$;

CREATE FUNCTION judge_feedback(ids text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  batches text[];
BEGIN
  IF ids = '{}' THEN RETURN; END IF;
  batches := mark_fallen(ids);
  PERFORM sum_cases(ARRAY(SELECT DISTINCT coalesce(merged_into, id) FROM review_case WHERE batch = ANY (batches)));
END $$;

CREATE FUNCTION feedback_undone() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  ids text[] := ARRAY(SELECT feedback_id FROM rows_after WHERE undo IS NOT NULL);
BEGIN
  PERFORM judge_feedback(ids);
  RETURN NULL;
END $$;
CREATE TRIGGER sum_undone AFTER INSERT ON given_feedback REFERENCING NEW TABLE AS rows_after
  FOR EACH STATEMENT EXECUTE FUNCTION feedback_undone();
CREATE TRIGGER sum_undone AFTER INSERT ON feedback REFERENCING NEW TABLE AS rows_after
  FOR EACH STATEMENT EXECUTE FUNCTION feedback_undone();

CREATE FUNCTION feedback_answered() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  ids text[] := ARRAY(SELECT feedback_id FROM rows_after WHERE outcome <> 'applied');
BEGIN
  PERFORM judge_feedback(ids);
  RETURN NULL;
END $$;
CREATE TRIGGER sum_answered AFTER INSERT ON feedback_result REFERENCING NEW TABLE AS rows_after
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
