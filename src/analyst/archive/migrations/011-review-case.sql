-- Alerts that wait for a judgement, grouped into cases. No text of a person: recipients are tokens, comments are redacted.
CREATE TABLE review_case (
  id text PRIMARY KEY,
  -- What its first alert was grouped by: campaign, domain, template, brand, code, or the kind of a target.
  grouped_by text NOT NULL,
  name text NOT NULL,
  -- stranger: senders that are not filed for what they claim to be; filed: others.
  standing text NOT NULL,
  owner text,
  -- open, waiting, done
  status text NOT NULL DEFAULT 'open',
  finding text,
  done_by text,
  done_at timestamptz,
  -- Alerts up to then are settled by the finding; later ones open the case again.
  settled_until timestamptz,
  -- Of the feedback that settled it.
  batch text
);

CREATE TABLE case_alert (
  alert_id text PRIMARY KEY,
  case_id text NOT NULL,
  ts timestamptz NOT NULL,
  -- <signature>@<port>
  sender text NOT NULL,
  to_token text,
  message_id text,
  state_id text,
  -- Of the alert, 0 to 1, and how much harm its kind does.
  certainty real NOT NULL,
  harm real NOT NULL
);
CREATE INDEX ON case_alert (case_id, ts);
CREATE INDEX ON case_alert (ts);
CREATE INDEX ON case_alert (to_token);

-- What later alerts are recognised by: bands of templates, domains, campaigns.
CREATE TABLE case_feature (
  feature text PRIMARY KEY,
  case_id text NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);

-- Senders that were split off from a case, for their later alerts.
CREATE TABLE case_route (
  from_case text NOT NULL,
  sender text NOT NULL,
  to_case text NOT NULL,
  PRIMARY KEY (from_case, sender)
);

CREATE TABLE case_event (
  case_id text NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  who text NOT NULL,
  -- took, gave, commented, waits, opened, judged, undid, split
  what text NOT NULL,
  text text NOT NULL DEFAULT ''
);
CREATE INDEX ON case_event (case_id, at);
