-- KEYS  hashes of minutes on one partition, or the hash of their states
-- Returns their fields and values, one list per key
local all = {}
for i, key in ipairs(KEYS) do all[i] = redis.call('HGETALL', key) end
return all
