-- Reads what a shard has counted of partitions.
-- KEYS[1]  offsets: hash, "<topic>/<partition>" -> last counted offset, "#<topic>/<partition>" -> id of the topic,
--          "@<topic>/<partition>" -> how often the offset was set back (assign.lua), "epoch" -> random text, made with the
--          hash: another one says that the shard lost what it held
-- ARGV[1]  epoch if there is none
-- ARGV[2…] "<topic>/<partition>"
-- Returns  epoch, then for each partition: offset or -1, id or '', how often it was set back
local call = redis.call
call('HSETNX', KEYS[1], 'epoch', ARGV[1])
local out = { call('HGET', KEYS[1], 'epoch') }
for i = 2, #ARGV do
  local got = call('HMGET', KEYS[1], ARGV[i], '#' .. ARGV[i], '@' .. ARGV[i])
  out[#out + 1] = tonumber(got[1] or -1)
  out[#out + 1] = got[2] or ''
  out[#out + 1] = tonumber(got[3] or 0)
end
return out
