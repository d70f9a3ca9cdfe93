-- Marks ten-second buckets of a shard that were not counted, where no batch does it by the way (count.lua).
-- KEYS[1]  offsets: hash, which lies on the same shard
-- KEYS[2]  missing: hash, minute -> mask of its six buckets
-- ARGV[1]  minute, mask, minute, mask, …, JSON
-- ARGV[2]  the numbers of layout.ts (LIMITS), JSON
-- Returns  nothing
local limits = cjson.decode(ARGV[2])
-- include: missing.lua
mark_missing(cjson.decode(ARGV[1]))
