-- What `sigwatch archive` keeps. Tables of events have a partition a day (UTC), which is dropped whole when it is old.
-- No column holds a number or a text of a person in clear: recipients are masked and tokenised as in alerts.

CREATE TABLE alert (
  id text NOT NULL,
  -- Event time.
  ts timestamptz NOT NULL,
  mode text NOT NULL,
  -- raised, updated, cleared
  type text NOT NULL,
  target_kind text NOT NULL,
  target_id text NOT NULL,
  action text NOT NULL,
  severity text NOT NULL,
  score double precision NOT NULL,
  label text,
  codes text[] NOT NULL,
  state_id text,
  episode bigint,
  revision integer,
  message_id text,
  message_ts timestamptz,
  signature text,
  port text,
  to_token text,
  domains text[] NOT NULL,
  campaign text,
  model text NOT NULL,
  policy text NOT NULL,
  registry text NOT NULL,
  degraded boolean NOT NULL,
  late boolean NOT NULL,
  -- The event as it was published.
  event jsonb NOT NULL,
  PRIMARY KEY (id, ts)
) PARTITION BY RANGE (ts);
CREATE INDEX ON alert (ts);
CREATE INDEX ON alert (target_kind, target_id, ts);
CREATE INDEX ON alert (message_id);
CREATE INDEX ON alert (state_id, episode, revision);
CREATE INDEX ON alert (signature, ts);
CREATE INDEX ON alert (port, ts);
CREATE INDEX ON alert (to_token);
CREATE INDEX ON alert USING gin (domains);

CREATE TABLE verdict (
  id text NOT NULL,
  -- When it was decided.
  ts timestamptz NOT NULL,
  action text NOT NULL,
  label text NOT NULL,
  score double precision NOT NULL,
  codes text[] NOT NULL,
  states text[] NOT NULL,
  campaign text,
  degraded boolean NOT NULL,
  late boolean NOT NULL,
  partial boolean NOT NULL,
  -- One of the sample of verdicts without an action, and which share of them the sample was.
  sampled boolean NOT NULL,
  share double precision NOT NULL,
  findings jsonb,
  ext jsonb,
  PRIMARY KEY (id, ts)
) PARTITION BY RANGE (ts);
CREATE INDEX ON verdict (ts);
CREATE INDEX ON verdict (campaign, ts);

CREATE TABLE sender_minute (
  -- Beginning of the minute, event time.
  ts timestamptz NOT NULL,
  signature text NOT NULL,
  port text NOT NULL,
  sp text,
  total integer NOT NULL,
  notice integer NOT NULL,
  personal integer NOT NULL,
  marketing integer NOT NULL,
  finance integer NOT NULL,
  fraud integer NOT NULL,
  illicit integer NOT NULL,
  baseline_mean double precision,
  baseline_sd double precision,
  declared integer,
  PRIMARY KEY (signature, port, ts)
) PARTITION BY RANGE (ts);
CREATE INDEX ON sender_minute (ts);

CREATE TABLE feedback (
  id text NOT NULL,
  ts timestamptz NOT NULL,
  state_id text,
  message_id text,
  target text,
  codes text[],
  verdict text NOT NULL,
  until timestamptz,
  by text NOT NULL,
  note text,
  PRIMARY KEY (id, ts)
) PARTITION BY RANGE (ts);
CREATE INDEX ON feedback (ts);
CREATE INDEX ON feedback (message_id);
CREATE INDEX ON feedback (state_id);

CREATE TABLE enforcement (
  id text NOT NULL,
  ts timestamptz NOT NULL,
  message_id text NOT NULL,
  state_id text,
  action text NOT NULL,
  by text NOT NULL,
  PRIMARY KEY (id, ts)
) PARTITION BY RANGE (ts);
CREATE INDEX ON enforcement (ts);
CREATE INDEX ON enforcement (message_id);

CREATE TABLE complaint (
  id text NOT NULL,
  ts timestamptz NOT NULL,
  port text,
  signature text,
  to_token text,
  -- Masked.
  recipient text,
  -- Redacted.
  text text,
  source text NOT NULL,
  category text,
  PRIMARY KEY (id, ts)
) PARTITION BY RANGE (ts);
CREATE INDEX ON complaint (ts);
CREATE INDEX ON complaint (to_token);

-- What stands behind the hashes that alerts name; kept for good.
CREATE TABLE version (
  hash text NOT NULL,
  kind text NOT NULL,
  content jsonb,
  card jsonb,
  first_at timestamptz NOT NULL,
  PRIMARY KEY (hash, kind)
);

-- How far each partition of a topic has been archived: written in the transaction of its rows.
CREATE TABLE input_offset (
  topic text NOT NULL,
  partition integer NOT NULL,
  -- Which log of that name, where the brokers tell.
  topic_id text,
  next bigint NOT NULL,
  PRIMARY KEY (topic, partition)
);

-- Records that cannot be archived, by their place; never their content.
CREATE TABLE refused (
  topic text NOT NULL,
  partition integer NOT NULL,
  "offset" bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  reason text NOT NULL,
  PRIMARY KEY (topic, partition, "offset")
);

-- Which tokens were erased, by a hash of the token, to be erased again after a backup was restored.
CREATE TABLE erasure (
  token_hash text NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  rows integer NOT NULL
);
