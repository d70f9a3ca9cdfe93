-- What a shard of the ledger says of itself, in every reply (a part of its scripts).
-- KEYS[1]  meta: hash, "epoch" -> random text, made with it; "n" -> how often consents were changed
-- ARGV[1]  epoch if there is none
redis.call('HSETNX', KEYS[1], 'epoch', ARGV[1])
local function meta()
  local got = redis.call('HMGET', KEYS[1], 'epoch', 'n')
  return { got[1], tonumber(got[2] or 0) }
end
