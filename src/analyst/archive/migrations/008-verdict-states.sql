-- For the verdicts that name a state: few do.
CREATE INDEX ON verdict USING gin (states) WHERE states <> '{}';
