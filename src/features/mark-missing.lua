-- Marks ten-second buckets of a shard that were not counted.
-- KEYS[1]  missing: hash, minute -> mask of its six buckets
-- ARGV[1]  hours that a mark is kept
-- ARGV[2…] minute, mask, minute, mask, …
-- Returns  nothing
local minutes, newest = {}, 0
for i = 2, #ARGV, 2 do
  minutes[#minutes + 1] = ARGV[i]
  newest = math.max(newest, tonumber(ARGV[i]))
end
local writes = {}
for i, mask in ipairs(redis.call('HMGET', KEYS[1], unpack(minutes))) do
  writes[2 * i - 1] = minutes[i]
  writes[2 * i] = bit.bor(tonumber(mask or 0), tonumber(ARGV[2 * i + 1]))
end
redis.call('HSET', KEYS[1], unpack(writes))

local kept = 60 * tonumber(ARGV[1])
redis.call('EXPIRE', KEYS[1], 60 * kept)
if redis.call('HLEN', KEYS[1]) > kept then
  for _, minute in ipairs(redis.call('HKEYS', KEYS[1])) do
    if tonumber(minute) <= newest - kept then redis.call('HDEL', KEYS[1], minute) end
  end
end
