-- Reads sent counts.
-- KEYS     sent hashes of one shard, one per day
-- ARGV[1]  field of the entity
-- Returns  its count in each, if any
local counts = {}
for i, key in ipairs(KEYS) do counts[i] = redis.call('HGET', key, ARGV[1]) end
return counts
