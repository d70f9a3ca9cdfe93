-- Reads one field of each of several hashes of one shard.
-- KEYS[i]  hash, ARGV[i] its field
-- returns  values in order, '' where there is none
local out = {}
for i = 1, #KEYS do
  out[i] = redis.call('HGET', KEYS[i], ARGV[i]) or ''
end
return out
