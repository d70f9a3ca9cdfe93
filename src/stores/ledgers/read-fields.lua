-- include: ../../adapters/redis/epoch.lua
-- Reads one field of each of several hashes of one shard.
-- KEYS[i]  from the second on: hash; ARGV[i] its field
-- returns  epoch and changes of the shard, then values in order, '' where there is none
local out = meta()
for i = 2, #KEYS do
  out[i + 1] = redis.call('HGET', KEYS[i], ARGV[i]) or ''
end
return out
