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
