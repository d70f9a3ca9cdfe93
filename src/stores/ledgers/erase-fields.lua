-- include: ../../adapters/redis/epoch.lua
-- Erases one field of each of several hashes of one shard.
-- KEYS[i]  from the second on: hash; ARGV[i] its field
-- returns  epoch and changes of the shard
for i = 2, #KEYS do
  redis.call('HDEL', KEYS[i], ARGV[i])
end
redis.call('HINCRBY', KEYS[1], 'n', 1)
return meta()
