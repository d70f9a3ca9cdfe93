-- Marks uncounted ten-second buckets in the hash `KEYS[2]`, minute -> mask of its six buckets. `marks`: minute, mask, minute,
-- mask, … They are kept for `limits.missingHours` behind the newest.
local function mark_missing(marks)
  local minutes, newest = {}, 0
  for i = 1, #marks, 2 do
    minutes[#minutes + 1] = marks[i]
    newest = math.max(newest, marks[i])
  end
  local writes = {}
  for i, mask in ipairs(redis.call('HMGET', KEYS[2], unpack(minutes))) do
    writes[2 * i - 1] = minutes[i]
    writes[2 * i] = bit.bor(tonumber(mask or 0), marks[2 * i])
  end
  redis.call('HSET', KEYS[2], unpack(writes))
  local kept = 60 * limits.missingHours
  redis.call('EXPIRE', KEYS[2], 60 * kept)
  if redis.call('HLEN', KEYS[2]) > kept then
    for _, minute in ipairs(redis.call('HKEYS', KEYS[2])) do
      if tonumber(minute) <= newest - kept then redis.call('HDEL', KEYS[2], minute) end
    end
  end
end
