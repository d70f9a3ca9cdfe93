-- For which enterprise a signature on a port is filed at a time, by the registry topic: a filing in force that covers the port,
-- else the row of the port. '' is a name that is not known. Of rows that are all later, the first one counts.
CREATE FUNCTION filed_sp(signature text, port text, at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
  WITH named AS (
    SELECT kind, key, r.at, content FROM registry_row r WHERE kind = 'signature' AND $1 <> '' AND (
      key = $1 OR signature_key = lower(normalize($1, NFKC)))
    UNION ALL
    SELECT kind, key, r.at, content FROM registry_row r WHERE kind = 'port' AND $2 <> '' AND key = ANY (
      ARRAY(SELECT left($2, n) || '*' FROM generate_series(1, length($2)) n) || $2)
  ), said AS (
    SELECT DISTINCT ON (kind, key) kind, key, content FROM named
    ORDER BY kind, key, named.at <= $3 DESC, abs(extract(epoch FROM named.at - $3))
  ), filed AS (
    SELECT 1 AS is_signature, ports, filing ->> 'sp' AS sp, key
    FROM said, jsonb_array_elements(content -> 'filings') filing, jsonb_extract_path(filing, 'ports') ports
    WHERE kind = 'signature' AND filing ->> 'status' = 'filed'
      AND extract(epoch FROM $3) * 1000 >= coalesce((filing ->> 'from')::float8, 0)
      AND extract(epoch FROM $3) * 1000 < coalesce((filing ->> 'to')::float8, 'infinity')
      AND ($2 = '' OR ports = '[]' OR EXISTS (SELECT FROM jsonb_array_elements_text(ports) pattern
        WHERE pattern = $2 OR pattern LIKE '%*' AND starts_with($2, rtrim(pattern, '*'))))
    UNION ALL
    SELECT 0, NULL, content ->> 'sp', key FROM said WHERE kind = 'port'
  )
  SELECT sp FROM filed WHERE sp IS NOT NULL ORDER BY is_signature DESC, key = $2 DESC, length(key) DESC, sp LIMIT 1
$$;

-- Hours whose senders have no enterprise yet.
INSERT INTO rollup_due (what, from_ts, to_ts)
  SELECT DISTINCT 'sent_hour', ts, ts + interval '1 hour' FROM sender_hour
  WHERE sp IS NULL AND EXISTS (SELECT FROM registry_row WHERE kind <> 'brand');
