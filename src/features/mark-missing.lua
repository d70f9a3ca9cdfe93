-- Marks ten-second buckets of a shard that were not counted.
-- KEYS[1]  missing: hash, minute -> mask of its six buckets
-- ARGV[1]  hours that a mark is kept
-- ARGV[2…] minute, mask, minute, mask, …
-- Returns  nothing
local newest = 0
for i = 2, #ARGV, 2 do
  local mask = tonumber(redis.call('HGET', KEYS[1], ARGV[i]) or 0)
  redis.call('HSET', KEYS[1], ARGV[i], bit.bor(mask, tonumber(ARGV[i + 1])))
  newest = math.max(newest, tonumber(ARGV[i]))
end
local minutes = 60 * tonumber(ARGV[1])
redis.call('EXPIRE', KEYS[1], 60 * minutes)
if redis.call('HLEN', KEYS[1]) > minutes then
  for _, minute in ipairs(redis.call('HKEYS', KEYS[1])) do
    if tonumber(minute) <= newest - minutes then redis.call('HDEL', KEYS[1], minute) end
  end
end
