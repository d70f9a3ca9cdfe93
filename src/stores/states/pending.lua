-- Returns outbox entries of a minimum age, oldest first.
-- KEYS[1] outbox (hash)       KEYS[2] outbox by time (sorted set, ms of the server)
-- ARGV[1] minimum age, ms     ARGV[2] maximum number of entries
-- Returns the entries as JSON.
local time = redis.call('TIME')
local before = time[1] * 1000 + math.floor(time[2] / 1000) - ARGV[1]
local ids = redis.call('ZRANGE', KEYS[2], '-inf', before, 'BYSCORE', 'LIMIT', 0, ARGV[2])
if #ids == 0 then
  return {}
end
return redis.call('HMGET', KEYS[1], unpack(ids))
