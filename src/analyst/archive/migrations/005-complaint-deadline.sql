-- Deadlines of complaints that nobody has answered, as `sigwatch complaints deadlines` computed them last by the calendar of
-- working days. No personal data.
CREATE TABLE complaint_deadline (
  -- Of the complaint.
  id text NOT NULL,
  -- Of the deadline, as the calendar names it.
  name text NOT NULL,
  -- Working days that it has.
  days integer NOT NULL,
  -- From when on two working days are left at most.
  due_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  computed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id, name)
);
