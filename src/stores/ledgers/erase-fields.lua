-- include: ../../adapters/redis/epoch.lua
-- Deletes one field from each of several hashes of one shard.
-- KEYS[i]  from 2 on: hash; ARGV[i] is its field
-- returns  epoch and change count of the shard
for i = 2, #KEYS do
  redis.call('HDEL', KEYS[i], ARGV[i])
end
redis.call('HINCRBY', KEYS[1], 'n', 1)
return meta()
