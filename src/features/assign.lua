-- Reads what a shard has counted of partitions, and forgets what was counted of a log that is another one now.
-- KEYS[1]  offsets: hash, "<topic>/<partition>" -> last counted offset, "#<topic>/<partition>" -> id of the topic,
--          "epoch" -> random text, made with the hash: another one says that the shard lost what it held
-- ARGV[1]  epoch if there is none
-- ARGV[2…] "<topic>/<partition>", id of its topic or '', end of its log or -1; and so on
-- Returns  epoch, then for each partition its last counted offset (or -1) and what was found:
--          0: it goes on; 1: the log was made anew, nothing of it is counted; 2: its end was lost, and is counted again
local call = redis.call
call('HSETNX', KEYS[1], 'epoch', ARGV[1])
local out = { call('HGET', KEYS[1], 'epoch') }
for i = 2, #ARGV, 3 do
  local partition, id, ends = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2])
  local got = call('HMGET', KEYS[1], partition, '#' .. partition)
  local offset, found = tonumber(got[1] or -1), 0
  local beyond = ends >= 0 and offset >= ends
  if id ~= '' and got[2] ~= id then
    call('HSET', KEYS[1], '#' .. partition, id)
    if got[2] then found = 1 end
  end
  if found == 0 and beyond then found = (id ~= '' and got[2]) and 2 or 1 end
  if found == 1 then
    call('HDEL', KEYS[1], partition)
    if offset < 0 then found = 0 end
    offset = -1
  elseif found == 2 then
    offset = ends - 1
    call('HSET', KEYS[1], partition, offset)
  end
  out[#out + 1] = offset
  out[#out + 1] = found
end
return out
