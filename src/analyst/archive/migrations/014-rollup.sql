-- Sums by minute and hour, so that pages over a time read no events. `sigwatch archive` computes an hour, or minutes of it,
-- again when its events change (rollups.ts). No column holds a token or a text of a person.

-- Times whose sums are to be computed: written with the events, in the same transaction.
CREATE TABLE rollup_due (
  -- alert, sender_minute, complaint: what changed. thing_hour, sent_hour: the hours that this changes.
  what text NOT NULL,
  from_ts timestamptz NOT NULL,
  to_ts timestamptz NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON rollup_due (what, from_ts);

-- Messages of all senders by minute.
CREATE TABLE sent_minute (
  ts timestamptz PRIMARY KEY,
  total integer NOT NULL,
  notice integer NOT NULL,
  personal integer NOT NULL,
  marketing integer NOT NULL,
  finance integer NOT NULL,
  fraud integer NOT NULL,
  illicit integer NOT NULL
);

-- Messages of a sender by hour.
CREATE TABLE sender_hour (
  signature text NOT NULL,
  port text NOT NULL,
  ts timestamptz NOT NULL,
  sp text,
  total integer NOT NULL,
  notice integer NOT NULL,
  personal integer NOT NULL,
  marketing integer NOT NULL,
  finance integer NOT NULL,
  fraud integer NOT NULL,
  illicit integer NOT NULL,
  PRIMARY KEY (signature, port, ts)
);
CREATE INDEX ON sender_hour (port, ts);
CREATE INDEX ON sender_hour (sp, ts) WHERE sp IS NOT NULL;
CREATE INDEX ON sender_hour USING brin (ts);

-- Messages by hour of a signature, a port, an enterprise ('': none is given) or of all.
CREATE TABLE sent_hour (
  -- all, signature, port, enterprise
  kind text NOT NULL,
  name text NOT NULL,
  ts timestamptz NOT NULL,
  total integer NOT NULL,
  notice integer NOT NULL,
  personal integer NOT NULL,
  marketing integer NOT NULL,
  finance integer NOT NULL,
  fraud integer NOT NULL,
  illicit integer NOT NULL,
  -- Of a signature, commercial messages a minute: in the busiest one, as is usual, and as declared.
  peak integer,
  usual double precision,
  declared integer,
  PRIMARY KEY (kind, name, ts)
);
CREATE INDEX ON sent_hour (kind, ts) WHERE kind IN ('all', 'enterprise');
CREATE INDEX ON sent_hour (ts) WHERE declared IS NOT NULL;
CREATE INDEX ON sent_hour USING brin (ts);

-- Alerts that were raised in force, by minute and code; code '': whatever their codes.
CREATE TABLE alert_minute (
  ts timestamptz NOT NULL,
  code text NOT NULL,
  n integer NOT NULL,
  blocked integer NOT NULL,
  PRIMARY KEY (ts, code)
);

-- The same by hour, of each thing that they name.
CREATE TABLE thing_hour (
  -- all, signature, port, sender, domain, campaign, brand; forged: a brand, by messages that forge it
  kind text NOT NULL,
  name text NOT NULL,
  ts timestamptz NOT NULL,
  -- '': all of them; a code; of a forged brand `host:<host>` and `port:<port>`
  part text NOT NULL,
  n integer NOT NULL,
  blocked integer NOT NULL,
  -- The newest alerts.
  ids text[] NOT NULL,
  PRIMARY KEY (kind, name, ts, part)
);
CREATE INDEX ON thing_hour (kind, ts) WHERE kind IN ('all', 'forged', 'domain');
CREATE INDEX ON thing_hour USING brin (ts);

-- When a thing was named by an alert first and last.
CREATE TABLE thing (
  kind text NOT NULL,
  name text NOT NULL,
  first_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  PRIMARY KEY (kind, name)
);
CREATE INDEX ON thing (kind, first_at);

-- States as their newest event has them.
CREATE TABLE state_episode (
  state_id text NOT NULL,
  episode bigint NOT NULL,
  revision integer NOT NULL,
  mode text NOT NULL,
  target_kind text NOT NULL,
  target_id text NOT NULL,
  action text NOT NULL,
  severity text NOT NULL,
  codes text[] NOT NULL,
  alert_id text NOT NULL,
  raised_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  -- Null: it is open.
  cleared_at timestamptz,
  PRIMARY KEY (state_id, episode)
);
CREATE INDEX ON state_episode (last_at);
CREATE INDEX ON state_episode (target_kind, target_id, raised_at);
CREATE INDEX ON state_episode (last_at) WHERE cleared_at IS NULL;

-- Complaints by hour and what they name; '': nothing.
CREATE TABLE complaint_hour (
  ts timestamptz NOT NULL,
  signature text NOT NULL,
  port text NOT NULL,
  n integer NOT NULL,
  PRIMARY KEY (ts, signature, port)
);
CREATE INDEX ON complaint_hour (signature, ts) WHERE signature <> '';
CREATE INDEX ON complaint_hour (port, ts) WHERE port <> '';

-- What was archived before.
INSERT INTO rollup_due (what, from_ts, to_ts)
  SELECT what, hour, hour + interval '1 hour' FROM (
    SELECT 'alert' AS what, min(ts) AS first, max(ts) AS last FROM alert
    UNION ALL SELECT 'sender_minute', min(ts), max(ts) FROM sender_minute
    UNION ALL SELECT 'complaint', min(ts), max(ts) FROM complaint) kept,
  generate_series(date_trunc('hour', first, 'UTC'), last, interval '1 hour') AS hour;
