-- include: ../../adapters/redis/epoch.lua
-- Reads all feedback entries of a place.
-- KEYS[1] meta of the place             KEYS[2] its entries (hash: id -> value)
-- ARGV[1] epoch if there is none
-- returns  epoch and change count of the place, then id, value, id, …
local out = meta()
for _, text in ipairs(redis.call('HGETALL', KEYS[2])) do out[#out + 1] = text end
return out
