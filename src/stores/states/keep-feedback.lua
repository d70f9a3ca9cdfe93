-- include: ../../adapters/redis/epoch.lua
-- Stores one feedback entry of a place until it expires.
-- KEYS[1] meta of the place             KEYS[2] its entries (hash: id -> value)
-- KEYS[3] absent, or the suppression of the entry's state (string: event time until which it holds)
-- ARGV[1] epoch if there is none        ARGV[2] id        ARGV[3] value
-- ARGV[4] TTL of the suppression, ms
-- returns  epoch and change count of the place
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
if KEYS[3] then
  redis.call('SET', KEYS[3], string.match(ARGV[3], '^%d+'), 'PX', ARGV[4])
end
redis.call('HINCRBY', KEYS[1], 'n', 1)
return meta()
