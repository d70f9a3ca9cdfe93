-- Reads how far a shard has counted partitions.
-- KEYS[1]  offsets: hash, "<topic>/<partition>" -> last counted offset, "#<topic>/<partition>" -> topic id,
--          "@<topic>/<partition>" -> reset count of the offset (assign.lua), "epoch" -> random text set when the hash is created:
--          a different one means that the shard lost its data
-- ARGV[1]  epoch to set if there is none
-- ARGV[2…] "<topic>/<partition>"
-- Returns  epoch, then for each partition: offset or -1, topic id or '', reset count
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
