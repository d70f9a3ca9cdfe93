-- Part of the scripts of shards that must not lose data: returns the identity of the shard with every reply.
-- KEYS[1]  meta: hash, "epoch" -> random text set when the shard is created; "n" -> number of changes to its data
-- ARGV[1]  epoch to set if there is none
local function meta()
  local got = redis.call('HMGET', KEYS[1], 'epoch', 'n')
  if not got[1] then
    redis.call('HSET', KEYS[1], 'epoch', ARGV[1])
    got[1] = ARGV[1]
  end
  return { got[1], tonumber(got[2] or 0) }
end
