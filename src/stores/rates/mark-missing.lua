-- Marks ten-second buckets of a shard that were not counted, if no batch does it (count.lua).
-- KEYS[1]  offsets: hash on the same shard
-- KEYS[2]  missing: hash, minute -> mask of its six buckets
-- ARGV[1]  minute, mask, minute, mask, …, JSON
-- Returns  nothing

-- The numbers of LIMITS in layout.ts.
-- constants: limits
-- include: missing.lua
mark_missing(cjson.decode(ARGV[1]))
