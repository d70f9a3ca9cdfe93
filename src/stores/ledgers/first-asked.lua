-- include: ../../adapters/redis/epoch.lua
-- Keeps the first request for consent of each pair in its period.
-- KEYS[i]  from the second on: hash of a row
-- ARGV[2]  seconds to live
-- ARGV     then for each row: field, event time in base 36
-- returns  epoch and changes of the shard, then the earlier time of each row in order, '' where this is the first
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
