-- What a shard that must not lose anything says of itself, in every reply (a part of its scripts).
-- KEYS[1]  meta: hash, "epoch" -> random text, made with it; "n" -> how often what it holds was changed
-- ARGV[1]  epoch if there is none
local function meta()
  local got = redis.call('HMGET', KEYS[1], 'epoch', 'n')
  if not got[1] then
    redis.call('HSET', KEYS[1], 'epoch', ARGV[1])
    got[1] = ARGV[1]
  end
  return { got[1], tonumber(got[2] or 0) }
end
