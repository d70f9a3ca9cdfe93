-- Marks ten-second buckets of a shard that were not counted, where no batch does it by the way (count.lua).
-- KEYS[1]  offsets: hash, which lies on the same shard
-- KEYS[2]  missing: hash, minute -> mask of its six buckets
-- ARGV[1]  minute, mask, minute, mask, …, JSON
-- Returns  nothing

-- The numbers of layout.ts (LIMITS).
-- constants: limits
-- include: missing.lua
mark_missing(cjson.decode(ARGV[1]))
