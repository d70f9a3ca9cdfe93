-- Keeps the first request for consent of each pair in its period.
-- KEYS[i]  hash of the i-th row
-- ARGV[1]  seconds to live
-- ARGV     then for each row: field, event time in base 36
-- returns  the earlier time of each row in order, '' where this is the first
local out = {}
for i = 1, #KEYS do
  local field, ts = ARGV[2 * i], ARGV[2 * i + 1]
  local known = redis.call('HGET', KEYS[i], field)
  if known and tonumber(known, 36) <= tonumber(ts, 36) then
    out[i] = known
  else
    redis.call('HSET', KEYS[i], field, ts)
    redis.call('EXPIRE', KEYS[i], ARGV[1])
    out[i] = ''
  end
end
return out
