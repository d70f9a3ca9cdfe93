-- Minutes in which messages were judged without being counted, as Redis did not answer: sums of these minutes lack messages.
CREATE TABLE uncounted_minute (ts timestamptz PRIMARY KEY);
