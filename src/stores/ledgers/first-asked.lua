-- include: ../../adapters/redis/epoch.lua
-- Stores the first consent request of each pair within its period.
-- KEYS[i]  from 2 on: hash of a row
-- ARGV[2]  TTL of the hashes, seconds
-- ARGV     then for each row: field, event time in base 36
-- returns  epoch and change count of the shard, then for each row the earlier time, or '' if this request is the first
local out = meta()
for i = 2, #KEYS do
  local field, ts = ARGV[2 * i - 1], ARGV[2 * i]
  local known = redis.call('HGET', KEYS[i], field)
  if known and tonumber(known, 36) <= tonumber(ts, 36) then
    out[i + 1] = known
  else
    redis.call('HSET', KEYS[i], field, ts)
    redis.call('EXPIRE', KEYS[i], ARGV[2])
    out[i + 1] = ''
  end
end
return out
