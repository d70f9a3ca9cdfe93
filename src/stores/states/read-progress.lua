-- Returns the reports of all partitions, and deletes reports that were not renewed for long (the topic was replaced).
-- KEYS[1] progress (hash: partition -> "<event time> <standing> <ms of the server>")
-- ARGV[1] age at which a report is deleted, ms
-- Returns partition, event time, standing, age in ms; and so on.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local entries = redis.call('HGETALL', KEYS[1])
local out = {}
for i = 1, #entries, 2 do
  local at, standing, reported = string.match(entries[i + 1], '^(%S+) (%S+) (%S+)$')
  local age = now - tonumber(reported)
  if age >= tonumber(ARGV[1]) then
    redis.call('HDEL', KEYS[1], entries[i])
  else
    out[#out + 1] = entries[i]
    out[#out + 1] = at
    out[#out + 1] = standing
    out[#out + 1] = age
  end
end
return out
