-- include: ../../adapters/redis/epoch.lua
-- Reads one field from each of several hashes of one shard.
-- KEYS[i]  from 2 on: hash; ARGV[i] is its field
-- returns  epoch and change count of the shard, then the values in order, '' for missing ones
local out = meta()
for i = 2, #KEYS do
  out[i + 1] = redis.call('HGET', KEYS[i], ARGV[i]) or ''
end
return out
