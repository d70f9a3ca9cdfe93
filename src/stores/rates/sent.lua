-- Reads sent counts.
-- KEYS     sent hashes of one shard, a key a day
-- ARGV[1]  field of the entity
-- Returns  its count in each, or nothing
local counts = {}
for i, key in ipairs(KEYS) do counts[i] = redis.call('HGET', key, ARGV[1]) end
return counts
