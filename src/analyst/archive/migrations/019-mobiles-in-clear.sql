-- Letters named an addressee's mobile in clear, and that of a sender. Both are masked wherever the letter has them; call-back numbers stay.
WITH named AS (
  SELECT file_number, string_agg(DISTINCT mobile[1], '|') AS mobiles
  FROM letter, jsonb_array_elements(content) block, jsonb_array_elements(block -> 'facts') fact,
    regexp_matches(fact ->> 1, '(?<![0-9])1[ -]?[3-9](?:[ -]?[0-9]){9}(?![0-9])', 'g') mobile
  -- Addressee, sender, and what the letter is about.
  WHERE fact ->> 0 IN ('To', '致', 'From', '发送端口', 'What it is about', '处置对象')
  GROUP BY file_number
)
UPDATE letter SET content = regexp_replace(content::text,
    '(?<![0-9])(?=(?:' || mobiles || ')(?![0-9]))([0-9][ -]?[0-9][ -]?[0-9])[ -]?(?:[0-9][ -]?){4}((?:[ -]?[0-9]){4})', '\1****\2', 'g')::jsonb
  FROM named WHERE named.file_number = letter.file_number;

-- Searches by port held the mobile that was searched for.
DELETE FROM stored_search
  WHERE regexp_replace(normalize(query, NFKC), '[ -]', '', 'g') ~ 'port:"?(?:\+|00)?(?:86)?1[3-9][0-9]{9}(?![0-9])';
