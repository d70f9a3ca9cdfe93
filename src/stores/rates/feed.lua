-- Stores when the partitions of the input had messages, and reads what all instances have seen.
-- KEYS[1]  first: hash, partition -> its first slot (two minutes) with a message
-- KEYS[2…] one per hour: hash, partition -> mask of its thirty slots
-- ARGV[1]  TTL of the first key, seconds
-- ARGV[2]  TTL of an hour, seconds
-- ARGV[3…] partition, its first slot, index of the key of an hour, mask; and so on
-- Returns  the content of each key
local call = redis.call
for i = 3, #ARGV, 4 do
  local partition, first, key, mask = ARGV[i], tonumber(ARGV[i + 1]), KEYS[tonumber(ARGV[i + 2])], tonumber(ARGV[i + 3])
  local known = tonumber(call('HGET', KEYS[1], partition))
  if not known or first < known then call('HSET', KEYS[1], partition, first) end
  call('HSET', key, partition, bit.bor(tonumber(call('HGET', key, partition) or 0), mask))
  call('EXPIRE', key, ARGV[2])
end
call('EXPIRE', KEYS[1], ARGV[1])
local all = {}
for i, key in ipairs(KEYS) do all[i] = call('HGETALL', key) end
return all
